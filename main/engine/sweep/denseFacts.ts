/** What operations need to know of the units and weights of dense layers, at hand for every unit at once. */
import type { Intervention } from '../../../preload/contract/intervention'
import type { SiteFacts } from '../stimulation/affine'
import type { Target } from '../stimulation/targets'
import type { DensePlace } from './denseChanges'
import type { SweepSubject } from './subject'

export interface DenseFacts {
  unit: (intervention: Intervention, layer: number, unit: number) => SiteFacts
  weights: (layer: number) => ArrayLike<number>
  /** Standard deviation of a layer's weights. */
  spread: (layer: number) => number
}

/** Everything that these interventions may ask of these places. Throws `no-counterfactual`. */
export async function denseFacts({ knowledge, weights }: SweepSubject, jobs: readonly { place: DensePlace, intervention: Intervention }[], rows: Int32Array): Promise<DenseFacts> {
  const asked = new Map<string, Target>()
  for (const { place, intervention } of jobs) {
    if (place.weight && place.edge === undefined) continue
    const hook = `layers.${place.edge === undefined ? place.layer : place.layer - 1}`
    const { site: _, ...operation } = intervention
    asked.set(`${hook} ${JSON.stringify(operation)}`, { intervention, place: { kind: 'cells', hook, components: [], span: { from: 0, to: 1 } } })
  }
  const facts = await knowledge.factsFor([...asked.values()], rows)
  const spreads: number[] = []
  const data = (layer: number): ArrayLike<number> => weights[`layers.${layer}.weight`].data
  const column = (values: Float32Array, unit: number): Float64Array => {
    const units = values.length / rows.length
    return Float64Array.from(rows, (_, i) => values[i * units + unit])
  }
  return {
    weights: data,
    spread: layer => (spreads[layer] ??= deviation(data(layer))),
    unit: (intervention, layer, unit) => {
      const hook = `layers.${layer}`
      return {
        rows,
        address: `${hook}.unit[${unit}]`,
        get sigma() { return facts.sigma(hook)[unit] },
        baseline: () => {
          if (intervention.op !== 'gate' || intervention.baseline === 'zero') return 0
          return intervention.baseline === 'mean' ? facts.mean(hook)[unit] : column(facts.resampled(intervention.baseline.resample, hook), unit)
        },
        counterfactual: () => column(facts.counterfactual(hook), unit),
      }
    },
  }
}

/** Population standard deviation. */
function deviation(data: ArrayLike<number>): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < data.length; i++) sum += data[i]
  const mean = sum / data.length
  for (let i = 0; i < data.length; i++) squares += (data[i] - mean) ** 2
  return Math.sqrt(squares / data.length)
}
