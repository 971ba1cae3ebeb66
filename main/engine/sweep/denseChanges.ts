/**
 * What an intervention on one place of the dense layers changes, as a difference per item: a unit's value, or the sum
 * before its activation. A weight and an edge change the sum of their one reader, by `Δw · x` and `Δc`.
 */
import type { Intervention } from '../../../preload/contract/intervention'
import type { Model } from '../primary/model'
import type { SiteFacts } from '../stimulation/affine'
import type { Target } from '../stimulation/targets'
import type { DenseFacts } from './denseFacts'
import type { DenseValues } from './denseValues'
import { affineOf, at, times } from '../stimulation/affine'
import { denseRun } from '../stimulation/targets'

/** One unit whose value, or whose sum before the activation, is changed; by what, where it is not the unit itself. */
export interface DensePlace {
  at: 'value' | 'pre'
  layer: number
  unit: number
  /** Index of the weight in its tensor [out · in], and of its source. */
  weight?: { index: number, from: number }
  /** Names an edge: it acts on what the source contributes. */
  edge?: string
}

/** Undefined for what is no single unit, weight or edge of the dense layers. */
export function densePlace({ place }: Target, model: Model): DensePlace | undefined {
  switch (place.kind) {
    case 'cells': {
      const layer = layerIn(place.hook)
      return layer === undefined || place.components.length !== 1 ? undefined : { at: 'value', layer, unit: place.components[0] }
    }
    case 'weights': return weightPlace(place, model)
    case 'edge': {
      const run = denseRun(place, model)
      const found = run && weightPlace(run, model)
      return found && layerIn(place.from.module) !== undefined ? { ...found, edge: place.address } : undefined
    }
    case 'direction': return undefined
    default: return place satisfies never
  }
}

function weightPlace({ tensor, from: index, size }: { tensor: string, from: number, size: number }, model: Model): DensePlace | undefined {
  const layer = /^layers\.(\d+)\.weight$/.exec(tensor)?.[1]
  if (layer === undefined || size !== 1) return undefined
  const columns = model.parameters.find(([name]) => name === tensor)![1][1]
  return { at: 'pre', layer: Number(layer), unit: Math.floor(index / columns), weight: { index, from: index % columns } }
}

/** Fills `delta` [items]. */
export function fillDelta(delta: Float64Array, place: DensePlace, intervention: Intervention, values: DenseValues, facts: DenseFacts): void {
  if (place.edge !== undefined) edgeDelta(delta, place, intervention, values, facts)
  else if (place.weight) weightDelta(delta, place, intervention, values, facts)
  else unitDelta(delta, place, intervention, values, facts)
}

function unitDelta(delta: Float64Array, { layer, unit }: DensePlace, intervention: Intervention, values: DenseValues, facts: DenseFacts): void {
  const { scale, offset } = affineOf(intervention, facts.unit(intervention, layer, unit))
  const units = values.sizes[layer]
  const value = values.value[layer]
  for (let i = 0; i < delta.length; i++) delta[i] = (scale - 1) * value[i * units + unit] + at(offset, i)
}

function weightDelta(delta: Float64Array, { layer, weight }: DensePlace, intervention: Intervention, values: DenseValues, facts: DenseFacts): void {
  const { index, from } = weight!
  const data = facts.weights(layer)
  const { scale, offset } = affineOf(intervention, {
    get sigma() { return facts.spread(layer) },
    // A weight falls back to zero, whatever units fall back to: "gate multiplies it".
    baseline: () => 0,
    counterfactual: () => { throw new Error('a weight has no counterfactual') },
    address: `layers.${layer}.weight[${index}]`,
    rows: [0],
  })
  // As the tensor would hold it.
  const change = Math.fround(scale * data[index] + at(offset, 0)) - data[index]
  const sources = values.sources(layer)
  for (let i = 0, s = from * delta.length; i < delta.length; i++, s++) delta[i] = change * sources[s]
}

function edgeDelta(delta: Float64Array, { layer, weight, edge }: DensePlace, intervention: Intervention, values: DenseValues, facts: DenseFacts): void {
  const { index, from } = weight!
  const factor = facts.weights(layer)[index]
  const source: SiteFacts = facts.unit(intervention, layer - 1, from)
  const { scale, offset } = affineOf(intervention, {
    get sigma() { return Math.abs(factor) * source.sigma },
    baseline: () => times(source.baseline(), factor),
    counterfactual: () => source.counterfactual().map(value => value * factor),
    address: edge!,
    rows: source.rows,
  })
  const sources = values.sources(layer)
  for (let i = 0, s = from * delta.length; i < delta.length; i++, s++) delta[i] = (scale - 1) * factor * sources[s] + at(offset, i)
}

/** The L of `layers.L`. */
function layerIn(module: string): number | undefined {
  const found = /^layers\.(\d+)$/.exec(module)?.[1]
  return found === undefined ? undefined : Number(found)
}
