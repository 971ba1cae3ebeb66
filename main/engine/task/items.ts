/** Rows of a data set as the arrays programs take. Inputs are stored compactly (pixels as bytes) and widened here. */
import type { Items } from '../../../preload/contract/engine'
import { targetsPerItem } from '../../lib/answers'

export { answerPosition, answerTarget, itemCount } from '../../lib/answers'

/** Scalars per item. */
export function inputSize({ inputs }: Items): number {
  return inputs.shape.slice(1).reduce((a, b) => a * b, 1)
}

/** Inputs of the chosen rows, [rows, inputs], in the units the primary was trained on. */
export function gatherInputs(items: Items, rows: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const size = inputSize(items)
  const { data } = items.inputs
  const gathered = new Float32Array(rows.length * size)
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] * size
    for (let j = 0; j < size; j++) gathered[i * size + j] = data[from + j] * items.scale
  }
  return gathered
}

/** [rows · targets per item]. */
export function gatherTargets(items: Items, rows: ArrayLike<number>): Int32Array {
  const n = targetsPerItem(items)
  return Int32Array.from({ length: rows.length * n }, (_, i) => items.targets[rows[Math.floor(i / n)] * n + i % n])
}

/** [rows · targets per item], 1 for targets that count. */
export function gatherMask(items: Items, rows: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const n = targetsPerItem(items)
  const { mask } = items
  return mask
    ? Float32Array.from({ length: rows.length * n }, (_, i) => mask[rows[Math.floor(i / n)] * n + i % n])
    : new Float32Array(rows.length * n).fill(1)
}

/** [rows · targets per item, classes], 1 at the target of those that count, and how many count. */
export function weighedTargets(items: Items, rows: ArrayLike<number>, classes: number): { hot: Float32Array<ArrayBuffer>, count: number } {
  const targets = gatherTargets(items, rows)
  const mask = gatherMask(items, rows)
  const hot = new Float32Array(targets.length * classes)
  let count = 0
  for (let i = 0; i < targets.length; i++) {
    hot[i * classes + targets[i]] = mask[i]
    count += mask[i]
  }
  return { hot, count }
}

/** 0 … n − 1. */
export function allRows(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i)
}
