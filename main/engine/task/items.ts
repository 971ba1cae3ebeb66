/** Rows of a data set as the arrays programs take. Inputs are stored compactly (pixels as bytes) and widened here. */
import type { Items } from '../../../preload/contract/engine'

export function itemCount({ inputs }: Items): number {
  return inputs.shape[0]
}

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

export function gatherTargets(items: Items, rows: ArrayLike<number>): Int32Array {
  return Int32Array.from(rows, row => items.targets[row])
}

/** [rows, classes], 1 at the target. */
export function oneHotTargets(items: Items, rows: ArrayLike<number>, classes: number): Float32Array<ArrayBuffer> {
  const hot = new Float32Array(rows.length * classes)
  for (let i = 0; i < rows.length; i++) hot[i * classes + items.targets[rows[i]]] = 1
  return hot
}

/** 0 … n − 1. */
export function allRows(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i)
}
