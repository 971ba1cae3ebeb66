/**
 * Hard-concrete gates (Louizos, Welling & Kingma 2018, "Learning Sparse Neural Networks through L0 Regularization", eq. 10–12): a
 * stretched, clipped binary-concrete variable, exactly 0 or exactly 1 with positive probability and differentiable between.
 */
import type { NdArray } from '../executor/jax'
import { nn, np } from '../executor/jax'

/** The paper's numbers: stretch from γ to ζ, temperature β. */
const GAMMA = -0.1
const ZETA = 1.1
const BETA = 2 / 3
/** log α above which a gate is more likely open than shut by this much; see `expected`. */
const SHIFT = BETA * Math.log(-GAMMA / ZETA)

export const hardConcrete = {
  /** log α of gates that begin open, with a little spread so that no two seeds begin alike. */
  init: (n: number, normal: () => number, { mean = 2, deviation = 0.5 } = {}): Float32Array<ArrayBuffer> => Float32Array.from({ length: n }, () => mean + deviation * normal()),

  /**
   * One draw, in [0, 1].
   * @param noise log u − log(1 − u) of uniform u, shaped like `logAlpha`
   */
  sample: (logAlpha: NdArray, noise: NdArray): NdArray => clip(nn.sigmoid(logAlpha.add(noise).mul(1 / BETA))),

  /** Probability of not being exactly 0: what an L0 penalty adds up. */
  expected: (logAlpha: NdArray): NdArray => nn.sigmoid(logAlpha.sub(SHIFT)),
}

/** The gate without noise, as it is used once training is over (eq. 13). Plain numbers. */
export function settledGate(logAlpha: number): number {
  return Math.min(1, Math.max(0, (ZETA - GAMMA) / (1 + Math.exp(-logAlpha)) + GAMMA))
}

function clip(s: NdArray): NdArray {
  return np.clip(s.mul(ZETA - GAMMA).add(GAMMA), 0, 1)
}
