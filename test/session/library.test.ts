import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listSessions, newSessionFolder, summarizeSession } from '../../main/session/library'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { create, forge, parseLog, START, StillTime, temporaryFolder, view, writeSample } from './support'

function at(ms: number): StillTime {
  const time = new StillTime()
  time.wall = () => new Date(START + ms)
  return time
}

describe('the library', () => {
  it('lists sessions newest first, the unreadable with their problem', async () => {
    const library = temporaryFolder()
    const older = join(library, 'older.session')
    writeSample(older, 3)
    create(join(library, 'crashed.session'), { time: at(60_000) }).abandon()
    const running = create(join(library, 'running.session'), { time: at(120_000) })
    running.append(view(1), 0)
    mkdirSync(join(library, 'empty.session'))
    writeFileSync(join(library, 'file.session'), 'text')
    mkdirSync(join(library, 'not a session'))

    const list = await listSessions(library)
    expect(list.map(({ name, state }) => [name, state])).toEqual([['running', 'recording'], ['crashed', 'unclosed'], ['older', 'closed'], ['empty', 'unreadable'], ['file', 'unreadable']])
    expect(list[2]).toEqual({ path: older, name: 'older', title: 'Ward round 3', operators: ['A. Operator'], startedAt: '2026-11-22T09:30:00.000Z', duration: 3e9, events: 14, trials: 3, annotations: 0, primary: '', state: 'closed' })
    expect(list[3]!.problem).toContain('log.000 is missing')
    expect(list[4]!.problem).toContain('a session is a folder')
    running.close()
    expect((await listSessions(library))[0]).toMatchObject({ name: 'running', state: 'closed', events: 3 })
  })

  it('holds nothing where there is no folder', async () => {
    expect(await listSessions(join(temporaryFolder(), 'none'))).toEqual([])
  })

  it('remembers a summary and reads again when the log has grown', async () => {
    const folder = join(temporaryFolder(), 'a.session')
    writeSample(folder, 2)
    const first = await summarizeSession(folder)
    const kept = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))
    writeFileSync(join(folder, 'summary.json'), JSON.stringify({ ...kept, trials: 99 }))
    expect((await summarizeSession(folder)).trials).toBe(99)

    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0' })
    expect((await summarizeSession(folder)).state).toBe('closed')
    recorder.close()
    expect(await summarizeSession(folder)).toEqual({ ...first, events: first.events + 2 })
    writeFileSync(join(folder, 'summary.json'), 'rubbish')
    expect(await summarizeSession(folder)).toEqual({ ...first, events: first.events + 2 })
  })

  it('names folders after titles, safely and without taking one twice', () => {
    const library = temporaryFolder()
    const named = (title: string): string => newSessionFolder(library, title).slice(library.length + 1)
    expect(named('Digits · ward round 3')).toBe('digits-ward-round-3.session')
    expect(named('../../etc/passwd')).toBe('etc-passwd.session')
    expect(named('Übung 脳外科')).toBe('übung-脳外科.session')
    expect(named('  ')).toBe('session.session')
    expect(named('CON')).toBe('session-con.session')
    expect(named('a\0b\n:*?"<>|')).toBe('a-b.session')
    expect(new TextEncoder().encode(named('脳'.repeat(300))).length).toBeLessThanOrEqual(100)

    create(newSessionFolder(library, 'Twice')).close()
    expect(named('Twice')).toBe('twice-2.session')
    expect(statSync(library).isDirectory()).toBe(true)
  })
})

describe('folders that cannot be opened', () => {
  it('say so with path and remedy, and are left as they were', async () => {
    const folder = temporaryFolder()
    const missing = join(folder, 'none.session')
    await expect(SessionReader.open(missing)).rejects.toMatchObject({ code: 'file-missing', path: missing, remedy: expect.stringMatching(/./) })
    await expect(SessionReader.open(folder)).rejects.toMatchObject({ code: 'not-a-session', path: folder })
    await expect(SessionRecorder.reopen(folder, { appVersion: '0' })).rejects.toMatchObject({ code: 'not-a-session' })
    writeFileSync(join(folder, 'log.000'), 'this is no log')
    await expect(SessionReader.open(folder)).rejects.toMatchObject({ code: 'not-a-session' })
    await expect(SessionRecorder.reopen(folder, { appVersion: '0' })).rejects.toMatchObject({ code: 'not-a-session' })
    expect(readFileSync(join(folder, 'log.000'), 'utf8')).toBe('this is no log')
  })

  it('refuse a session of a newer format, whichever place says so, without touching it', async () => {
    const folder = join(temporaryFolder(), 'newer.session')
    writeSample(folder, 1)
    const manifest = join(folder, 'manifest.json')
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace('symbiote-session/1', 'symbiote-session/2'))
    await expect(SessionReader.open(folder)).rejects.toMatchObject({ code: 'session-newer', path: folder, message: expect.stringContaining('symbiote-session/2') })
    await expect(SessionRecorder.reopen(folder, { appVersion: '0' })).rejects.toMatchObject({ code: 'session-newer' })

    rmSync(manifest)
    const path = join(folder, 'log.000')
    const log = readFileSync(path)
    const { start, end, event } = parseLog(log)[0]!
    const newer = forge(JSON.stringify({ ...event, format: 'symbiote-session/12' }))
    const rewritten = new Uint8Array([...log.subarray(0, start), ...newer, ...log.subarray(end)])
    writeFileSync(path, rewritten)
    await expect(SessionReader.open(folder)).rejects.toMatchObject({ code: 'session-newer' })
    await expect(SessionRecorder.reopen(folder, { appVersion: '0' })).rejects.toMatchObject({ code: 'session-newer' })
    expect(new Uint8Array(readFileSync(path))).toEqual(rewritten)

    writeFileSync(manifest, text.replace('symbiote-session/1', 'somebody-else/1'))
    await expect(SessionReader.open(folder)).rejects.toMatchObject({ code: 'not-a-session' })
  })
})
