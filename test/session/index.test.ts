import type { SessionReader as Reader } from '../../main/session/reader'
import type { TimelinePage } from '../../preload/contract/timeline'
import { Buffer } from 'node:buffer'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, it } from 'vitest'
import { indexPath, readIndex } from '../../main/session/index/sessionIndex'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { create, off, StillTime, stimulation, tag, temporaryFolder, trial, view } from './support'

function session(trials = 400): string {
  const folder = join(temporaryFolder(), 'indexed.session')
  const time = new StillTime()
  const recorder = create(folder, { time })
  for (let n = 1; n <= trials; n++) {
    for (const body of [stimulation(n), trial(n), off(n), view(n), ...(n % 50 === 0 ? [tag(n / 50, 'arrêt ✗')] : [])]) {
      recorder.append(body, n)
      time.pass(1)
    }
  }
  recorder.close()
  return folder
}

/** Everything a screen asks of a session. */
async function told(reader: Reader): Promise<unknown> {
  const pages: TimelinePage[] = []
  for (let page = await reader.page(0); page !== undefined; page = await reader.page(pages.length))
    pages.push(page)
  return { pages, head: reader.head, recovery: reader.recovery, events: [0, 7, 399].map(i => [reader.event('trial', i), reader.event('stimulation', i)]), states: [0, 1e8, 7e8, 9e9].map(t => reader.stateAt(t)) }
}

/** Opens as a screen does, with any log worth an index. */
async function begin(folder: string): Promise<Reader> {
  const reader = await SessionReader.begin(folder, { indexFrom: 0 })
  await reader.whole()
  await reader.indexed
  return reader
}

/** A session with an index that is harmed again and again, and whether it still tells the same. */
async function small(): Promise<{ folder: string, whole: Buffer, same: (harm: string) => Promise<void> }> {
  const folder = session(60)
  const plain = await told(await begin(folder))
  const bytes = serialize(plain)
  return {
    folder,
    whole: readFileSync(indexPath(folder)),
    same: async (harm) => {
      const now = await told(await SessionReader.begin(folder))
      // Comparing bytes is a hundred times as fast as finding out what differs.
      if (!serialize(now).equals(bytes))
        expect(now, harm).toEqual(plain)
    },
  }
}

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => bytes.map((byte, i) => i === bit >>> 3 ? byte ^ (1 << (bit & 7)) : byte)

describe('the index', () => {
  it('tells the same as the log, and is not made anew while it fits', async () => {
    const folder = session()
    const plain = await told(await SessionReader.open(folder))
    expect(existsSync(indexPath(folder))).toBe(false)
    expect(await told(await begin(folder))).toEqual(plain)
    const made = statSync(indexPath(folder))
    expect(readIndex(folder)?.fresh).toBe(true)
    const again = await begin(folder)
    expect(await told(again)).toEqual(plain)
    expect(await again.check()).toBe(true)
    expect(statSync(indexPath(folder)).mtimeMs).toBe(made.mtimeMs)
  })

  it('is made again when it is missing, cut short, or of another version', async () => {
    const folder = session()
    const plain = await told(await begin(folder))
    const whole = readFileSync(indexPath(folder))
    for (const harm of [
      () => rmSync(indexPath(folder)),
      () => truncateSync(indexPath(folder), whole.length >>> 1),
      () => truncateSync(indexPath(folder), 0),
      () => writeFileSync(indexPath(folder), 'not a database, but long enough to be looked at'.repeat(100)),
      () => writeFileSync(indexPath(folder), Buffer.from(whole.toString('latin1').replace(/\d+ of symbiote-session/g, '0 of symbiote-session'), 'latin1')),
    ]) {
      harm()
      expect(readIndex(folder)).toBeUndefined()
      expect(await told(await begin(folder))).toEqual(plain)
      expect(readIndex(folder)?.fresh).toBe(true)
    }
  })

  it('is read on from where it ends when the log has grown', async () => {
    const folder = session()
    await begin(folder)
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0.2.0' })
    recorder.append({ kind: 'annotation', annotation: 'a'.repeat(26), from: { t: 5, step: 0 }, to: { t: 5, step: 0 }, tier: 'notes', text: 'later', author: '', sites: [], trials: [], removed: false }, 0)
    recorder.close()
    expect(readIndex(folder)?.fresh).toBe(false)
    const plain = await told(await SessionReader.open(folder))
    const grown = await begin(folder)
    expect(await told(grown)).toMatchObject({ head: { annotations: [{ text: 'later' }] } })
    expect({ ...await told(grown) as object, pages: undefined }).toEqual({ ...plain as object, pages: undefined })
    expect(await grown.check()).toBe(true)
    expect(readIndex(folder)?.fresh).toBe(true)
  })

  it('with any bit of it flipped is told from the log, 1,000 times', async () => {
    const { folder, whole, same } = await small()
    const random = xoroshiro128plus(20261127)
    let refused = 0
    for (let round = 0; round < 1000; round++) {
      const bit = (random.next() >>> 0) % (8 * whole.length)
      writeFileSync(indexPath(folder), flipped(whole, bit))
      refused += readIndex(folder) === undefined ? 1 : 0
      // Where the bit is of no consequence (an unused byte) the index is whole all the same.
      await same(`bit ${bit}`)
    }
    expect(refused).toBeGreaterThan(250)
    expect(refused).toBeLessThan(1000)
  }, 120_000)

  it('cut short at any byte is not believed, and the log is read: at every page, around it, and at 300 places between', async () => {
    const { folder, whole, same } = await small()
    const random = xoroshiro128plus(20261128)
    const page = whole.readUInt16BE(16)
    const around = Array.from({ length: whole.length / page }, (_, i) => i * page).flatMap(at => [at - 1, at, at + 1])
    const opened = new Set([...around, ...Array.from({ length: 300 }, () => (random.next() >>> 0) % whole.length), whole.length - 1])
    expect(around.length).toBeGreaterThan(15)
    for (let size = whole.length - 1; size >= 0; size--) {
      truncateSync(indexPath(folder), size)
      // The last part lies in the last page: nothing that is shorter is whole.
      if (readIndex(folder) !== undefined)
        expect.fail(`an index of ${size} of ${whole.length} bytes was believed`)
      if (opened.has(size))
        await same(`${size} bytes`)
    }
  }, 120_000)

  it('does not hide damage to the log behind it', async () => {
    const folder = session()
    await begin(folder)
    const path = join(folder, 'log.000')
    const { atime, mtime } = statSync(path)
    writeFileSync(path, flipped(readFileSync(path), 8 * 60_000 + 3))
    // As a disk that rots: size and time of the file stay what they were.
    utimesSync(path, atime, mtime)
    const reader = await begin(folder)
    if (reader.recovery !== undefined)
      return
    expect(await reader.check()).toBe(false)
    expect(existsSync(indexPath(folder))).toBe(false)
    expect((await begin(folder)).recovery).toMatchObject({ damagedRecords: 1 })
  })
})
