/** Clocks that jump: what a session, its states and its exports say when the wall clock is set while it is recorded, and when the machine sleeps. */
import type { EventBody, SessionEvent } from '../../preload/contract/session'
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { McapStreamReader } from '@mcap/core'
import h5wasm from 'h5wasm/node'
import { describe, expect, it } from 'vitest'
import { addAnnotation } from '../../main/session/annotations'
import { exportSession } from '../../main/session/exports/exports'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { create, off, parseLog, START, StillTime, stimulation, temporaryFolder, trial, view } from './support'

const HOUR = 3_600_000

/** Twelve seconds of trials; between them happens what `meanwhile` does. */
function record(meanwhile: (n: number, time: StillTime) => void): string {
  const folder = join(temporaryFolder(), 'jumpy.session')
  const time = new StillTime()
  const recorder = create(folder, { time })
  const pass = (ms: number): void => {
    for (; ms > 0; ms -= 200) {
      time.pass(Math.min(ms, 200))
      time.tick()
    }
  }
  for (let n = 1; n <= 12; n++) {
    meanwhile(n, time)
    for (const body of [stimulation(n), trial(n), off(n)]) {
      recorder.append(body as EventBody, n)
      pass(200)
    }
    pass(400)
  }
  recorder.close()
  return folder
}

const logged = (folder: string): SessionEvent[] => parseLog(readFileSync(join(folder, 'log.000'))).map(({ event }) => event)
const ofTrials = (event: SessionEvent): boolean => event.kind === 'stimulation' || event.kind === 'trial' || event.kind === 'stimulation.off'
const clockNotes = (session: SessionReader): { t: number, message: string }[] => session.tables.instrument.map(({ t, message }) => ({ t, message }))

describe('a wall clock that is set by hours while recording', () => {
  const set = (n: number, time: StillTime): void => {
    time.set = n < 4 ? 0 : n < 8 ? -5 * HOUR : 3 * HOUR
  }

  it('moves no event; when it was set, and by how much, is recorded', async () => {
    const [plain, folder] = [record(() => {}), record(set)]
    const events = logged(folder)
    expect(events.filter(ofTrials).map(({ t, step, kind }) => ({ t, step, kind }))).toEqual(logged(plain).filter(ofTrials).map(({ t, step, kind }) => ({ t, step, kind })))
    expect(events.map(({ t }) => t)).toEqual(events.map(({ t }) => t).toSorted((a, b) => a - b))
    const ids = events.filter(({ kind }) => kind !== 'session.started').map(({ id }) => id)
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)

    const session = await SessionReader.open(folder)
    expect(session.recovery).toBeUndefined()
    expect(session.head.started.startedAt).toBe(new Date(START).toISOString())
    expect(session.head.duration).toBe((await SessionReader.open(plain)).head.duration)
    expect(clockNotes(session).map(({ message }) => message)).toEqual([expect.stringMatching(/^The wall clock was set back by 5 h\./), expect.stringMatching(/^The wall clock moved 8 h ahead:/)])
    expect(clockNotes(session).map(({ t }) => Math.round(t / 1e9))).toEqual([3, 7])
    expect((await SessionReader.open(plain)).tables.instrument).toEqual([])
    expect(session.stateAt(7.3e9)).toMatchObject({ trial: { focus: 8 }, stimulation: { step: 8 } })
  })

  it('moves nothing in an export', async () => {
    const folders = [record(() => {}), record(set)]
    const exported = await Promise.all(folders.map(async (folder) => {
      const session = await SessionReader.open(folder)
      const to = async (format: 'csv' | 'mcap' | 'bids' | 'nwb' | 'jsonl') => (await exportSession(session, format, join(temporaryFolder(), 'out'), { appVersion: '0', now: new Date(0) })).out
      const csv = await to('csv')
      const ieeg = join(await to('bids'), 'sub-primary', 'ieeg', 'sub-primary_task-task')
      return {
        tables: ['trials', 'stimulations'].map(name => readFileSync(join(csv, `${name}.csv`), 'utf8')),
        events: readFileSync(`${ieeg}_events.tsv`, 'utf8'),
        samples: readFileSync(`${ieeg}_ieeg.eeg`).toString('hex'),
        mcap: mcapTimes(await to('mcap')),
        nwb: await nwbTimes(await to('nwb')),
        lines: readFileSync(await to('jsonl'), 'utf8').trim().split('\n').map(line => JSON.parse(line) as SessionEvent).filter(ofTrials).map(({ t }) => t),
      }
    }))
    expect(exported[0]!.lines).toHaveLength(36)
    expect(exported[0]!.nwb).toHaveLength(12)
    expect(exported[0]!.mcap[3]).toBe(BigInt(START) * 1_000_000n + 1_000_000_000n)
    expect(exported[1]).toEqual(exported[0])
  })

  it('by less than clocks are corrected by is not spoken of', async () => {
    const session = await SessionReader.open(record((n, time) => {
      time.set = 400 * (n % 2)
    }))
    expect(session.tables.instrument).toEqual([])
  })

  it('back before the session is reopened leaves its own time going on, and its ids distinct', async () => {
    const folder = record(() => {})
    const before = logged(folder)
    const time = new StillTime()
    time.set = -30 * HOUR
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0', time })
    addAnnotation(recorder, { tier: 'notes', text: 'later', sites: [], trials: [] }, 'A. Operator', 1)
    // A visit is no recording: what the clocks do meanwhile is nobody's business.
    time.set = 0
    time.pass(200)
    time.tick()
    recorder.close()
    const after = logged(folder)
    expect(after.every(({ t }, i) => i === 0 || t >= after[i - 1]!.t)).toBe(true)
    expect(new Set(after.map(({ id }) => id)).size).toBe(after.length)
    expect(after.slice(before.length).map(({ kind }) => kind)).toEqual(['session.reopened', 'annotation', 'session.ended', 'seal'])
    const session = await SessionReader.open(folder)
    expect(session.recovery).toBeUndefined()
    expect(session.head.duration).toBe(before.at(-1)!.t)
    expect(session.head.started.startedAt).toBe(new Date(START).toISOString())
  })
})

describe('a machine that sleeps while recording', () => {
  it('with a clock that counts no sleep loses no time, and the recording says that it slept', async () => {
    const session = await SessionReader.open(record((n, time) => {
      time.set = n < 6 ? 0 : 7.5 * HOUR
    }))
    expect(clockNotes(session).map(({ message }) => message)).toEqual(['The wall clock moved 7 h 30 min ahead: the machine slept, or its clock was set. The session\'s own times count none of it.'])
    expect(session.head.duration / 1e9).toBeCloseTo(12, 6)
  })

  it('with a clock that counts it leaves a gap: the state stands still in it, and its first event afterwards is sealed', async () => {
    const folder = record((n, time) => {
      if (n === 6)
        time.pass(2 * HOUR)
    })
    const session = await SessionReader.open(folder)
    expect(session.recovery).toBeUndefined()
    expect(session.head.duration / 1e9).toBeCloseTo(7212, 3)
    expect(clockNotes(session)).toEqual([{ t: expect.any(Number), message: 'Nothing ran for 2 h: the machine slept, or the program was stopped.' }])
    expect(session.stateAt(3600e9)).toMatchObject({ trial: { focus: 5 } })
    expect(session.stateAt(3600e9).stimulation).toBeUndefined()
    expect(session.stateAt(7206e9)).toMatchObject({ trial: { focus: 6 } })
    const events = logged(folder)
    const woke = events.findIndex(({ kind, step }) => kind === 'stimulation' && step === 6)
    expect(events[woke]!.t).toBe(7205e9)
    // What lay unsealed when it fell asleep is sealed and framed before anything else is written.
    expect(events.slice(woke - 2, woke).map(({ kind }) => kind)).toEqual(['keyframe', 'seal'])
    const bids = (await exportSession(session, 'bids', join(temporaryFolder(), 'out'), { appVersion: '0', now: new Date(0) })).out
    expect(readFileSync(join(bids, 'sub-primary/ieeg/sub-primary_task-task_events.tsv'), 'utf8').split('\n')[6]).toMatch(/^7205\.000000000\t0\.400000000\t/)
  })

  it('or is too busy to look says nothing of the kind while it records', async () => {
    const folder = join(temporaryFolder(), 'busy.session')
    const time = new StillTime()
    const recorder = create(folder, { time })
    for (let n = 0; n < 200; n++) {
      recorder.append(view(n), 0)
      time.pass(100)
    }
    time.tick()
    recorder.close()
    expect((await SessionReader.open(folder)).tables.instrument).toEqual([])
  })
})

function mcapTimes(path: string): bigint[] {
  const reader = new McapStreamReader({ decompressHandlers: { zstd: (bytes: Uint8Array) => zlib.zstdDecompressSync(bytes) } })
  reader.append(readFileSync(path))
  const times: bigint[] = []
  for (let record = reader.nextRecord(); record !== undefined; record = reader.nextRecord()) {
    if (record.type === 'Message' && ofTrials(JSON.parse(Buffer.from(record.data).toString()) as SessionEvent))
      times.push(record.logTime)
  }
  return times
}

async function nwbTimes(path: string): Promise<number[]> {
  await h5wasm.ready
  const file = new h5wasm.File(path, 'r')
  try {
    return [...(file.get('intervals/trials/start_time') as { value: Float64Array }).value]
  }
  finally {
    file.close()
  }
}
