/** Rows of a data set as the arrays programs take. Inputs are stored compactly (pixels as bytes) and widened here. */
import type { Span } from '../../../preload/contract/address'
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

/** [rows · targets per item], or of those in a span of positions. */
export function gatherTargets(items: Items, rows: ArrayLike<number>, span?: Span): Int32Array {
  const { from, to, each } = spanOf(items, span)
  const gathered = new Int32Array(rows.length * (to - from))
  for (let i = 0; i < rows.length; i++) gathered.set(items.targets.subarray(rows[i] * each + from, rows[i] * each + to), i * (to - from))
  return gathered
}

/** [rows · targets per item], or of those in a span of positions; 1 for targets that count. */
export function gatherMask(items: Items, rows: ArrayLike<number>, span?: Span): Float32Array<ArrayBuffer> {
  const { from, to, each } = spanOf(items, span)
  const { mask } = items
  const gathered = new Float32Array(rows.length * (to - from))
  if (!mask) return gathered.fill(1)
  for (let i = 0; i < rows.length; i++) gathered.set(mask.subarray(rows[i] * each + from, rows[i] * each + to), i * (to - from))
  return gathered
}

function spanOf(items: Items, span: Span | undefined): Span & { each: number } {
  const each = targetsPerItem(items)
  return { ...span ?? { from: 0, to: each }, each }
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
