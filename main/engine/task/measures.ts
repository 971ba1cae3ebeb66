/**
 * Behaviour of a classifier, measured from its logits, and paired effects. Plain doubles, no array library:
 * these are the numbers the screen shows and a session keeps.
 */
import type { Measure } from '../../../preload/contract/engine'
import type { Effect } from '../../../preload/contract/session'
import { argmax, logSoftmax, margin } from '../../lib/logits'

export const MEASURES: readonly Measure[] = ['loss', 'accuracy', 'targetLogProbability', 'margin', 'kl', 'agreement']

/** KL(p ‖ q) in nats, from log-probabilities. */
export function klDivergence(p: Float64Array, q: Float64Array): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    if (p[i] > -Infinity) sum += Math.exp(p[i]) * (p[i] - q[i])
  }
  return sum
}

/** Every measure of one item, without (`before`) and with the intervention (`after`). */
export function measureItem(before: Float32Array, after: Float32Array, target: number): { before: Record<Measure, number>, after: Record<Measure, number> } {
  const p = logSoftmax(before)
  const q = logSoftmax(after)
  const answers = [argmax(before), argmax(after)]
  const one = (logs: Float64Array, logits: Float32Array, answer: number): Record<Measure, number> => ({
    loss: -logs[target],
    accuracy: answer === target ? 1 : 0,
    targetLogProbability: logs[target],
    margin: margin(logits, target),
    kl: logs === p ? 0 : klDivergence(p, q),
    agreement: answer === answers[0] ? 1 : 0,
  })
  return { before: one(p, before, answers[0]), after: one(q, after, answers[1]) }
}

/** Mean of paired differences, standard error of that mean (sample deviation, n − 1), n. */
export function effectOf(differences: ArrayLike<number>): Effect {
  const n = differences.length
  if (n === 0) return { mean: 0, se: 0, n }
  const mean = meanOf(differences)
  if (n === 1) return { mean, se: 0, n }
  let squares = 0
  for (let i = 0; i < n; i++) squares += (differences[i] - mean) ** 2
  return { mean, se: Math.sqrt(squares / (n - 1) / n), n }
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length === 0 ? 0 : sum / values.length
}

/** How rows of logits belong to items. */
export interface Rows {
  /** [items · positions]. */
  targets: ArrayLike<number>
  classes: number
  /** Answers per item: 1, or token positions. */
  positions?: number
  /** [items · positions], 0 for answers that do not count; left out, all count. */
  mask?: ArrayLike<number>
}

/** Every measure of every item: an item's is the mean over its positions that count. Logits are [items · positions, classes]. */
export function measureItems(before: Float32Array, after: Float32Array, { targets, classes, positions = 1, mask }: Rows): Record<Measure, { before: Float64Array, after: Float64Array }> {
  const n = targets.length / positions
  const columns = Object.fromEntries(MEASURES.map(m => [m, { before: new Float64Array(n), after: new Float64Array(n) }])) as Record<Measure, { before: Float64Array, after: Float64Array }>
  for (let i = 0; i < n; i++) {
    let weight = 0
    for (let t = 0; t < positions; t++) weight += mask ? mask[i * positions + t] : 1
    for (let t = 0; t < positions; t++) {
      const row = i * positions + t
      const share = (mask ? mask[row] : 1) / weight
      if (!(share > 0)) continue
      const of = measureItem(before.subarray(row * classes, (row + 1) * classes), after.subarray(row * classes, (row + 1) * classes), targets[row])
      for (const m of MEASURES) {
        columns[m].before[i] += share * of.before[m]
        columns[m].after[i] += share * of.after[m]
      }
    }
  }
  return columns
}

/** Paired measures over items. Logits are [items · positions, classes]. */
export function measurePaired(before: Float32Array, after: Float32Array, rows: Rows): Record<Measure, { before: number, after: number, effect: Effect }> {
  const columns = measureItems(before, after, rows)
  return Object.fromEntries(MEASURES.map((m) => {
    const { before, after } = columns[m]
    return [m, { before: meanOf(before), after: meanOf(after), effect: effectOf(after.map((value, i) => value - before[i])) }]
  })) as Record<Measure, { before: number, after: number, effect: Effect }>
}
