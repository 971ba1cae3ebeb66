/**
 * The chain of versions, proved on the kept session of version 1 as if two versions had followed: the two steps are made up here, the
 * reading is the real one. With none of them it reads as it always did: `versions.test.ts`.
 */
import type { RawEvent, Step } from '../../main/session/migrations/steps'
import type { EventBody, SessionEvent } from '../../preload/contract/session'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { indexPath } from '../../main/session/index/sessionIndex'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { recoverSession } from '../../main/session/recover'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { create, forge, parseLog, tag, temporaryFolder, trial } from './support'

vi.mock('../../preload/contract/session', async original => ({ ...await original<object>(), SESSION_FORMAT: 'symbiote-session/3' }))

vi.mock('../../main/session/migrations/steps', () => {
  const steps: Step[] = [
    {
      event: (event: RawEvent) => {
        switch (event.kind) {
          case 'trial': return { ...event, margin: 10 * (event.margin as number) }
          case 'tag': return { ...event, text: (event.text as string).toUpperCase() }
          case 'training': return { ...event, kind: 'learning' }
          default: return event
        }
      },
      head: head => ({ ...head, title: `${String(head.title)} read as 2` }),
    },
    {
      event: (event: RawEvent) => {
        switch (event.kind) {
          case 'trial': return { ...event, margin: 1 + (event.margin as number) }
          case 'learning': return { id: event.id, t: event.t, step: event.step, kind: 'instrument', what: 'clock', message: `loss ${String(event.loss)}` }
          default: return event
        }
      },
    },
  ]
  return { STEPS: steps }
})

function copy(): string {
  const folder = join(temporaryFolder(), 'version-1.session')
  cpSync(join(import.meta.dirname, '../fixtures/sessions/version-1.session'), folder, { recursive: true })
  return folder
}

const logged = (folder: string): SessionEvent[] => parseLog(readFileSync(join(folder, 'log.000'))).map(({ event }) => event)
const margins = (events: Iterable<SessionEvent>): number[] => [...events].flatMap(event => event.kind === 'trial' ? [event.margin] : [])
const manifest = (folder: string): Record<string, unknown> => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, unknown>

describe('a session of version 1, read as version 3', () => {
  it('has every event through both steps, in order: in tables, columns, states, by place, and in keyframes', async () => {
    const folder = copy()
    const raw = margins(logged(folder))
    const now = raw.map(margin => 1 + 10 * margin)
    expect(raw).toHaveLength(4)
    for (const round of ['from the log', 'with an index made', 'from the index']) {
      const session = await SessionReader.begin(folder, { indexFrom: 0 })
      await session.whole()
      await session.indexed
      expect(session.recovery, round).toBeUndefined()
      expect(margins(session.events()), round).toEqual(now)
      expect([...(await session.page(0))!.columns.trialMargin], round).toEqual(now.map(Math.fround))
      expect(now.map((_, i) => session.event('trial', i)), round).toMatchObject(now.map(margin => ({ margin })))
      expect([...session.events('instrument')], round).toMatchObject([{ kind: 'instrument', message: expect.stringMatching(/^loss \d/) as string }])
      expect([...session.events('training')], round).toEqual([])
      expect((await session.page(0))!.columns.trainingTimes, round).toHaveLength(0)
      expect(session.head.instrument, round).toHaveLength(1)
      expect(session.head.tags, round).toMatchObject([{ text: 'ARREST, CORRECTED' }])
      // Before the only keyframe, and from it on.
      expect(session.stateAt(2e9), round).toMatchObject({ trial: { margin: now[1] } })
      expect(session.stateAt(5.1e9), round).toMatchObject({ trial: { margin: now[3] }, tags: [{ text: 'ARREST, CORRECTED' }] })
    }
    expect(existsSync(indexPath(folder))).toBe(true)
    // The log tells itself what it is; the manifest is asked where that is lost.
    expect((await SessionReader.open(folder)).head.started).toMatchObject({ title: 'Version 1', format: 'symbiote-session/1' })
  })

  it('has its head through the steps where the first event is lost', async () => {
    const folder = copy()
    const log = readFileSync(join(folder, 'log.000'))
    log[40]! ^= 1
    writeFileSync(join(folder, 'log.000'), log)
    const session = await SessionReader.open(folder)
    expect(session.head.started).toMatchObject({ title: 'Version 1 read as 2', format: 'symbiote-session/1' })
    expect(margins(session.events())).toEqual(margins(afterTheFirst(folder)).map(margin => 1 + 10 * margin))
  })

  it('is known by its first event where the manifest is lost', async () => {
    const folder = copy()
    rmSync(join(folder, 'manifest.json'))
    expect(margins((await SessionReader.open(folder)).events())).toEqual(margins(logged(folder)).map(margin => 1 + 10 * margin))
  })

  it('is gone on with in version 3: what was there stays as it is and is migrated, what is new is not, and the manifest says so first', async () => {
    const folder = copy()
    const before = readFileSync(join(folder, 'log.000'))
    const raw = margins(logged(folder))
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '3' })
    expect(recorder.state.trial?.margin).toBe(1 + 10 * raw[3]!)
    expect(manifest(folder)).toMatchObject({ format: 'symbiote-session/3', began: 'symbiote-session/1' })
    recorder.append({ ...trial(1), margin: 5 } as EventBody, 2000)
    recorder.append(tag(9, 'as written'), 2000)
    recorder.append({ kind: 'training', run: '0'.repeat(26), state: 'progress', step: 1, loss: 7 }, 2000)
    recorder.close()
    expect(readFileSync(join(folder, 'log.000')).subarray(0, before.length).equals(before)).toBe(true)
    expect(logged(folder).find(({ kind }) => kind === 'session.reopened')).toMatchObject({ format: SESSION_FORMAT })

    const says = async (): Promise<void> => {
      const session = await SessionReader.open(folder)
      expect(session.recovery).toBeUndefined()
      expect(margins(session.events())).toEqual([...raw.map(margin => 1 + 10 * margin), 5])
      expect(session.event('trial', 4)).toMatchObject({ margin: 5 })
      expect(session.head.tags.map(({ text }) => text)).toEqual(['ARREST, CORRECTED', 'as written'])
      expect([...session.events('training')]).toMatchObject([{ loss: 7 }])
      expect(session.head.instrument).toHaveLength(1)
    }
    await says()
    const kept = readFileSync(join(folder, 'manifest.json'))
    rmSync(join(folder, 'manifest.json'))
    await says()
    writeFileSync(join(folder, 'manifest.json'), kept)
    // Once is enough.
    ;(await SessionRecorder.reopen(folder, { appVersion: '3' })).close()
    expect(logged(folder).filter(event => 'format' in event && event.format === SESSION_FORMAT)).toHaveLength(1)
    await says()
  })

  it('that crashed is ended in version 3, and in a repaired copy too', async () => {
    for (const how of ['reopened', 'recovered']) {
      const folder = copy()
      const ended = parseLog(readFileSync(join(folder, 'log.000'))).find(({ event }) => event.kind === 'session.ended')!
      truncateSync(join(folder, 'log.000'), ended.start)
      const raw = margins(logged(folder))
      const out = how === 'reopened' ? folder : join(temporaryFolder(), 'copy.session')
      if (how === 'reopened')
        (await SessionRecorder.reopen(folder, { appVersion: '3' })).close()
      else
        await recoverSession(folder, out)
      expect(logged(out).find(({ kind }) => kind === 'session.ended'), how).toMatchObject({ reason: how === 'reopened' ? 'crash' : 'recovered', format: SESSION_FORMAT })
      expect(manifest(out), how).toMatchObject({ format: SESSION_FORMAT, began: 'symbiote-session/1' })
      const session = await SessionReader.open(out)
      expect(session.recovery, how).toBeUndefined()
      expect(margins(session.events()), how).toEqual(raw.map(margin => 1 + 10 * margin))
    }
  })

  it('copied whole stays what it was', async () => {
    const out = join(temporaryFolder(), 'copy.session')
    await recoverSession(copy(), out)
    expect(manifest(out)).toMatchObject({ format: 'symbiote-session/1' })
    expect(margins((await SessionReader.open(out)).events())).toEqual(margins(logged(out)).map(margin => 1 + 10 * margin))
  })
})

describe('a session of version 3', () => {
  it('is what is recorded, and goes through no step', async () => {
    const folder = join(temporaryFolder(), 'new.session')
    const recorder = create(folder)
    recorder.append({ ...trial(1), margin: 5 } as EventBody, 0)
    recorder.close()
    expect(manifest(folder)).toMatchObject({ format: 'symbiote-session/3' })
    expect(manifest(folder)).not.toHaveProperty('began')
    const session = await SessionReader.open(folder)
    expect(margins(session.events())).toEqual([5])
    ;(await SessionRecorder.reopen(folder, { appVersion: '3' })).close()
    expect(logged(folder).find(({ kind }) => kind === 'session.reopened')).not.toHaveProperty('format')
  })
})

describe('a newer version is refused', () => {
  it('where only the manifest says so, in a form nobody knows', async () => {
    const folder = copy()
    writeFileSync(join(folder, 'manifest.json'), '{"format":"symbiote-session/4","something":"else"}')
    await expect(SessionReader.open(folder)).rejects.toMatchObject({ code: 'session-newer', path: folder })
  })

  it('where only the log says that one has gone on with it', async () => {
    const folder = copy()
    const reopened = { id: '01M819FZZZGGGGGGGGGGGGGGGG', t: 6e9, step: 2000, kind: 'session.reopened', reopenedAt: '2030-01-01T00:00:00.000Z', appVersion: '9', format: 'symbiote-session/4' }
    writeFileSync(join(folder, 'log.000'), Buffer.concat([readFileSync(join(folder, 'log.000')), forge(JSON.stringify(reopened))]))
    const before = readdirSync(folder)
    for (const open of [SessionReader.open(folder), SessionRecorder.reopen(folder, { appVersion: '3' })])
      await expect(open).rejects.toMatchObject({ code: 'session-newer', path: folder, remedy: expect.stringContaining('newer version') as string })
    expect(readdirSync(folder)).toEqual(before)
  })
})

/** The log whose first record is damaged. */
function afterTheFirst(folder: string): SessionEvent[] {
  const whole = parseLog(readFileSync(join(import.meta.dirname, '../fixtures/sessions/version-1.session/log.000')))
  expect(readFileSync(join(folder, 'log.000'))).toHaveLength(whole.at(-1)!.end)
  return whole.slice(1).map(({ event }) => event)
}
