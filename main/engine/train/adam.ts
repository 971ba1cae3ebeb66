/** Adam (Kingma & Ba 2015) as a pure update over lists of arrays. The bias correction enters as data: see `stepSize`. */
import type { NdArray } from '../executor/jax'
import { np } from '../executor/jax'

const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-8

/** State of the optimiser: first and second moments, shaped like the parameters. */
export interface Moments { first: NdArray[], second: NdArray[] }

/** Learning rate with both bias corrections folded in, and ε scaled to match, for step `t` = 1, 2, …: [rate, ε]. */
export function stepSize(learningRate: number, t: number): Float32Array<ArrayBuffer> {
  const correction = Math.sqrt(1 - BETA2 ** t)
  return new Float32Array([learningRate * correction / (1 - BETA1 ** t), EPSILON * correction])
}

/** One update. Takes everything it is given. `rate` and `epsilon` are scalars [1]. */
export function adamUpdate(parameters: NdArray[], gradients: NdArray[], { first, second }: Moments, rate: NdArray, epsilon: NdArray): { parameters: NdArray[] } & Moments {
  const next = { parameters: [] as NdArray[], first: [] as NdArray[], second: [] as NdArray[] }
  parameters.forEach((parameter, i) => {
    const m = first[i].mul(BETA1).add(gradients[i].ref.mul(1 - BETA1))
    const v = second[i].mul(BETA2).add(np.square(gradients[i]).mul(1 - BETA2))
    next.parameters.push(parameter.sub(m.ref.mul(rate.ref).div(np.sqrt(v.ref).add(epsilon.ref))))
    next.first.push(m)
    next.second.push(v)
  })
  rate.dispose()
  epsilon.dispose()
  return next
}
