import type { EventOf, SessionEvent } from '../../preload/contract/session'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addAnnotation, changeAnnotations } from '../../main/session/annotations'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { eventSchema } from '../../preload/contract/session'
import { create, off, parseLog, START, StillTime, stimulation, tag, temporaryFolder, trial, ulidOf, view, writeSample } from './support'

function folderOf(name = 'a.session'): string {
  return join(temporaryFolder(), name)
}

function logged(folder: string): SessionEvent[] {
  return parseLog(readFileSync(join(folder, 'log.000'))).map(({ event }) => event)
}

describe('recording', () => {
  it('puts an event on disk before append returns, once and whole', () => {
    const folder = folderOf()
    const time = new StillTime()
    const recorder = create(folder, { time })
    time.pass(1.5)
    const event = recorder.append(stimulation(1), 2000)
    expect(event).toEqual({ id: expect.stringMatching(/^[0-9A-Z]{26}$/), t: 1_500_000, step: 2000, ...stimulation(1) })
    expect(logged(folder).at(-1)).toEqual(event)
    expect(recorder.events).toBe(2)
    recorder.close()
  })

  it('writes only events of the contract', () => {
    const folder = folderOf()
    for (const event of writeSample(folder, 7))
      expect(eventSchema.safeParse(event).error, event.kind).toBeUndefined()
  })

  it('opens without its manifest, and without its first event', async () => {
    const folder = folderOf()
    writeSample(folder)
    const path = join(folder, 'manifest.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    expect(manifest).toMatchObject({ format: 'symbiote-session/1', title: 'Ward round 3', operators: ['A. Operator'], startedAt: new Date(START).toISOString(), appVersion: '0.1.0', rootSeed: 7 })
    const whole = (await SessionReader.open(folder)).tables.started
    writeFileSync(path, '{')
    expect((await SessionReader.open(folder)).tables.started).toEqual(whole)

    writeFileSync(path, JSON.stringify(manifest))
    const log = readFileSync(join(folder, 'log.000'))
    log[50]! ^= 1
    writeFileSync(join(folder, 'log.000'), log)
    const reader = await SessionReader.open(folder)
    expect(reader.tables.started).toEqual(whole)
    expect(reader.recovery?.message).toContain('manifest.json')

    // Both gone: what was recorded is still readable, under the folder's name.
    rmSync(path)
    const guessed = await SessionReader.open(folder)
    expect(guessed.tables.started).toMatchObject({ title: 'a', operators: [], startedAt: new Date(START).toISOString() })
    expect(guessed.tables.trials).toEqual(reader.tables.trials)
  })

  it('orders ids and carries the wall clock in them', () => {
    const folder = folderOf()
    const time = new StillTime()
    const recorder = create(folder, { time })
    const ids = Array.from({ length: 50 }, () => {
      time.pass(0.4)
      return recorder.append(view(1), 0).id
    })
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(50)
    recorder.close()
  })

  it('never lets time go back', () => {
    const time = new StillTime()
    const recorder = create(folderOf(), { time })
    time.pass(10)
    const first = recorder.append(view(1), 0)
    time.pass(-5)
    expect(recorder.append(view(2), 0).t).toBe(first.t)
    recorder.close()
  })

  it('refuses events once closed, and may be closed twice', () => {
    const recorder = create(folderOf())
    recorder.close()
    recorder.close()
    expect(recorder.closed).toBe(true)
    expect(() => recorder.append(view(1), 0)).toThrow('closed')
  })
})

describe('keeping the books', () => {
  const gaps = (events: SessionEvent[], kind: SessionEvent['kind']): number[] => {
    const times = [0, ...events.filter(event => event.kind === kind).map(({ t }) => t)]
    return times.slice(1).map((t, i) => (t - times[i]!) / 1e9)
  }

  it('seals at least every second and keeps a frame at least every 5 s, with a timer or without', () => {
    for (const ticks of [true, false]) {
      const folder = folderOf()
      const time = new StillTime()
      const recorder = create(folder, { time })
      for (let ms = 0; ms < 21_000; ms += 40) {
        recorder.append(view(ms), 0)
        time.pass(40)
        if (ticks && ms % 200 === 0)
          time.tick()
      }
      recorder.close()
      const events = logged(folder)
      expect(gaps(events, 'seal').length).toBeGreaterThanOrEqual(20)
      expect(Math.max(...gaps(events, 'seal'))).toBeLessThanOrEqual(1.04)
      expect(gaps(events, 'keyframe').length).toBeGreaterThanOrEqual(4)
      expect(Math.max(...gaps(events, 'keyframe'))).toBeLessThanOrEqual(5.04)
    }
  })

  it('keeps a frame after 2,000 events', () => {
    const folder = folderOf()
    const recorder = create(folder, { time: new StillTime() })
    for (let n = 0; n < 4500; n++)
      recorder.append(view(n), 0)
    recorder.close()
    const frames = logged(folder).flatMap(({ kind }, i) => kind === 'keyframe' ? [i] : [])
    expect(frames).toHaveLength(2)
    expect(frames[1]! - frames[0]!).toBe(2001)
  })

  it('adds nothing while nothing happens', () => {
    const folder = folderOf()
    const time = new StillTime()
    const recorder = create(folder, { time })
    recorder.append(view(1), 0)
    for (let n = 0; n < 100; n++) {
      time.pass(200)
      time.tick()
    }
    const settled = readFileSync(join(folder, 'log.000')).length
    for (let n = 0; n < 100; n++) {
      time.pass(200)
      time.tick()
    }
    expect(readFileSync(join(folder, 'log.000')).length).toBe(settled)
    recorder.close()
    expect(time.timers).toBe(0)
  })

  it('knows how long ago the oldest unsaved event was written', async () => {
    const folder = folderOf()
    const time = new StillTime()
    const recorder = create(folder, { time })
    expect(recorder.savedAgo).toBe(0)
    recorder.append(view(1), 0)
    time.pass(120)
    expect(recorder.savedAgo).toBeCloseTo(120, 6)
    time.tick()
    await expect.poll(() => recorder.savedAgo, { timeout: 5000 }).toBe(0)

    // A process too busy to run its timer asks for the same while it appends.
    recorder.append(view(2), 0)
    time.pass(251)
    recorder.append(view(3), 0)
    await expect.poll(() => recorder.savedAgo, { timeout: 5000 }).toBe(0)

    // With blobs to save first it waits for both.
    recorder.blobs.put(new Uint8Array(10))
    recorder.append(view(4), 0)
    time.pass(251)
    recorder.append(view(5), 0)
    expect(recorder.savedAgo).toBe(0)
    recorder.close()
    expect(recorder.info).toMatchObject({ path: folder, title: 'Ward round 3', events: 7, savedAgo: 0 })
  })

  it('saves by its own timer', async () => {
    const recorder = create(folderOf())
    recorder.append(view(1), 0)
    expect(recorder.savedAgo).toBeGreaterThan(0)
    await expect.poll(() => recorder.savedAgo, { timeout: 5000 }).toBe(0)
    recorder.close()
  })
})

describe('reopening', () => {
  it('goes on after the last event, in both clocks and in the chain', async () => {
    const folder = folderOf()
    const before = writeSample(folder)
    const time = new StillTime()
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0.2.0', time })
    time.pass(3)
    const added = recorder.append(tag(1, 'corrected', { supersedes: recorder.tags.last(tag(1, '').tag)!.id }), 6)
    expect(added.t).toBe(before.at(-1)!.t + 1 + 3_000_000)
    recorder.close()

    const after = logged(folder)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.slice(before.length).map(({ kind }) => kind)).toEqual(['session.reopened', 'tag', 'session.ended', 'seal'])
    const reader = await SessionReader.open(folder)
    expect(reader.recovery).toBeUndefined()
    expect(reader.tables.tags[0]).toEqual(added)
    // What was added later does not make the recording longer.
    expect(reader.tables.duration).toBe(before.at(-1)!.t)
    expect(reader.tables.ended).toEqual(before.at(-2))
    expect(reader.tables.events).toBe(recorder.events)
  })

  it('says of a recording that never ended that it crashed, with all it knew', async () => {
    const folder = folderOf()
    const recorder = create(folder, { time: new StillTime() })
    recorder.append(stimulation(1), 5)
    recorder.append(tag(1, 'arrest'), 5)
    recorder.abandon()
    expect((await SessionReader.open(folder)).summary.state).toBe('unclosed')

    const again = await SessionRecorder.reopen(folder, { appVersion: '0.2.0', time: new StillTime() })
    expect(again.state.tags.map(({ text }) => text)).toEqual(['arrest'])
    expect(again.state.stimulation).toBeUndefined()
    again.close()
    const { tables, summary } = await SessionReader.open(folder)
    expect(tables.ended).toMatchObject({ reason: 'crash', step: 5 })
    expect(tables.duration).toBe(0)
    expect(summary.state).toBe('closed')
    expect(existsSync(join(folder, 'recovered'))).toBe(false)
  })

  it('says recovered where something had to be left out', async () => {
    const folder = folderOf()
    const recorder = create(folder)
    recorder.append(stimulation(1), 5)
    recorder.abandon()
    const log = readFileSync(join(folder, 'log.000'))
    writeFileSync(join(folder, 'log.000'), log.subarray(0, -4))
    ;(await SessionRecorder.reopen(folder, { appVersion: '0' })).close()
    expect((await SessionReader.open(folder)).tables.ended?.reason).toBe('recovered')
  })
})

describe('annotations', () => {
  const note = { tier: 'notes', text: 'slow but right', sites: ['layers.0.unit[3]'], trials: [] }
  const remove = (recorder: SessionRecorder, annotation: string): EventOf<'annotation'> => changeAnnotations(recorder, [{ annotation, change: { removed: true } }], 'C. Rater', 4)[0]!

  it('are added, changed, removed and brought back as events; the table has the last word', async () => {
    const folder = folderOf()
    const time = new StillTime()
    const recorder = create(folder, { time })
    time.pass(500)
    const added = addAnnotation(recorder, note, 'A. Operator', 4)
    expect(added).toMatchObject({ from: { t: 500e6, step: 4 }, to: { t: 500e6, step: 4 }, author: 'A. Operator', removed: false })
    const range = addAnnotation(recorder, { ...note, from: { t: 400e6, step: 4 }, to: { t: 100e6, step: 2 } }, 'B. Rater', 4)
    expect([range.from, range.to]).toEqual([{ t: 100e6, step: 2 }, { t: 400e6, step: 4 }])

    const changed = changeAnnotations(recorder, [{ annotation: added.annotation, change: { text: 'arrest' } }], 'B. Rater', 4)[0]!
    expect(changed).toMatchObject({ annotation: added.annotation, supersedes: added.id, text: 'arrest', from: added.from, sites: note.sites, author: 'B. Rater' })
    const removed = remove(recorder, added.annotation)
    expect(removed.supersedes).toBe(changed.id)
    expect(recorder.annotations.present()).toEqual([range])
    const [restored] = changeAnnotations(recorder, [{ annotation: added.annotation, change: { removed: false } }], 'C. Rater', 4)
    expect(restored).toMatchObject({ supersedes: removed.id, text: 'arrest', removed: false, author: 'B. Rater' })
    remove(recorder, range.annotation)
    recorder.close()

    expect((await SessionReader.open(folder)).tables.annotations).toEqual([restored])
    expect(logged(folder).filter(({ kind }) => kind === 'annotation')).toHaveLength(6)
    expect(() => remove(recorder, ulidOf(9))).toThrow(expect.objectContaining({ code: 'annotation-unknown', path: folder }))
  })

  it('of a closed session are corrected after reopening, by the id they had', async () => {
    const folder = folderOf()
    const recorder = create(folder)
    const { annotation } = addAnnotation(recorder, note, 'A. Operator', 0)
    recorder.close()
    const reader = await SessionReader.open(folder)
    const again = await SessionRecorder.reopen(folder, { appVersion: '0' })
    const [changed] = changeAnnotations(again, [{ annotation, change: { text: 'other' } }], 'A. Operator', 0)
    expect(changed).toBeDefined()
    reader.apply(changed!)
    expect(reader.tables.annotations).toEqual([changed])
    again.close()
    expect((await SessionReader.open(folder)).tables.annotations).toEqual([changed])
  })
})

describe('blobs', () => {
  it('come back by their hash, are kept once, and are checked', async () => {
    const folder = folderOf()
    const recorder = create(folder)
    const values = new Float32Array([1.5, -0, Number.NaN])
    const bytes = new Uint8Array(values.buffer)
    const hash = recorder.blobs.put(bytes)
    // SHA-256 of "abc" as FIPS 180-2 prints it.
    expect(recorder.blobs.put(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    recorder.append({ ...trial(1), outputs: hash } as ReturnType<typeof trial>, 0)
    recorder.append(off(1), 0)
    recorder.close()

    const reader = await SessionReader.open(folder)
    const back = new Float32Array(reader.blob(reader.tables.trials[0]!.outputs).buffer)
    expect(new Uint8Array(back.buffer)).toEqual(bytes)

    const path = join(folder, 'blobs', hash.slice(0, 2), hash)
    const damaged = readFileSync(path)
    damaged[3]! ^= 1
    writeFileSync(path, damaged)
    expect(() => reader.blob(hash)).toThrow(expect.objectContaining({ code: 'blob-damaged', path }))
    expect(() => reader.blob('0'.repeat(64))).toThrow(expect.objectContaining({ code: 'blob-missing' }))
    expect(() => reader.blob('../../../../../../etc/passwd')).toThrow(expect.objectContaining({ code: 'blob-missing' }))
  })

  it('are written again where a power cut left half of one', async () => {
    const folder = folderOf()
    const recorder = create(folder)
    const hash = recorder.blobs.put(new Uint8Array(100))
    recorder.close()
    writeFileSync(join(folder, 'blobs', hash.slice(0, 2), hash), new Uint8Array(40))
    const again = await SessionRecorder.reopen(folder, { appVersion: '0' })
    again.blobs.put(new Uint8Array(100))
    again.close()
    expect((await SessionReader.open(folder)).blob(hash)).toEqual(new Uint8Array(100))
  })
})
