/** Monitored signals: gathered at even times, kept as chunks that touch, told by the timeline, its index and a repaired copy. */
import type { BodyOf } from '../../preload/contract/session'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SessionReader } from '../../main/session/reader'
import { recoverSession } from '../../main/session/recover'
import { rowsOf, SignalBuffer } from '../../main/session/signal'
import { readTrace } from '../../main/theatre/trace'
import { eventSchema } from '../../preload/contract/session'
import { create, off, parseLog, StillTime, stimulation, temporaryFolder, trial } from './support'

const ms = 1e6

describe('a signal', () => {
  it('has at each sample the value that was set last, and its chunks touch', () => {
    const buffer = new SignalBuffer(['a', 'b'], 100 * ms)
    buffer.set(100 * ms, Float32Array.of(1, 10))
    buffer.set(120 * ms, Float32Array.of(2, 10))
    // Between two samples: seen by none.
    buffer.set(160 * ms, Float32Array.of(9, 9))
    buffer.set(170 * ms, Float32Array.of(3, 11))
    const first = buffer.take(251 * ms)!
    expect({ ...first, data: [...first.data] }).toEqual({ t0: 100 * ms, samples: 4, data: [1, 10, 2, 10, 3, 11, 3, 11] })
    expect(buffer.take(260 * ms)).toBeUndefined()
    expect(buffer.take(301 * ms)).toEqual({ t0: 300 * ms, samples: 1, data: Float32Array.of(3, 11) })
  })

  it('is not known before it is, and one that could not be written comes with the next', () => {
    const buffer = new SignalBuffer(['a'], 0)
    buffer.set(60 * ms, Float32Array.of(5))
    expect(buffer.varied).toBe(true)
    const chunk = buffer.take(120 * ms)!
    expect([...chunk.data]).toEqual([Number.NaN, Number.NaN, 5])
    buffer.set(190 * ms, Float32Array.of(6))
    buffer.putBack(chunk)
    const whole = buffer.take(251 * ms)!
    expect({ ...whole, data: [...whole.data] }).toEqual({ t0: 0, samples: 6, data: [Number.NaN, Number.NaN, 5, 5, 6, 6] })
  })

  it('whose blob is not what its event says is refused', () => {
    expect(() => rowsOf({ channels: ['a', 'b'], samples: 3 }, new Uint8Array(20))).toThrow(RangeError)
  })
})

/** Twenty chunks of a second, of one site and then of two, one second not monitored, with trials between. */
function session(): string {
  const folder = join(temporaryFolder(), 'watched.session')
  const time = new StillTime()
  const recorder = create(folder, { time })
  for (let n = 0; n < 20; n++) {
    for (const body of [stimulation(n), trial(n), off(n)] as const)
      recorder.append(body, n)
    time.pass(1000)
    if (n === 9)
      continue
    const channels = n < 12 ? ['layers.0.unit[1]'] : ['layers.1', 'layers.0.unit[1]']
    const values = Float32Array.from({ length: 20 * channels.length }, (_, i) => n + Math.floor(i / channels.length) / 100 + (channels.length === 2 && i % 2 === 0 ? 1000 : 0))
    recorder.append({ kind: 'signal', t0: n * 1e9, dt: 50 * ms, samples: 20, channels, dtype: 'float32', data: recorder.blobs.put(new Uint8Array(values.buffer)) } satisfies BodyOf<'signal'>, n)
  }
  recorder.close()
  return folder
}

describe('a session with signals', () => {
  it('keeps them by the contract, and no signal counts as something that happened', async () => {
    const folder = session()
    for (const { event } of parseLog(readFileSync(join(folder, 'log.000'))))
      expect(eventSchema.safeParse(event).error, event.kind).toBeUndefined()
    const reader = await SessionReader.open(folder)
    const { columns } = (await reader.page(0))!
    expect([...columns.signalFrom]).toEqual(Array.from({ length: 20 }, (_, n) => n * 1e9).filter(t => t !== 9e9))
    expect([...columns.signalTo]).toEqual([...columns.signalFrom].map(t => t + 1e9))
    expect(columns.times).toHaveLength(60)
    expect(reader.tables.signals).toHaveLength(19)
    expect(reader.head).not.toHaveProperty('signals')
  })

  it('is told of a site as extremes of evenly wide stretches, the same from the log, from its index and from a repaired copy', async () => {
    const folder = session()
    const indexed = await SessionReader.begin(folder, { indexFrom: 0 })
    await indexed.indexed
    const copy = join(temporaryFolder(), 'copy.session')
    expect((await recoverSession(folder, copy)).blobs).toMatchObject({ named: 19 + 1, missing: [expect.any(String)] })
    for (const reader of [await SessionReader.open(folder), await SessionReader.begin(folder), await SessionReader.open(copy)]) {
      const trace = await readTrace(reader, { site: 'layers.0.unit[1]', from: 8e9, to: 14e9, stretches: 12 })
      const half = (n: number, end: 0 | 1): [number, number] => [Math.fround(n + end / 2 * 20 / 20 * 0.2), Math.fround(n + (end * 10 + 9) / 100)]
      const expected = [8, 9, 10, 11, 12, 13].flatMap(n => n === 9 ? [[Number.NaN, Number.NaN], [Number.NaN, Number.NaN]] : [[Math.fround(n), half(n, 0)[1]], [Math.fround(n + 0.1), half(n, 1)[1]]])
      expect([...trace.low].map((low, i) => [low, trace.high[i]])).toEqual(expected)
      // Finer than its samples: each holds until the next.
      const fine = await readTrace(reader, { site: 'layers.1', from: 13e9, to: 13.1e9, stretches: 10 })
      expect([...fine.low]).toEqual([1013, 1013, 1013, 1013, 1013, 1013.01, 1013.01, 1013.01, 1013.01, 1013.01].map(Math.fround))
      expect((await readTrace(reader, { site: 'layers.1', from: 0, to: 9e9, stretches: 3 })).low.every(Number.isNaN)).toBe(true)
    }
  })
})
