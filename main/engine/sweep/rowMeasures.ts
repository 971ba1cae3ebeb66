/**
 * One measure of one item's logits, for millions of them: what `task/measures.ts` says, in doubles, without allocating.
 * And the measures as programs, for gradients: an executor's exponential may be good to five digits only, which a gradient
 * bears and a small effect does not.
 */
import type { Span } from '../../../preload/contract/address'
import type { Items, Measure } from '../../../preload/contract/engine'
import type { NdArray } from '../executor/jax'
import type { Model } from '../primary/model'
import { argmax, logSoftmax } from '../../lib/logits'
import { nn, np } from '../executor/jax'
import { gatherMask, gatherTargets } from '../task/items'

/** The measure of the item's logits [positions · classes] that begin at `at`; `item` counts the swept items. */
export type ItemMeasure = (logits: Float32Array, at: number, item: number) => number

/** How logits are laid out and what is right. */
export interface Answers {
  classes: number
  positions: number
  /** [items · positions]. */
  targets: Int32Array
  /** [items · positions], how much each answer counts; an item's add up to 1. Undefined where an item has one. */
  shares?: Float64Array
  /** Positions in which all answers that count lie, where those are not all. */
  span?: Span
}

/** Runs that compute logits in the span alone: how many scalars an item's are, and where the item's first position would be. */
export function spanned({ classes, positions, span }: Answers): { size: number, before: number } {
  return span ? { size: (span.to - span.from) * classes, before: span.from * classes } : { size: positions * classes, before: 0 }
}

export function answersOf({ outputs: { classes, positions } }: Model, items: Items, rows: Int32Array): Answers {
  const targets = gatherTargets(items, rows)
  if (positions === 1) return { classes, positions, targets }
  const mask = gatherMask(items, rows)
  const shares = Float64Array.from(mask)
  for (let at = 0; at < shares.length; at += positions) {
    const sum = mask.subarray(at, at + positions).reduce((a, b) => a + b, 0)
    for (let t = at; t < at + positions; t++) shares[t] = sum > 0 ? mask[t] / sum : 0
  }
  const used = Array.from({ length: positions }, (_, t) => t).filter(t => shares.some((share, at) => share > 0 && at % positions === t))
  const span = { from: used[0] ?? 0, to: (used.at(-1) ?? positions - 1) + 1 }
  return { classes, positions, targets, shares, ...(span.to - span.from < positions ? { span } : {}) }
}

/** `base` are the unstimulated logits [items · positions · classes]. */
export function itemMeasure(measure: Measure, base: Float32Array, answers: Answers): ItemMeasure {
  const { classes, positions, shares } = answers
  const one = answerMeasure(measure, base, answers)
  if (!shares) return one
  return (logits, at, item) => {
    let sum = 0
    for (let t = 0, answer = item * positions; t < positions; t++, answer++) {
      if (shares[answer] > 0) sum += shares[answer] * one(logits, at + t * classes, answer)
    }
    return sum
  }
}

/** Of one answer, `answer` counting items and positions. */
function answerMeasure(measure: Measure, base: Float32Array, { classes, targets }: Answers): (logits: Float32Array, at: number, answer: number) => number {
  switch (measure) {
    case 'loss': return (logits, at, answer) => logSumExp(logits, at, classes) - logits[at + targets[answer]]
    case 'targetLogProbability': return (logits, at, answer) => logits[at + targets[answer]] - logSumExp(logits, at, classes)
    case 'margin': return (logits, at, answer) => marginAt(logits, at, classes, targets[answer])
    case 'accuracy': return (logits, at, answer) => argmaxAt(logits, at, classes) === targets[answer] ? 1 : 0
    case 'agreement': {
      const given = Int32Array.from(targets, (_, i) => argmax(base.subarray(i * classes, (i + 1) * classes)))
      return (logits, at, answer) => argmaxAt(logits, at, classes) === given[answer] ? 1 : 0
    }
    case 'kl': {
      const logs = new Float64Array(base.length)
      for (let i = 0; i < targets.length; i++) logs.set(logSoftmax(base.subarray(i * classes, (i + 1) * classes)), i * classes)
      const shares = logs.map(Math.exp)
      return (logits, at, answer) => divergenceAt(logits, at, classes, logs, shares, answer * classes)
    }
    default: return measure satisfies never
  }
}

/** Puts the target's own logit below all others. */
const FAR = 1e30

/** Measures with a gradient worth following: a count has none, and KL's is zero where the primary stands. */
export const DIFFERENTIABLE: readonly Measure[] = ['loss', 'targetLogProbability', 'margin']

/** What counts at which class, for `measureSum`: [items · positions · classes]. */
export function weighedAnswers({ classes, targets, shares }: Answers): Float32Array<ArrayBuffer> {
  const data = new Float32Array(targets.length * classes)
  for (let i = 0; i < targets.length; i++) data[i * classes + targets[i]] = shares ? shares[i] : 1
  return data
}

/** The sum of a differentiable measure over items: logits and answers as `weighedAnswers` gives them, [answers, classes]. Takes both. */
export function measureSum(measure: Measure, logits: NdArray, weighed: NdArray): NdArray {
  switch (measure) {
    case 'loss': return nn.logSoftmax(logits, -1).mul(weighed).sum().mul(-1)
    case 'targetLogProbability': return nn.logSoftmax(logits, -1).mul(weighed).sum()
    case 'margin': {
      const others = np.max(logits.ref.sub(np.greater(weighed.ref, 0).astype(np.float32).mul(FAR)), -1)
      return logits.mul(weighed.ref).sum().sub(others.mul(weighed.sum(-1)).sum())
    }
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
