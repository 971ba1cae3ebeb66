import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { summarizeSession } from '../../main/session/library'
import { SessionReader } from '../../main/session/reader'
import { create, startWriter, temporaryFolder, tinyDisk } from './support'

describe('a full disk', () => {
  it('costs the event at hand and nothing before; recording goes on when there is room', async ({ skip }) => {
    const disk = tinyDisk()
    if (disk === undefined)
      return skip('mounting a file system of one megabyte needs root')
    writeFileSync(join(disk, 'ballast'), new Uint8Array(300_000))
    const folder = join(disk, 'full.session')
    const problems: (string | undefined)[] = []
    const recorder = create(folder, { onProblem: problem => problems.push(problem?.code), time: { every: () => () => {} } })
    const body = (n: number) => ({ kind: 'instrument', what: 'engine-lost', message: `${n} ${'x'.repeat(900)}` }) as const
    let n = 0
    expect(() => {
      for (;; n++)
        recorder.append(body(n), n)
    }).toThrow(expect.objectContaining({ code: 'disk-full', path: join(folder, 'log.000'), remedy: expect.stringContaining('room') }))
    expect(n).toBeGreaterThan(300)
    expect(recorder.problem?.code).toBe('disk-full')
    expect(recorder.info.problem?.code).toBe('disk-full')

    const midway = await SessionReader.open(folder)
    expect(midway.recovery).toBeUndefined()
    expect(midway.tables.instrument).toHaveLength(n)
    expect(() => recorder.append(body(n), n)).toThrow(expect.objectContaining({ code: 'disk-full' }))
    expect(() => recorder.blobs.put(new Uint8Array(900_000))).toThrow(expect.objectContaining({ code: 'disk-full' }))

    rmSync(join(disk, 'ballast'))
    recorder.append(body(n), n)
    expect(recorder.problem).toBeUndefined()
    recorder.close()
    expect(problems).toEqual(['disk-full', undefined])
    const after = await SessionReader.open(folder)
    expect(after.recovery).toBeUndefined()
    expect(after.tables.instrument.map(({ message }) => Number.parseInt(message))).toEqual(Array.from({ length: n + 1 }, (_, i) => i))
  })

  it('refuses to begin a session and leaves no half of one', ({ skip }) => {
    const disk = tinyDisk()
    if (disk === undefined)
      return skip('mounting a file system of one megabyte needs root')
    try {
      writeFileSync(join(disk, 'ballast'), new Uint8Array(2_000_000))
    }
    catch {
      // As full as it gets.
    }
    expect(() => create(join(disk, 'none.session'))).toThrow(expect.objectContaining({ code: 'disk-full' }))
    expect(statSync(join(disk, 'none.session'), { throwIfNoEntry: false })).toBeUndefined()
  })
})

describe.skipIf(process.platform === 'win32')('a file size limit', () => {
  it('stops a process like a full disk does, and the log it leaves is whole', async () => {
    const folder = join(temporaryFolder(), 'limited.session')
    // Blocks of 1,024 bytes; the writer's acknowledgements on stdout are under the same limit and far shorter.
    const child = startWriter(folder, 'fill', 'ulimit -S -f 200')
    const failed = await child.line(line => line.startsWith('failed'))
    expect(JSON.parse(failed.slice('failed '.length))).toMatchObject({ code: 'file-too-large', path: join(folder, 'log.000') })
    expect(statSync(join(folder, 'log.000')).size).toBeLessThanOrEqual(200 * 1024)
    const acknowledged = child.lines().filter(line => /^\d/.test(line)).length
    await child.kill()
    const reader = await SessionReader.open(folder)
    expect(reader.recovery).toBeUndefined()
    expect(reader.tables.instrument).toHaveLength(acknowledged)
  }, 20_000)
})

describe('a folder that may not be written to', () => {
  it('is refused with its path', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    // A file where a folder should be is refused for root too.
    expect(() => create(join(folder, 'file', 'x.session'))).toThrow(expect.objectContaining({ name: 'UserError', path: join(folder, 'file', 'x.session') }))
  })

  it('does not stop reading', async () => {
    const folder = join(temporaryFolder(), 'a.session')
    create(folder).close()
    // A folder in the place of the summary cannot be written as one, not even by root.
    mkdirSync(join(folder, 'summary.json'))
    expect((await summarizeSession(folder)).events).toBe(2)
    expect((await SessionReader.open(folder)).tables.events).toBe(2)
  })
})
