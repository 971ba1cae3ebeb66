/**
 * What an intervention on one place of an mlp changes, as a difference per item: a unit's value, or the sum before its
 * activation. A weight and an edge change the sum of their one reader, by `Δw · x` and `Δc`.
 */
import type { Site } from '../../../preload/contract/address'
import type { Tensor } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { SiteFacts } from '../stimulation/affine'
import type { MlpValues } from './mlpValues'
import { UserError } from '../../../preload/contract/errors'
import { affineOf, at, times } from '../stimulation/affine'

/** One unit whose value, or whose sum before the activation, is changed. */
export interface MlpTarget {
  at: 'value' | 'pre'
  layer: number
  unit: number
}

/** What operations need to know of a unit. */
export interface UnitFacts {
  sigma: (layer: number, unit: number) => number
  /** What a gate falls back to, a number or one per item. */
  baseline: (intervention: Intervention, layer: number, unit: number) => number | Float64Array
  counterfactual: (intervention: Intervention, layer: number, unit: number) => Float64Array
  /** Rows of the items in the patient's data. */
  rows: Int32Array
  weights: Record<string, Tensor>
  /** Standard deviation of a weight tensor's entries. */
  spread: (layer: number) => number
}

/** Undefined for a whole layer, which is no single unit. */
export function targetOf(site: Site): MlpTarget | undefined {
  switch (site.kind) {
    case 'unit': return site.indices.length === 1 ? { at: 'value', layer: layerIn(site.module), unit: site.indices[0] } : undefined
    case 'weight': return { at: 'pre', layer: layerIn(site.tensor), unit: site.indices[0] }
    case 'edge': return { at: 'pre', layer: layerIn(site.to.module), unit: site.to.index! }
    default: return undefined
  }
}

/** Fills `delta` [items]; `site` is one that has a target. */
export function fillDelta(delta: Float64Array, site: Site, intervention: Intervention, values: MlpValues, facts: UnitFacts): void {
  switch (site.kind) {
    case 'unit': return unitDelta(delta, layerIn(site.module), site.indices[0], intervention, values, facts)
    case 'weight': return weightDelta(delta, layerIn(site.tensor), site.indices, intervention, values, facts)
    case 'edge': return edgeDelta(delta, layerIn(site.to.module), site.to.index!, site.from.index!, intervention, values, facts)
    default: throw new Error(`a ${site.kind} is no single unit`)
  }
}

function unitDelta(delta: Float64Array, layer: number, unit: number, intervention: Intervention, values: MlpValues, facts: UnitFacts): void {
  const { scale, offset } = affineOf(intervention, siteFacts(intervention, layer, unit, facts))
  const units = values.sizes[layer]
  const value = values.value[layer]
  for (let i = 0; i < delta.length; i++) delta[i] = (scale - 1) * value[i * units + unit] + at(offset, i)
}

function weightDelta(delta: Float64Array, layer: number, [to, from]: number[], intervention: Intervention, values: MlpValues, facts: UnitFacts): void {
  const { shape, data } = facts.weights[`layers.${layer}.weight`]
  const index = to * shape[1] + from
  const { scale, offset } = affineOf(intervention, {
    sigma: facts.spread(layer),
    // A weight falls back to zero, whatever units fall back to: "gate multiplies it".
    baseline: () => 0,
    counterfactual: () => { throw weightPatched(intervention.site) },
    address: `layers.${layer}.weight[${index}]`,
    rows: [0],
  })
  // As the tensor would hold it.
  const change = Math.fround(scale * data[index] + at(offset, 0)) - data[index]
  const sources = values.sources(layer)
  for (let i = 0, s = from * delta.length; i < delta.length; i++, s++) delta[i] = change * sources[s]
}

function edgeDelta(delta: Float64Array, layer: number, to: number, from: number, intervention: Intervention, values: MlpValues, facts: UnitFacts): void {
  const { shape, data } = facts.weights[`layers.${layer}.weight`]
  const weight = data[to * shape[1] + from]
  const source = siteFacts(intervention, layer - 1, from, facts)
  const { scale, offset } = affineOf(intervention, {
    ...source,
    sigma: Math.abs(weight) * source.sigma,
    baseline: () => times(source.baseline(), weight),
    counterfactual: () => source.counterfactual().map(value => value * weight),
    address: intervention.site,
  })
  const sources = values.sources(layer)
  for (let i = 0, s = from * delta.length; i < delta.length; i++, s++) delta[i] = (scale - 1) * weight * sources[s] + at(offset, i)
}

function siteFacts(intervention: Intervention, layer: number, unit: number, facts: UnitFacts): SiteFacts {
  return {
    sigma: facts.sigma(layer, unit),
    baseline: () => facts.baseline(intervention, layer, unit),
    counterfactual: () => facts.counterfactual(intervention, layer, unit),
    address: `layers.${layer}.unit[${unit}]`,
    rows: facts.rows,
  }
}

/** The L of `layers.L…`. */
function layerIn(module: string): number {
  return Number(module.split('.')[1])
}

function weightPatched(site: string): UserError {
  return new UserError({
    code: 'operation-unfit',
    message: `${site}: patch takes a site's value from another run, and a weight has the same value in every run.`,
    remedy: 'Patch the unit it feeds, or use gate, drive or clamp on the weight.',
    path: site,
  })
}
