/**
 * Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019) as a pure update over lists of arrays. What changes
 * from step to step enters as data: see `stepSize`.
 */
import type { Optimiser } from '../../../preload/contract/engine'
import type { NdArray } from '../executor/jax'
import { np } from '../executor/jax'

const EPSILON = 1e-8

export const ADAM: Optimiser = { beta1: 0.9, beta2: 0.999, weightDecay: 0 }

/** State of the optimiser: first and second moments, shaped like the parameters. */
export interface Moments { first: NdArray[], second: NdArray[] }

/**
 * For step `t` = 1, 2, …: [rate, ε, kept], the learning rate with both bias corrections folded in, ε scaled to match, and the
 * share of a parameter that weight decay leaves.
 */
export function stepSize(learningRate: number, t: number, { beta1, beta2, weightDecay }: Optimiser = ADAM): Float32Array<ArrayBuffer> {
  const correction = Math.sqrt(1 - beta2 ** t)
  return new Float32Array([learningRate * correction / (1 - beta1 ** t), EPSILON * correction, 1 - learningRate * weightDecay])
}

/** The scalars of a step, [1] each. */
export interface StepScalars { rate: NdArray, epsilon: NdArray, kept: NdArray }

/** One update. Takes everything it is given. */
export function adamUpdate(parameters: NdArray[], gradients: NdArray[], { first, second }: Moments, { rate, epsilon, kept }: StepScalars, { beta1, beta2, weightDecay }: Optimiser = ADAM): { parameters: NdArray[] } & Moments {
  const next = { parameters: [] as NdArray[], first: [] as NdArray[], second: [] as NdArray[] }
  parameters.forEach((parameter, i) => {
    const m = first[i].mul(beta1).add(gradients[i].ref.mul(1 - beta1))
    const v = second[i].mul(beta2).add(np.square(gradients[i]).mul(1 - beta2))
    const decayed = weightDecay > 0 ? parameter.mul(kept.ref) : parameter
    next.parameters.push(decayed.sub(m.ref.mul(rate.ref).div(np.sqrt(v.ref).add(epsilon.ref))))
    next.first.push(m)
    next.second.push(v)
  })
  rate.dispose()
  epsilon.dispose()
  kept.dispose()
  return next
}
