/** What a trial's outputs say of each of its items: answers, log p(target) and margins, without stimulation and with it. */
import type { Items } from '../../../preload/contract/engine'
import { answerTarget, targetsPerItem } from '../../lib/answers'
import { argmax, logSoftmax, margin } from '../../lib/logits'

export interface Side { answer: number, logProbability: number, margin: number }
export interface ItemReading { item: number, target: number, before: Side, after: Side }

export interface Outputs { outputs: Float32Array, pairedOutputs: Float32Array, classes: number }

/** @param rows the trial's battery: outputs are those of the shown item, then of these */
export function readItems(items: Items, rows: Int32Array, shown: number, { outputs, pairedOutputs, classes }: Outputs): ItemReading[] {
  // The answer is read at the last position that counts.
  let end = countedRows(items, shown)
  return Array.from(rows, (item) => {
    end += countedRows(items, item)
    const target = answerTarget(items, item)
    const side = (all: Float32Array): Side => sideOf(all.subarray((end - 1) * classes, end * classes), target)
    return { item, target, before: side(pairedOutputs), after: side(outputs) }
  })
}

function sideOf(logits: Float32Array, target: number): Side {
  return { answer: argmax(logits), logProbability: logSoftmax(logits)[target], margin: margin(logits, target) }
}

function countedRows(items: Items, item: number): number {
  const n = targetsPerItem(items)
  if (!items.mask || n === 1) return n
  let rows = 0
  for (let t = 0; t < n; t++) rows += items.mask[item * n + t] > 0 ? 1 : 0
  return rows
}

export function lostOf(readings: readonly ItemReading[]): number {
  return readings.filter(({ target, before, after }) => before.answer === target && after.answer !== target).length
}

export function gainedOf(readings: readonly ItemReading[]): number {
  return readings.filter(({ target, before, after }) => before.answer !== target && after.answer === target).length
}

/** Mean of some values and its standard error; 0 and 0 of none. */
export function meanOf(values: ArrayLike<number>): { mean: number, se: number } {
  const n = values.length
  if (n === 0) return { mean: 0, se: 0 }
  let [sum, squares] = [0, 0]
  for (let i = 0; i < n; i++) sum += values[i]
  for (let i = 0; i < n; i++) squares += (values[i] - sum / n) ** 2
  return { mean: sum / n, se: n === 1 ? 0 : Math.sqrt(squares / (n - 1) / n) }
}

/** Changes of log p(target), nats. */
export function changes(readings: readonly ItemReading[]): number[] {
  return readings.map(({ before, after }) => after.logProbability - before.logProbability)
}
