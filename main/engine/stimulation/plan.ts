import type { Site } from '../../../preload/contract/address'
/**
 * Turns a set of interventions into numbers the mlp program takes as data: per layer a shift before the activation,
 * a scale and an offset after it, and the weight tensors that change. Nothing is traced or compiled for a new set.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { Baseline, Intervention, InterventionSet } from '../../../preload/contract/intervention'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { Affine, SiteFacts } from './affine'
import type { Calibration } from './calibration'
import { resolveAddress } from '../../../preload/contract/address'
import { UserError } from '../../../preload/contract/errors'
import { layerSizes } from '../primary/mlp'
import { randomField } from '../random'
import { affineOf, at, times } from './affine'

export interface PlanContext {
  architecture: MlpArchitecture
  weights: Record<string, Tensor>
  calibration: Calibration
  /** Rows of the patient's items that will run, in order. */
  rows: Int32Array
  /** [layer][row · units + unit] of the counterfactual run, where the data set has partners. */
  counterfactual?: Float32Array[]
}

export interface LayerPlan {
  /** [rows · units]. */
  shift: Float32Array<ArrayBuffer>
  /** [units]. */
  scale: Float32Array<ArrayBuffer>
  /** [rows · units]. */
  offset: Float32Array<ArrayBuffer>
}

export interface Plan {
  layers: LayerPlan[]
  /** Tensors that differ from the primary's own, by name. */
  weights: Record<string, Tensor>
}

export function planInterventions({ interventions, compose }: InterventionSet, context: PlanContext): Plan {
  const { architecture } = context
  const plan: Plan = { layers: layerSizes(architecture).map(units => neutralLayer(context.rows.length, units)), weights: {} }
  const taken = new Map<string, string>()

  for (const intervention of interventions) {
    const { sites, error } = resolveAddress(intervention.site, architecture)
    if (error) throw new UserError(error)
    for (const site of sites) {
      for (const part of partsOf(site, architecture)) {
        const other = taken.get(part.key)
        if (other !== undefined && !compose) throw twice(intervention.site, other)
        taken.set(part.key, intervention.site)
        part.apply(plan, intervention, context)
      }
    }
  }
  return plan
}

/** One scalar of a site: what it is called when two interventions meet on it, and how an operation changes it. */
interface Part {
  key: string
  apply: (plan: Plan, intervention: Intervention, context: PlanContext) => void
}

function partsOf(site: Site, architecture: MlpArchitecture): Part[] {
  switch (site.kind) {
    case 'unit': return site.indices.map(unit => unitPart(layerOf(site.module), unit))
    case 'layer': return Array.from({ length: layerSizes(architecture)[layerOf(site.module)] }, (_, unit) => unitPart(layerOf(site.module), unit))
    case 'weight': {
      const layer = layerOf(site.tensor)
      const index = site.indices[0] * fanIn(architecture, layer) + site.indices[1]
      return [{ key: `${layer}/${index}`, apply: (plan, intervention, context) => applyToWeight(plan, intervention, layer, index, context) }]
    }
    // An edge and the weight it runs through are one place.
    case 'edge': {
      const from = { layer: layerOf(site.from.module), index: site.from.index! }
      const to = { layer: layerOf(site.to.module), index: site.to.index! }
      return [{
        key: `${to.layer}/${to.index * fanIn(architecture, to.layer) + from.index}`,
        apply: (plan, intervention, context) => applyToEdge(plan, intervention, from, to, context),
      }]
    }
    default: throw new Error(`a ${site.kind} is nothing in an mlp`)
  }
}

/** The L of `layers.L…`. */
function layerOf(module: string): number {
  return Number(module.split('.')[1])
}

function unitPart(layer: number, unit: number): Part {
  return { key: `${layer}.${unit}`, apply: (plan, intervention, context) => applyToUnit(plan, intervention, layer, unit, context) }
}

function neutralLayer(rows: number, units: number): LayerPlan {
  return { shift: new Float32Array(rows * units), scale: new Float32Array(units).fill(1), offset: new Float32Array(rows * units) }
}

function applyToUnit(plan: Plan, intervention: Intervention, layer: number, unit: number, context: PlanContext): void {
  const { scale, offset } = affineOf(intervention, unitFacts(intervention, layer, unit, context))
  const target = plan.layers[layer]
  const units = target.scale.length
  target.scale[unit] *= scale
  for (let row = 0; row < context.rows.length; row++) {
    const i = row * units + unit
    target.offset[i] = scale * target.offset[i] + at(offset, row)
  }
}

/** A weight has no items: β is one number, and what it falls back to is zero, as "gate multiplies it" says. */
function applyToWeight(plan: Plan, intervention: Intervention, layer: number, index: number, context: PlanContext): void {
  const name = `layers.${layer}.weight`
  const original = context.weights[name].data
  const { scale, offset } = affineOf(intervention, {
    sigma: intervention.op === 'drive' || intervention.op === 'noise' ? deviation(original) : 0,
    baseline: () => 0,
    counterfactual: () => {
      throw new UserError({
        code: 'operation-unfit',
        message: `${intervention.site}: patch takes a site's value from another run, and a weight has the same value in every run.`,
        remedy: 'Patch the unit it feeds, or use gate, drive or clamp on the weight.',
        path: intervention.site,
      })
    },
    address: `${name}[${index}]`,
    // One draw: a weight is the same for every item.
    rows: [0],
  })
  const data = changedWeights(plan, name, context)
  data[index] = scale * data[index] + at(offset, 0)
}

/** The site's value is the source's contribution to that reader, weight × activation. */
function applyToEdge(plan: Plan, intervention: Intervention, from: { layer: number, index: number }, to: { layer: number, index: number }, context: PlanContext): void {
  const name = `layers.${to.layer}.weight`
  const data = changedWeights(plan, name, context)
  const index = to.index * fanIn(context.architecture, to.layer) + from.index
  const weight = data[index]
  const source = unitFacts(intervention, from.layer, from.index, context)
  const affine: Affine = affineOf(intervention, {
    sigma: Math.abs(weight) * source.sigma,
    baseline: () => times(source.baseline(), weight),
    counterfactual: () => source.counterfactual().map(value => value * weight),
    address: intervention.site,
    rows: source.rows,
  })
  data[index] = weight * affine.scale
  const { shift, scale } = plan.layers[to.layer]
  for (let row = 0; row < context.rows.length; row++) shift[row * scale.length + to.index] += at(affine.offset, row)
}

function unitFacts(intervention: Intervention, layer: number, unit: number, context: PlanContext): SiteFacts {
  const { calibration, counterfactual, rows } = context
  const units = calibration.mean[layer].length
  return {
    sigma: calibration.sigma[layer][unit],
    baseline: () => intervention.op === 'gate' ? baselineOf(intervention.baseline, layer, unit, context) : 0,
    counterfactual: () => {
      if (!counterfactual) throw noCounterfactual(intervention.site)
      return Float64Array.from(rows, (_, row) => counterfactual[layer][row * units + unit])
    },
    address: `layers.${layer}.unit[${unit}]`,
    rows,
  }
}

function baselineOf(baseline: Baseline, layer: number, unit: number, { calibration, rows }: PlanContext): number | Float64Array {
  if (baseline === 'zero') return 0
  if (baseline === 'mean') return calibration.mean[layer][unit]
  const units = calibration.mean[layer].length
  // One donor an item, whatever the site: sites resampled together come from the same run.
  const { integer } = randomField(baseline.resample, 'resample')
  return Float64Array.from(rows, (row) => {
    let donor = integer(row, calibration.rows.length)
    if (calibration.rows[donor] === row) donor = (donor + 1) % calibration.rows.length
    return calibration.values[layer][donor * units + unit]
  })
}

function changedWeights(plan: Plan, name: string, { weights }: PlanContext): Tensor['data'] {
  plan.weights[name] ??= { shape: weights[name].shape, data: Float32Array.from(weights[name].data) }
  return plan.weights[name].data
}

function fanIn({ inputs, hidden }: MlpArchitecture, layer: number): number {
  return layer === 0 ? inputs : hidden[layer - 1]
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

function twice(site: string, other: string): UserError {
  return new UserError({
    code: 'site-twice',
    message: site === other ? `${site} is intervened on twice.` : `${site} is part of ${other}, which is intervened on already.`,
    remedy: 'Leave one out, or set "compose": true to apply them in order.',
    path: site,
  })
}

function noCounterfactual(site: string): UserError {
  return new UserError({
    code: 'no-counterfactual',
    message: `${site}: patch needs each item's counterfactual, and this data set has none.`,
    remedy: 'Use a data set with a `counterfactual` tensor, or gate the site with the baseline "resample".',
    path: site,
  })
}
