import type { SessionEvent } from '../../preload/contract/session'
import type { ParsedRecord } from './support'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, it } from 'vitest'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { forge, parseLog, temporaryFolder, writeSample } from './support'

interface Sample { folder: string, path: string, log: Buffer, records: ParsedRecord[] }

function sample(seconds?: number): Sample {
  const folder = join(temporaryFolder(), 'sample.session')
  writeSample(folder, seconds)
  const path = join(folder, 'log.000')
  const log = readFileSync(path)
  return { folder, path, log, records: parseLog(log) }
}

async function read(folder: string): Promise<{ events: SessionEvent[], reader: SessionReader }> {
  const reader = await SessionReader.open(folder)
  return { events: [...reader.events()], reader }
}

describe('a log cut anywhere', () => {
  it('opens with every whole record, at every byte', async () => {
    const { folder, path, log, records } = sample(3)
    for (let size = log.length; size >= 0; size--) {
      truncateSync(path, size)
      const whole = records.filter(({ end }) => end <= size)
      const { events, reader } = await read(folder)
      expect(events).toEqual(whole.map(({ event }) => event))
      expect(reader.recovery?.droppedBytes ?? 0).toBe(size - (whole.at(-1)?.end ?? 0))
      expect(reader.recovery?.damagedRecords ?? 0).toBe(0)
      expect(reader.tables.started.title).toBe('Ward round 3')
      expect(reader.tables.trials.length).toBe(whole.filter(({ event }) => event.kind === 'trial').length)
    }
  }, 60_000)

  it('is written on from any byte, with the torn bytes kept beside it', async () => {
    const { folder, path, log, records } = sample(2)
    for (let size = log.length - 1; size >= 0; size -= 61) {
      writeFileSync(path, log.subarray(0, size))
      const whole = records.filter(({ end }) => end <= size)
      const wholeBytes = whole.at(-1)?.end ?? 0
      const recorder = await SessionRecorder.reopen(folder, { appVersion: '0.2.0' })
      recorder.append({ kind: 'instrument', what: 'engine-lost', message: 'later' }, 9)
      recorder.close()

      const after = readFileSync(path)
      expect(after.subarray(0, wholeBytes).equals(log.subarray(0, wholeBytes))).toBe(true)
      const { events, reader } = await read(folder)
      expect(events.slice(0, whole.length)).toEqual(whole.map(({ event }) => event))
      expect(events.filter(({ kind }) => kind === 'instrument')).toHaveLength(1)
      expect(reader.recovery?.damagedRecords ?? 0).toBe(0)
      expect(reader.recovery?.droppedBytes ?? 0).toBe(0)
      if (size > wholeBytes) {
        const kept = readFileSync(join(folder, 'recovered', `log.000@${wholeBytes}`))
        expect(kept.equals(log.subarray(wholeBytes, size))).toBe(true)
        unlinkSync(join(folder, 'recovered', `log.000@${wholeBytes}`))
      }
    }
  }, 60_000)
})

describe('a flipped bit', () => {
  it('is detected and costs at most the record it is in, 1,000 times', async () => {
    const { folder, path, log, records } = sample(6)
    const random = xoroshiro128plus(20261122)
    const seen = { lengthFields: 0, inLastRecord: 0 }
    for (let round = 0; round < 1000; round++) {
      const bit = (random.next() >>> 0) % (8 * log.length)
      // Every tenth round aims at a length field, the flip that could lose everything behind it.
      const at = round % 10 === 0 ? records[(random.next() >>> 0) % records.length]!.start + (bit % 4) : Math.floor(bit / 8)
      const flipped = Buffer.from(log)
      flipped[at]! ^= 1 << (bit % 8)
      writeFileSync(path, flipped)

      const hit = records.find(({ start, end }) => at >= start && at < end)!
      const { events, reader } = await read(folder)
      expect(reader.recovery, `bit ${bit % 8} of byte ${at}`).toBeDefined()
      expect(events, `bit ${bit % 8} of byte ${at}`).toEqual(records.filter(record => record !== hit).map(({ event }) => event))
      const last = hit === records.at(-1)
      expect(reader.recovery!.damagedRecords).toBe(last ? 0 : 1)
      expect(reader.recovery!.droppedBytes).toBe(last ? hit.end - hit.start : 0)
      seen.lengthFields += at < hit.start + 4 ? 1 : 0
      seen.inLastRecord += last ? 1 : 0
    }
    expect(seen.lengthFields).toBeGreaterThan(90)
    expect(seen.inLastRecord).toBeGreaterThan(0)
  }, 60_000)

  it('in the last record before a reopening is put aside, not overwritten', async () => {
    const { folder, path, log, records } = sample(2)
    const last = records.at(-1)!
    const flipped = Buffer.from(log)
    flipped[last.start + 20]! ^= 4
    writeFileSync(path, flipped)
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0.2.0' })
    recorder.close()
    expect(readFileSync(join(folder, 'recovered', `log.000@${last.start}`)).equals(flipped.subarray(last.start))).toBe(true)
    expect((await read(folder)).reader.recovery).toBeUndefined()
  })

  it('in the middle stays known after a reopening, and the chain goes on over it', async () => {
    const { folder, path, log, records } = sample(2)
    const flipped = Buffer.from(log)
    flipped[records[3]!.start + 30]! ^= 4
    writeFileSync(path, flipped)
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0.2.0' })
    recorder.close()
    const { reader } = await read(folder)
    expect(reader.recovery).toMatchObject({ damagedRecords: 1, droppedBytes: 0 })
  })

  it('in an unsealed stretch that was written on over is counted once', async () => {
    const { folder, path, log, records } = sample(2)
    // Cut before the last seal and damage a record that no seal covers yet.
    const seals = records.filter(({ event }) => event.kind === 'seal')
    const cut = Buffer.from(log.subarray(0, seals.at(-1)!.start))
    const victim = records[records.indexOf(seals.at(-2)!) + 1]!
    cut[victim.start + 30]! ^= 1
    writeFileSync(path, cut)
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0.2.0' })
    recorder.close()
    expect((await read(folder)).reader.recovery).toMatchObject({ damagedRecords: 1, droppedBytes: 0 })
  })
})

describe('the chain', () => {
  it('is what its description says', () => {
    const { log, records } = sample(4)
    let chain = '0'.repeat(64)
    let from = 0
    let seals = 0
    for (const [i, { start, event }] of records.entries()) {
      if (event.kind !== 'seal')
        continue
      chain = createHash('sha256').update(Buffer.from(chain, 'hex')).update(log.subarray(from, start)).digest('hex')
      expect(event.chain).toBe(chain)
      expect(event.count).toBe(i)
      from = start
      seals++
    }
    // One as each second passes, and the last.
    expect(seals).toBe(4)
    expect(records.at(-1)!.event).toMatchObject({ kind: 'seal', final: true })
    expect(records.at(-2)!.event).toMatchObject({ kind: 'session.ended', reason: 'closed' })
  })

  const joined = (records: ParsedRecord[], log: Buffer): Buffer => Buffer.concat(records.map(({ start, end }) => log.subarray(start, end)))

  it('tells a removed record, whichever it is', async () => {
    const { folder, path, log, records } = sample(3)
    for (const gone of records.slice(0, -1)) {
      writeFileSync(path, joined(records.filter(record => record !== gone), log))
      const { reader, events } = await read(folder)
      expect(reader.recovery, gone.event.kind).toMatchObject({ damagedRecords: 1, droppedBytes: 0 })
      expect(reader.recovery!.message).toContain('removed')
      expect(events).toHaveLength(records.length - 1)
    }
  })

  it('tells an inserted record', async () => {
    const { folder, path, log, records } = sample(3)
    const copies = records.flatMap((record, i) => i === 4 ? [record, record] : [record])
    writeFileSync(path, joined(copies, log))
    const { reader } = await read(folder)
    expect(reader.recovery).toMatchObject({ damagedRecords: 1 })
    expect(reader.recovery!.message).toContain('inserted')
  })

  it('tells two records that changed places, and one rewritten with a right checksum', async () => {
    const { folder, path, log, records } = sample(3)
    const swapped = records.map((record, i) => i === 2 ? records[3]! : i === 3 ? records[2]! : record)
    writeFileSync(path, joined(swapped, log))
    expect((await read(folder)).reader.recovery?.message).toContain('changed or moved')

    const victim = records.find(({ event }) => event.kind === 'trial')!
    const rewritten = forge(JSON.stringify({ ...victim.event, correct: true }))
    writeFileSync(path, Buffer.concat([log.subarray(0, victim.start), rewritten, log.subarray(victim.end)]))
    expect((await read(folder)).reader.recovery).toMatchObject({ damagedRecords: 1, droppedBytes: 0 })
  })
})

describe('a rotated log', () => {
  function rotated(): { folder: string, events: number } {
    const folder = join(temporaryFolder(), 'rotated.session')
    const recorder = SessionRecorder.create({ folder, title: 'Long', operators: [], appVersion: '0', rootSeed: 1, rotateAt: 2000 })
    for (let n = 0; n < 100; n++)
      recorder.append({ kind: 'instrument', what: 'engine-lost', message: `${n}` }, n)
    recorder.close()
    return { folder, events: recorder.events }
  }
  const files = (folder: string): string[] => readdirSync(folder).filter(name => name.startsWith('log.')).sort()

  it('is one log in several files, none above the limit', async () => {
    const { folder, events } = rotated()
    expect(files(folder).length).toBeGreaterThan(5)
    for (const name of files(folder))
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(2000)
    const { reader } = await read(folder)
    expect(reader.recovery).toBeUndefined()
    expect(reader.tables.instrument.map(({ message }) => Number(message))).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect(reader.tables.events).toBe(events)
  })

  it('is written on in its last file', async () => {
    const { folder } = rotated()
    const last = files(folder).at(-1)!
    truncateSync(join(folder, last), statSync(join(folder, last)).size - 3)
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0', rotateAt: 2000 })
    for (let n = 100; n < 130; n++)
      recorder.append({ kind: 'instrument', what: 'engine-lost', message: `${n}` }, n)
    recorder.close()
    const { reader } = await read(folder)
    expect(reader.recovery).toBeUndefined()
    expect(reader.tables.instrument).toHaveLength(130)
  })

  it('opens without one of its files, and says which', async () => {
    const { folder } = rotated()
    const lost = parseLog(readFileSync(join(folder, 'log.002'))).length
    unlinkSync(join(folder, 'log.002'))
    const { reader } = await read(folder)
    expect(reader.recovery).toMatchObject({ damagedRecords: lost, droppedBytes: 0 })
    expect(reader.recovery!.message).toContain('log.002 is missing')
  })

  it('loses one record to damage at the end of a file that others follow', async () => {
    const { folder } = rotated()
    const path = join(folder, 'log.001')
    truncateSync(path, statSync(path).size - 5)
    const { reader } = await read(folder)
    expect(reader.recovery).toMatchObject({ damagedRecords: 1, droppedBytes: 0 })
    expect(reader.tables.instrument).toHaveLength(99)
  })
})
