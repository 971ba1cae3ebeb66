/**
 * Attribution in dense layers: gradient of the measure at a place × the difference an intervention makes there. All sites
 * of a layer share the gradient, so a layer costs one pass; the integrated form averages it over points of the way on which
 * all of the layer's sites change together (integrated gradients, Sundararajan 2017, from intervened to plain values).
 */
import type { Program } from '../executor/executor'
import type { DenseJob, DenseOptions } from './denseExact'
import type { Gathered } from './rowQueue'
import { runAndRead } from '../executor/executor'
import { np, valueAndGrad } from '../executor/jax'
import { activate } from '../primary/mlp'
import { fillDelta } from './denseChanges'
import { measureSum, weighedAnswers } from './rowMeasures'

export interface DenseAttributionOptions extends DenseOptions {
  /** Where on the way from plain (0) to intervened (1) the gradient is taken. */
  points: readonly number[]
}

/** Estimated effects of jobs that act on one layer and one kind of place. */
export async function attributeDense(options: DenseAttributionOptions, jobs: readonly DenseJob[], gathered: Gathered, ready: () => Promise<boolean>): Promise<void> {
  const { values, facts, points } = options
  const { layer, at } = jobs[0].place
  const units = values.sizes[layer]
  const delta = new Float64Array(values.items)
  const whole = new Float64Array(values.items * units)
  if (points.some(point => point !== 0)) {
    for (const { place, intervention } of jobs) {
      fillDelta(delta, place, intervention, values, facts)
      for (let item = 0; item < delta.length; item++) whole[item * units + place.unit] += delta[item]
    }
  }
  const gradient = await meanGradient(options, layer, at, whole, ready)
  if (!gradient) return
  const differences = new Float64Array(values.items)
  for (const [i, { place, intervention }] of jobs.entries()) {
    fillDelta(delta, place, intervention, values, facts)
    for (let item = 0; item < delta.length; item++) differences[item] = delta[item] * gradient[item * units + place.unit]
    gathered(i, differences)
    if (i % 1024 === 0 && !await ready()) return
  }
}

/** [items · units], averaged over the points; undefined when it was cancelled. */
async function meanGradient(options: DenseAttributionOptions, layer: number, at: 'value' | 'pre', whole: Float64Array, ready: () => Promise<boolean>): Promise<Float64Array | undefined> {
  const { executor, values, points, answers, parameters } = options
  const plain = values[at][layer]
  const program = gradientProgram(options, layer, at)
  const sum = new Float64Array(plain.length)
  const weighed = executor.upload(weighedAnswers(answers), [values.items, answers.classes])
  try {
    for (const point of points) {
      const moved = executor.upload(plain.map((value, i) => value + point * whole[i]) as Float32Array<ArrayBuffer>, [values.items, values.sizes[layer]])
      try {
        const [gradient] = await runAndRead(executor, program, [moved, weighed, ...parameters])
        for (let i = 0; i < sum.length; i++) sum[i] += gradient[i] / points.length
      }
      finally {
        executor.free(moved)
      }
      if (!await ready()) return undefined
    }
  }
  finally {
    executor.free(weighed)
  }
  return sum
}

/** Of the measure, summed over items so that each row keeps its own gradient, by the values of a layer. */
function gradientProgram({ executor, subject: { model }, measure, values }: DenseOptions, layer: number, at: 'value' | 'pre'): Program {
  const last = values.sizes.length - 1
  return executor.compile(([moved, weighed, ...weights]) => {
    const [sum, gradient] = valueAndGrad((x) => {
      const value = at === 'pre' && layer < last ? activate(model.architecture.activation, x) : x
      const { outputs } = model.forward(weights, np.zeros([1, ...model.inputs]), { from: { hook: `layers.${layer}`, value } })
      return measureSum(measure, outputs, weighed)
    })(moved)
    sum.dispose()
    return [gradient]
  })
}
