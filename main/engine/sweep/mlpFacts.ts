/** What operations need to know of an mlp's units and weights: from its calibration, and its counterfactual run for `patch`. */
import type { Tensor } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { Calibration } from '../stimulation/calibration'
import type { UnitFacts } from './mlpChanges'
import type { MlpValues } from './mlpValues'
import { UserError } from '../../../preload/contract/errors'
import { randomField } from '../random'

export interface FactSources {
  calibration: Calibration
  weights: Record<string, Tensor>
  rows: Int32Array
  /** The partners' run, where the data set has partners. */
  counterfactual?: MlpValues
}

export function unitFacts({ calibration, weights, rows, counterfactual }: FactSources): UnitFacts {
  const spreads: number[] = []
  const donors = new Map<number, Int32Array>()

  const donorsOf = (seed: number): Int32Array => {
    const known = donors.get(seed)
    if (known) return known
    const drawn = drawDonors(seed, rows, calibration.rows)
    donors.set(seed, drawn)
    return drawn
  }

  return {
    rows,
    weights,
    sigma: (layer, unit) => calibration.sigma[layer][unit],
    spread: layer => (spreads[layer] ??= deviation(weights[`layers.${layer}.weight`].data)),
    baseline: (intervention, layer, unit) => {
      if (intervention.op !== 'gate' || intervention.baseline === 'zero') return 0
      if (intervention.baseline === 'mean') return calibration.mean[layer][unit]
      const units = calibration.mean[layer].length
      return Float64Array.from(donorsOf(intervention.baseline.resample), donor => calibration.values[layer][donor * units + unit])
    },
    counterfactual: (intervention, layer, unit) => {
      if (!counterfactual) throw noCounterfactual(intervention)
      const units = counterfactual.sizes[layer]
      return Float64Array.from(rows, (_, i) => counterfactual.value[layer][i * units + unit])
    },
  }
}

/** For every item another one of the calibration items, the same for all sites: they are resampled from one run. */
function drawDonors(seed: number, rows: Int32Array, pool: Int32Array): Int32Array {
  const { integer } = randomField(seed, 'resample')
  return rows.map((row) => {
    const donor = integer(row, pool.length)
    return pool[donor] === row ? (donor + 1) % pool.length : donor
  })
}

/** Population standard deviation of a tensor's entries. */
function deviation(data: ArrayLike<number>): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < data.length; i++) sum += data[i]
  const mean = sum / data.length
  for (let i = 0; i < data.length; i++) squares += (data[i] - mean) ** 2
  return Math.sqrt(squares / data.length)
}

function noCounterfactual({ site }: Intervention): UserError {
  return new UserError({
    code: 'no-counterfactual',
    message: `${site}: patch needs each item's counterfactual, and this data set has none.`,
    remedy: 'Use a data set with a `counterfactual` tensor, or gate the site with the baseline "resample".',
    path: site,
  })
}
