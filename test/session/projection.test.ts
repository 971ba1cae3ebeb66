import type { EventBody, SessionEvent, SessionState } from '../../preload/contract/session'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionReader } from '../../main/session/reader'
import { EMPTY_STATE, reduceState } from '../../main/session/state'
import { projectTables } from '../../main/session/tables'
import { create, find, gates, off, parseLog, StillTime, stimulation, tag, temporaryFolder, trial, ulidOf, view } from './support'

let next = 0
function event(body: EventBody, t = next): SessionEvent {
  return { id: ulidOf(500_000 + next++), t, step: 0, ...body } as SessionEvent
}

const started = (): SessionEvent => event({ kind: 'session.started', format: 'symbiote-session/1', appVersion: '0', title: 'x', operators: [], startedAt: '2026-11-22T09:30:00.000Z', rootSeed: 0 })

describe('tables', () => {
  it('have the last word on every thing, and nothing that was removed', () => {
    const first = event(tag(1, 'a'))
    const second = event(tag(2, 'b'))
    const corrected = event(tag(1, 'a, corrected', { supersedes: first.id }))
    const removed = event(tag(2, 'b', { supersedes: second.id, removed: true }))
    expect(projectTables([started(), first, second, corrected, removed]).tags).toEqual([corrected])
    const restored = event(tag(2, 'b', { supersedes: removed.id }))
    expect(projectTables([started(), first, second, corrected, removed, restored]).tags).toEqual([corrected, restored])
  })

  it('lose a thing to another that supersedes it', () => {
    const first = event(tag(1, 'a'))
    const other = event(tag(3, 'moved', { supersedes: first.id }))
    expect(projectTables([started(), first, other]).tags).toEqual([other])
  })

  it('still have the last word where a correction in between was lost', () => {
    const first = event(tag(1, 'a'))
    const lost = event(tag(1, 'b', { supersedes: first.id }))
    const last = event(tag(1, 'c', { supersedes: lost.id }))
    expect(projectTables([started(), first, last]).tags).toEqual([last])
  })

  it('pair a stimulation with its end', () => {
    const one = event(stimulation(1))
    const two = event(stimulation(2))
    const end = event(off(1))
    expect(projectTables([started(), one, two, end, event(off(7))]).stimulations).toEqual([{ event: one, off: end }, { event: two }])
  })

  it('count events, not the log\'s own records', () => {
    const seal = event({ kind: 'seal', count: 1, chain: 'ab'.repeat(32), synced: 0, final: false })
    const frame = event({ kind: 'keyframe', state: EMPTY_STATE })
    const tables = projectTables([started(), event(trial(1)), seal, frame, event(view(1), 9e9)])
    expect(tables.events).toBe(3)
    expect(tables.duration).toBe(9e9)
    expect(tables.trials).toHaveLength(1)
  })

  it('pass over kinds that a later writer may add', () => {
    const unknown = { id: ulidOf(1), t: 5, step: 0, kind: 'hologram' } as unknown as SessionEvent
    expect(projectTables([started(), unknown]).events).toBe(2)
    expect(reduceState(EMPTY_STATE, unknown)).toBe(EMPTY_STATE)
  })
})

describe('the state', () => {
  it('holds what is on, and what was last seen', () => {
    const on = event(stimulation(1))
    const seen = event(trial(1))
    const state = [on, seen, event(tag(2, 'b')), event(tag(1, 'a'))].reduce(reduceState, EMPTY_STATE)
    expect(state).toMatchObject({ stimulation: on, trial: seen })
    expect(state.tags.map(({ number }) => number)).toEqual([1, 2])
    expect(reduceState(state, event(off(2)))).toBe(state)
    expect('stimulation' in reduceState(state, event(off(1)))).toBe(false)
    expect('stimulation' in reduceState(state, event({ kind: 'session.ended', reason: 'closed' }))).toBe(false)
    expect(EMPTY_STATE).toEqual({ tags: [] })
  })
})

/** The same by definition: look at everything up to the moment and take the last of each. */
function stateByScan(events: SessionEvent[], t: number): SessionState {
  const before = events.filter(e => e.t <= t)
  const last = <K extends SessionEvent['kind']>(kind: K) => before.findLast(e => e.kind === kind) as Extract<SessionEvent, { kind: K }> | undefined
  const on = last('stimulation')
  const ended = on !== undefined && before.slice(before.indexOf(on)).some(e => e.kind === 'session.ended' || (e.kind === 'stimulation.off' && e.stimulation === on.stimulation))
  const numbers = new Set(before.flatMap(e => e.kind === 'tag' ? [e.number] : []))
  const tags = [...numbers].sort((a, b) => a - b).flatMap(n => before.findLast(e => e.kind === 'tag' && e.number === n) as Extract<SessionEvent, { kind: 'tag' }>).filter(({ removed }) => !removed)
  const [seen, looked, trained, found, gates] = [last('trial'), last('view'), last('training'), last('symbiote'), last('symbiote.gates')]
  return { ...(on && !ended ? { stimulation: on } : {}), ...(seen ? { trial: seen } : {}), ...(looked ? { view: looked } : {}), ...(trained ? { training: trained } : {}), ...(found ? { symbiote: found } : {}), ...(gates ? { gates } : {}), tags }
}

describe('seeking through keyframes', () => {
  const small = fc.integer({ min: 1, max: 5 })
  const body: fc.Arbitrary<EventBody> = fc.oneof(
    small.map(stimulation),
    small.map(off),
    small.map(trial),
    fc.tuple(small, fc.string(), fc.boolean()).map(([n, text, removed]) => tag(n, text, { removed })),
    small.map(view),
    small.map(n => find(n, n % 2 ? 'running' : 'cancelled')),
    small.map(gates),
    fc.record({ kind: fc.constant('training' as const), run: fc.constant(ulidOf(3)), state: fc.constant('progress' as const), step: fc.nat(), loss: fc.constantFrom(0.5, Number.NaN, Infinity) }),
  )
  const passage = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }) }, { weight: 1, arbitrary: fc.integer({ min: 3000, max: 12_000 }) })

  it('gives the same state as reading everything, at every moment', async () => {
    let keyframes = 0
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(body, passage), { minLength: 30, maxLength: 90 }), fc.constantFrom(700, 256e6), async (steps, rotateAt) => {
      const folder = join(temporaryFolder(), 'seek.session')
      const time = new StillTime()
      const recorder = create(folder, { time, rotateAt })
      for (const [what, ms] of steps) {
        recorder.append(what, 0)
        time.pass(ms)
        if (ms % 3 === 0)
          time.tick()
      }
      recorder.close()
      const reader = await SessionReader.open(folder)
      expect(reader.recovery).toBeUndefined()
      const events = [...reader.events()]
      keyframes += events.filter(({ kind }) => kind === 'keyframe').length
      const moments = new Set(events.flatMap(({ t }) => [t - 1, t, t + 1]))
      // Backwards and forwards, because the stretch last read is kept.
      for (const t of [...moments, ...[...moments].reverse()])
        expect(reader.stateAt(t)).toEqual(stateByScan(events, t))
    }), { numRuns: 40 })
    expect(keyframes).toBeGreaterThan(40)
  }, 60_000)

  it('survives a damaged keyframe by using the one before', async () => {
    const folder = join(temporaryFolder(), 'frames.session')
    const time = new StillTime()
    const recorder = create(folder, { time })
    for (let n = 1; n <= 60; n++) {
      recorder.append(n % 2 ? stimulation(n) : off(n - 1), 0)
      time.pass(300)
    }
    recorder.close()
    const log = readFileSync(join(folder, 'log.000'))
    const frames = parseLog(log).filter(({ event: e }) => e.kind === 'keyframe')
    expect(frames.length).toBeGreaterThan(2)
    log[frames[1]!.start + 40]! ^= 1
    writeFileSync(join(folder, 'log.000'), log)
    const reader = await SessionReader.open(folder)
    const events = [...reader.events()]
    for (const { t } of events)
      expect(reader.stateAt(t)).toEqual(stateByScan(events, t))
  })
})
