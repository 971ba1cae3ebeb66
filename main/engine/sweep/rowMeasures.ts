/**
 * One measure of one row of logits, for millions of rows: what `task/measures.ts` says of an item, in doubles, without
 * allocating. And the measures as programs, for gradients: an executor's exponential may be good to five digits only,
 * which a gradient bears and a small effect does not.
 */
import type { Measure } from '../../../preload/contract/engine'
import type { NdArray } from '../executor/jax'
import { argmax, logSoftmax } from '../../lib/logits'
import { nn, np } from '../executor/jax'

/** The measure of the row of `classes` logits that begins at `at`, of the swept item `item`. */
export type RowMeasure = (logits: Float32Array, at: number, item: number) => number

/** `base` are the unstimulated logits [items · classes]. */
export function rowMeasure(measure: Measure, base: Float32Array, targets: Int32Array, classes: number): RowMeasure {
  switch (measure) {
    case 'loss': return (logits, at, item) => logSumExp(logits, at, classes) - logits[at + targets[item]]
    case 'targetLogProbability': return (logits, at, item) => logits[at + targets[item]] - logSumExp(logits, at, classes)
    case 'margin': return (logits, at, item) => marginAt(logits, at, classes, targets[item])
    case 'accuracy': return (logits, at, item) => argmaxAt(logits, at, classes) === targets[item] ? 1 : 0
    case 'agreement': {
      const answers = Int32Array.from(targets, (_, i) => argmax(base.subarray(i * classes, (i + 1) * classes)))
      return (logits, at, item) => argmaxAt(logits, at, classes) === answers[item] ? 1 : 0
    }
    case 'kl': {
      const logs = new Float64Array(base.length)
      for (let i = 0; i < targets.length; i++) logs.set(logSoftmax(base.subarray(i * classes, (i + 1) * classes)), i * classes)
      const shares = logs.map(Math.exp)
      return (logits, at, item) => divergenceAt(logits, at, classes, logs, shares, item * classes)
    }
    default: return measure satisfies never
  }
}

/** Measures with a gradient worth following: a count has none, and KL's is zero where the primary stands. */
export const DIFFERENTIABLE: readonly Measure[] = ['loss', 'targetLogProbability', 'margin']

/** The sum of a differentiable measure over rows: logits [rows, classes], targets one-hot. Takes both. */
export function measureSum(measure: Measure, logits: NdArray, oneHot: NdArray): NdArray {
  switch (measure) {
    case 'loss': return nn.logSoftmax(logits, -1).mul(oneHot).sum().mul(-1)
    case 'targetLogProbability': return nn.logSoftmax(logits, -1).mul(oneHot).sum()
    // A logit that nothing exceeds is far below the others when it is the target's own.
    case 'margin': return logits.ref.mul(oneHot.ref).sum().sub(np.max(logits.sub(oneHot.mul(1e30)), -1).sum())
    default: throw new Error(`${measure} has no gradient`)
  }
}

function logSumExp(logits: Float32Array, at: number, classes: number): number {
  let max = logits[at]
  for (let c = 1; c < classes; c++) {
    if (logits[at + c] > max) max = logits[at + c]
  }
  let sum = 0
  for (let c = 0; c < classes; c++) sum += Math.exp(logits[at + c] - max)
  return max + Math.log(sum)
}

function argmaxAt(logits: Float32Array, at: number, classes: number): number {
  let best = 0
  for (let c = 1; c < classes; c++) {
    if (logits[at + c] > logits[at + best]) best = c
  }
  return best
}

function marginAt(logits: Float32Array, at: number, classes: number, target: number): number {
  let other = -Infinity
  for (let c = 0; c < classes; c++) {
    if (c !== target && logits[at + c] > other) other = logits[at + c]
  }
  return logits[at + target] - other
}

/** KL(unstimulated ‖ row). */
function divergenceAt(logits: Float32Array, at: number, classes: number, logs: Float64Array, shares: Float64Array, base: number): number {
  const logSum = logSumExp(logits, at, classes)
  let sum = 0
  for (let c = 0; c < classes; c++) {
    if (shares[base + c] > 0) sum += shares[base + c] * (logs[base + c] - (logits[at + c] - logSum))
  }
  return sum
}
