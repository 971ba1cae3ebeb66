import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lockHolder, WriterLock } from '../../main/session/lock'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { create, startWriter, temporaryFolder } from './support'

describe('one writer per session', () => {
  it('refuses a second process, saying who has it and what to do', async () => {
    const folder = join(temporaryFolder(), 'held.session')
    const child = startWriter(folder, 'hold')
    await child.line(line => line === 'held')
    const { pid } = lockHolder(folder) as { pid: number }

    await expect(SessionRecorder.reopen(folder, { appVersion: '0' })).rejects.toMatchObject({ code: 'session-in-use', path: folder, message: expect.stringContaining(`process ${pid} on ${hostname()}`), remedy: expect.stringContaining('lock') })
    expect((await SessionReader.open(folder)).readOnly?.code).toBe('session-in-use')
    expect((await SessionReader.open(folder)).summary.state).toBe('recording')

    await child.kill('SIGKILL')
    expect(lockHolder(folder)).toBeUndefined()
    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0' })
    expect((await SessionReader.open(folder)).readOnly?.message).toContain('this Symbiote')
    recorder.close()
    expect((await SessionReader.open(folder)).readOnly).toBeUndefined()
    expect(readdirSync(folder).filter(name => name.startsWith('lock'))).toEqual([])
  }, 20_000)

  it('refuses a second process that wants to begin in the same folder', async () => {
    const folder = join(temporaryFolder(), 'taken.session')
    const recorder = create(folder)
    const child = startWriter(folder, 'full')
    expect(await child.line(line => line.startsWith('refused'))).toContain('"session-exists"')
    recorder.close()
    expect((await SessionReader.open(folder)).tables.events).toBe(2)
  })

  it('refuses a second recorder in this process', async () => {
    const folder = join(temporaryFolder(), 'twice.session')
    const recorder = create(folder)
    await expect(SessionRecorder.reopen(folder, { appVersion: '0' })).rejects.toMatchObject({ code: 'session-in-use' })
    recorder.close()
  })

  const owner = (more: object): string => JSON.stringify({ pid: process.pid, host: hostname(), token: 'another', at: Date.now(), ...more })

  it('replaces a lock whose process is gone', () => {
    // A pid above the kernel's limit belongs to nobody.
    for (const stale of [owner({ pid: 2 ** 30 }), owner({}), owner({ pid: process.ppid, at: 0 })]) {
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'lock'), stale)
      WriterLock.take(folder).release()
      expect(readdirSync(folder)).toEqual([])
    }
  })

  it('respects a lock of another machine, which it cannot ask', () => {
    const folder = temporaryFolder()
    const theirs = owner({ host: 'elsewhere', at: 0 })
    writeFileSync(join(folder, 'lock'), theirs)
    expect(() => WriterLock.take(folder)).toThrow(expect.objectContaining({ code: 'session-in-use' }))
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(theirs)
  })

  it('respects an empty lock while it is young, and replaces it later', () => {
    const folder = temporaryFolder()
    const path = join(folder, 'lock')
    writeFileSync(path, '')
    expect(() => WriterLock.take(folder)).toThrow(expect.objectContaining({ code: 'session-in-use' }))
    utimesSync(path, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
    WriterLock.take(folder).release()
  })

  it('leaves alone a folder that is taken', () => {
    const folder = join(temporaryFolder(), 'mine.session')
    mkdirSync(folder)
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    expect(() => create(folder)).toThrow(expect.objectContaining({ code: 'session-exists', path: folder }))
    expect(readdirSync(folder)).toEqual(['notes.txt'])
  })
})
