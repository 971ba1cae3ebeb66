/** How far two runs' logits are apart, in the classes a re-execution reports. */
import type { TrialClass } from '../../preload/contract/session'
import { argmax } from './logits'

/** Up to this many units in the last place, two float32 count as the same computation rounded differently. */
export const ULP_LIMIT = 64

export interface Difference {
  class: TrialClass
  /** Largest distance in units in the last place. */
  ulp: number
  /** The first value that departs: its row, what was recorded, what came now. */
  row: number
  expected: number
  got: number
}

export function sameBytes(expected: Uint8Array, got: Float32Array): boolean {
  if (expected.byteLength !== got.byteLength) return false
  const bytes = new Uint8Array(got.buffer, got.byteOffset, got.byteLength)
  return expected.every((byte, i) => byte === bytes[i])
}

/** Rows of `classes` logits. Outputs of another length are `different` as a whole. */
export function compareOutputs(expected: Float32Array, got: Float32Array, classes: number): Difference {
  if (expected.length !== got.length) return { class: 'different', ulp: 2 ** 32, row: 0, expected: expected.length, got: got.length }
  let ulp = 0
  let first = -1
  for (let i = 0; i < expected.length; i++) {
    const distance = ulpDistance(expected[i], got[i])
    if (distance > 0 && first < 0) first = i
    ulp = Math.max(ulp, distance)
  }
  const at = Math.max(0, first)
  return { class: classOf(expected, got, classes, ulp), ulp, row: Math.floor(at / classes), expected: expected[at], got: got[at] }
}

function classOf(expected: Float32Array, got: Float32Array, classes: number, ulp: number): TrialClass {
  if (ulp === 0) return 'bit-exact'
  if (ulp <= ULP_LIMIT) return 'ulp'
  for (let row = 0; row < expected.length; row += classes) {
    if (argmax(expected.subarray(row, row + classes)) !== argmax(got.subarray(row, row + classes))) return 'different'
  }
  return 'same-decision'
}

const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** How many float32 lie between two, counting one end. The two zeros differ by one, any NaN is as far as can be. */
export function ulpDistance(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Object.is(a, b) ? 0 : 2 ** 32
  return Math.abs(ordered(a) - ordered(b))
}

/** Maps float32 to integers in the same order. */
function ordered(value: number): number {
  float[0] = value
  return bits[0] >= 0 ? bits[0] : -1 - (bits[0] & 0x7FFFFFFF)
}
