import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventFromJson, eventToJson } from '../../main/session/eventJson'
import { recordAt, RecordEncoder, resync } from '../../main/session/record'
import { crc32, forge, parseLog, trial } from './support'

const viewOf = (bytes: Buffer) => (offset: number, length: number): Buffer => bytes.subarray(offset, offset + length)

describe('records', () => {
  it('are u32 length, u32 CRC-32, payload, little-endian', () => {
    // The checksum comes from the bitwise definition in support.ts, not from zlib; 0xCBF43926 is the published check value.
    expect(crc32(Buffer.from('123456789'))).toBe(0xCBF43926)
    expect(new RecordEncoder().encode('{}').equals(forge('{}'))).toBe(true)
    expect([...new RecordEncoder().encode('{}').subarray(0, 4)]).toEqual([2, 0, 0, 0])
  })

  it('come back as they were, any text, any size', () => {
    const encoder = new RecordEncoder()
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40_000 }), (text) => {
      const payload = JSON.stringify({ text })
      const record = Buffer.from(encoder.encode(payload))
      expect(recordAt(viewOf(record), 0)?.equals(record)).toBe(true)
      expect(record.equals(forge(payload))).toBe(true)
    }), { numRuns: 60 })
  })

  it('refuse a payload that the length could not be trusted for', () => {
    expect(() => new RecordEncoder().encode(`{"a":"${'x'.repeat(2 ** 24)}"}`)).toThrow(RangeError)
  })

  it('are found again behind any rubbish', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (rubbish) => {
      const bytes = Buffer.concat([rubbish, forge('{"a":1}'), forge('{"b":2}')])
      expect(resync(viewOf(bytes), 0, bytes.length)).toBe(rubbish.length)
    }))
  })

  it('do not appear in zeros, which a power cut leaves', () => {
    const zeros = Buffer.alloc(4096)
    expect(recordAt(viewOf(zeros), 0)).toBeUndefined()
    expect(resync(viewOf(zeros), 0, zeros.length)).toBeUndefined()
  })
})

describe('events as JSON', () => {
  it('keep the numbers JSON has not', () => {
    const body = { ...trial(1), targetLogProbability: -Infinity, margin: Number.NaN, latencyMs: Infinity } as ReturnType<typeof trial>
    const event = { id: 'x', t: 1, step: 2, ...body }
    expect(eventFromJson(eventToJson(event))).toEqual(event)
  })

  it('are plain JSON otherwise', () => {
    const event = { id: 'x', t: 1, step: 2, ...trial(1) }
    expect(eventToJson(event)).toBe(JSON.stringify(event))
    expect(parseLog(forge(eventToJson(event)))[0]!.event).toEqual(event)
  })

  it('are undefined where the text is none', () => {
    for (const json of ['', '{', '[]', 'null', '{"id":1,"t":0,"step":0,"kind":"view"}', '{"id":"x","t":0,"step":0}'])
      expect(eventFromJson(json)).toBeUndefined()
  })
})
