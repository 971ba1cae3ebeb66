/**
 * Attribution in an mlp: gradient of the measure at a place × the difference an intervention makes there. All sites of a
 * layer share the gradient, so a layer costs one pass; the integrated form averages it over points of the way on which all
 * of the layer's sites change together (integrated gradients, Sundararajan 2017, from intervened to plain values).
 */
import type { Measure } from '../../../preload/contract/engine'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { UnitFacts } from './mlpChanges'
import type { MlpJob } from './mlpExact'
import type { MlpValues } from './mlpValues'
import type { Gathered } from './rowQueue'
import { runAndRead } from '../executor/executor'
import { np, valueAndGrad } from '../executor/jax'
import { activate } from '../primary/mlp'
import { fillDelta } from './mlpChanges'
import { measureSum } from './rowMeasures'

export interface MlpAttributionOptions {
  executor: Executor
  model: Model
  architecture: MlpArchitecture
  parameters: Value[]
  values: MlpValues
  facts: UnitFacts
  measure: Measure
  targets: Int32Array
  /** Where on the way from plain (0) to intervened (1) the gradient is taken. */
  points: readonly number[]
}

/** Midpoints of m equal parts of the way. */
export function midpoints(m: number): number[] {
  return Array.from({ length: m }, (_, k) => (k + 0.5) / m)
}

/** Estimated effects of jobs that act on one layer and one kind of target. */
export async function attributeMlp(options: MlpAttributionOptions, jobs: readonly MlpJob[], gathered: Gathered, ready: () => Promise<boolean>): Promise<void> {
  const { values, facts, points } = options
  const { layer, at } = jobs[0].target
  const units = values.sizes[layer]
  const delta = new Float64Array(values.items)
  const whole = new Float64Array(values.items * units)
  if (points.some(point => point !== 0)) {
    for (const { site, intervention, target } of jobs) {
      fillDelta(delta, site, intervention, values, facts)
      for (let item = 0; item < delta.length; item++) whole[item * units + target.unit] += delta[item]
    }
  }
  const gradient = await meanGradient(options, layer, at, whole, ready)
  if (!gradient) return
  const differences = new Float64Array(values.items)
  for (const [i, { site, intervention, target }] of jobs.entries()) {
    fillDelta(delta, site, intervention, values, facts)
    for (let item = 0; item < delta.length; item++) differences[item] = delta[item] * gradient[item * units + target.unit]
    gathered(i, differences)
    if (i % 1024 === 0 && !await ready()) return
  }
}

/** [items · units], averaged over the points; undefined when it was cancelled. */
async function meanGradient(options: MlpAttributionOptions, layer: number, at: 'value' | 'pre', whole: Float64Array, ready: () => Promise<boolean>): Promise<Float64Array | undefined> {
  const { executor, values, points, targets, parameters } = options
  const plain = values[at][layer]
  const classes = values.sizes[values.sizes.length - 1]
  const program = gradientProgram(options, layer, at)
  const sum = new Float64Array(plain.length)
  const oneHot = executor.upload(hot(targets, classes), [values.items, classes])
  try {
    for (const point of points) {
      const moved = executor.upload(plain.map((value, i) => value + point * whole[i]) as Float32Array<ArrayBuffer>, [values.items, values.sizes[layer]])
      try {
        const [gradient] = await runAndRead(executor, program, [moved, oneHot, ...parameters])
        for (let i = 0; i < sum.length; i++) sum[i] += gradient[i] / points.length
      }
      finally {
        executor.free(moved)
      }
      if (!await ready()) return undefined
    }
  }
  finally {
    executor.free(oneHot)
  }
  return sum
}

/** Of the measure, summed over items so that each row keeps its own gradient, by the values of a layer. */
function gradientProgram({ executor, model, architecture, measure, values }: MlpAttributionOptions, layer: number, at: 'value' | 'pre'): Program {
  const last = values.sizes.length - 1
  return executor.compile(([moved, oneHot, ...weights]) => {
    const [sum, gradient] = valueAndGrad((x) => {
      const value = at === 'pre' && layer < last ? activate(architecture.activation, x) : x
      const { outputs } = model.forward(weights, np.zeros([1]), { from: { hook: `layers.${layer}`, value } })
      return measureSum(measure, outputs, oneHot)
    })(moved)
    sum.dispose()
    return [gradient]
  })
}

/** [items · classes], 1 at the target. */
function hot(targets: Int32Array, classes: number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(targets.length * classes)
  for (let i = 0; i < targets.length; i++) data[i * classes + targets[i]] = 1
  return data
}
