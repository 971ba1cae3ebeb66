/**
 * One record of the log as bytes: u32 length, u32 CRC-32 of the payload, payload, all little-endian. Pure.
 * Not what a payload means: that is `eventJson.ts`.
 */
import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'

export const HEADER = 8
/**
 * Largest payload, bytes. Below 2²⁴ the top byte of a length is always 0, a byte that JSON text never contains: no
 * stretch of a payload can pass for the header of a record, so finding the next record after damage is safe.
 */
const MAX_PAYLOAD = 2 ** 24 - 1
/** `{}`; rejects zeros, whose CRC-32 over nothing would hold. */
const MIN_PAYLOAD = 2

const OPEN_BRACE = 0x7B
const CLOSE_BRACE = 0x7D

/** Encodes into one buffer that is used again for the next record, so that nothing is allocated per event. */
export class RecordEncoder {
  #buffer = Buffer.allocUnsafe(64 * 1024)

  /** The bytes are valid until the next call. */
  encode(payload: string): Buffer {
    // A UTF-16 unit takes at most three bytes in UTF-8.
    const most = HEADER + 3 * payload.length
    if (most > this.#buffer.length)
      this.#buffer = Buffer.allocUnsafe(2 * most)
    const length = this.#buffer.write(payload, HEADER, 'utf8')
    if (length > MAX_PAYLOAD)
      throw new RangeError(`a record holds at most ${MAX_PAYLOAD} bytes, this one has ${length}: put the bulk into a blob`)
    const record = this.#buffer.subarray(0, HEADER + length)
    record.writeUInt32LE(length, 0)
    record.writeUInt32LE(crc32(record.subarray(HEADER)), 4)
    return record
  }
}

/** Bytes available from an offset on: fewer than asked for only at the end of the file. */
export type View = (offset: number, length: number) => Buffer

/** The record that starts at `offset`, header included, or undefined where none does. */
export function recordAt(view: View, offset: number): Buffer | undefined {
  const header = view(offset, HEADER)
  if (header.length < HEADER)
    return undefined
  const length = header.readUInt32LE(0)
  if (length < MIN_PAYLOAD || length > MAX_PAYLOAD)
    return undefined
  const record = view(offset, HEADER + length)
  // The braces are looked at first because a checksum over a wrong length may run over megabytes.
  if (record.length < HEADER + length || record[HEADER] !== OPEN_BRACE || record[record.length - 1] !== CLOSE_BRACE)
    return undefined
  return crc32(record.subarray(HEADER)) === record.readUInt32LE(4) ? record : undefined
}

/** Offset of the first whole record at or after `from`, or undefined where there is none before `end`. */
export function resync(view: View, from: number, end: number): number | undefined {
  const step = 1024 * 1024
  for (let at = from + HEADER; at < end; at += step) {
    const bytes = view(at, Math.min(step, end - at))
    for (let brace = bytes.indexOf(OPEN_BRACE); brace !== -1; brace = bytes.indexOf(OPEN_BRACE, brace + 1)) {
      const start = at + brace - HEADER
      if (recordAt(view, start) !== undefined)
        return start
    }
  }
  return undefined
}
