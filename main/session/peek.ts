/**
 * What a record is about, read off its first bytes: kind and both clocks, without parsing the JSON behind them. A
 * million records are told apart in a tenth of the time. Pure.
 */
import type { Buffer } from 'node:buffer'
import { HEADER } from './record'

export interface Peek { kind: string, t: number, step: number }

/** As the recorder writes an event: `{"id":"…26…","t":…,"step":…,"kind":"…"`. */
const ID_AT = HEADER + 7
const OPENING = [...'{"id":"'].map(code)
const T = [...'","t":'].map(code)
const STEP = [...',"step":'].map(code)
const KIND = [...',"kind":"'].map(code)
const ID_LENGTH = 26
const T_AT = ID_AT + ID_LENGTH

const QUOTE = 0x22
const ZERO = 0x30

/** Undefined where the record begins otherwise: it may be an event all the same. */
export function peek(record: Buffer): Peek | undefined {
  if (!holds(record, OPENING, HEADER) || !holds(record, T, T_AT))
    return undefined
  const t = digits(record, T_AT + T.length)
  if (t === undefined || !holds(record, STEP, t.end))
    return undefined
  const step = digits(record, t.end + STEP.length)
  if (step === undefined || !holds(record, KIND, step.end))
    return undefined
  const from = step.end + KIND.length
  let end = from
  while (end < record.length && record[end] !== QUOTE)
    end++
  return { kind: record.toString('latin1', from, end), t: t.value, step: step.value }
}

function holds(bytes: Buffer, expected: number[], at: number): boolean {
  for (let i = 0; i < expected.length; i++) {
    if (bytes[at + i] !== expected[i])
      return false
  }
  return true
}

function digits(bytes: Buffer, from: number): { value: number, end: number } | undefined {
  let value = 0
  let end = from
  for (let digit = bytes[end]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++end]! - ZERO)
    value = 10 * value + digit
  return end === from ? undefined : { value, end }
}

function code(character: string): number {
  return character.charCodeAt(0)
}
