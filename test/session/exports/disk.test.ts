/** A disk that is full while something is exported to it or imported: a real file system of a megabyte. */
import type { ExportFormat } from '../../../preload/contract/exports'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportSession } from '../../../main/session/exports/exports'
import { importBundle } from '../../../main/session/exports/unbundle'
import { SessionReader } from '../../../main/session/reader'
import { EXPORT_FORMATS } from '../../../preload/contract/exports'
import { create, tinyDisk } from '../support'
import { writeRichSession } from './sample'

const options = { appVersion: '9.9.9', now: new Date(0) }
const place = mkdtempSync(join(tmpdir(), 'symbiote-full-'))
const folder = join(place, 'rich.session')
const bundle = join(place, 'rich.zip')
const why = 'mounting a file system of one megabyte needs root'

beforeAll(async () => {
  writeRichSession(folder)
  await exportSession(await SessionReader.open(folder), 'bundle', bundle, options)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** Leaves `bytes` free and everything else taken. */
function fill(disk: string, bytes: number): void {
  const fd = openSync(join(disk, 'ballast'), 'w')
  const page = new Uint8Array(4096).fill(1)
  for (let { bavail, bsize } = statfsSync(disk); bavail * bsize > bytes; { bavail, bsize } = statfsSync(disk))
    writeSync(fd, page)
  closeSync(fd)
}

/** Every file of the session with its bytes. */
const fingerprint = (of: string): string[] => readdirSync(of, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(({ parentPath, name }) => `${join(parentPath, name)} ${readFileSync(join(parentPath, name)).toString('base64')}`).sort()

const sizes = (of: string): number => readdirSync(of, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)

async function refusal(work: Promise<unknown>): Promise<{ code?: string, message?: string, remedy?: string, path?: string }> {
  try {
    await work
    return {}
  }
  catch (error) {
    return error as Error
  }
}

describe.each(EXPORT_FORMATS)('%s onto a full disk', (to: ExportFormat) => {
  it('says so with path and remedy, leaves nothing there, and the session as it was; with room it is written', async ({ skip }) => {
    const disk = tinyDisk()
    if (disk === undefined)
      return skip(why)
    const before = fingerprint(folder)
    const out = join(disk, `out.${to}`)
    for (const bytes of [12_288, 0]) {
      rmSync(join(disk, 'ballast'), { force: true })
      fill(disk, bytes)
      const refused = await refusal(exportSession(await SessionReader.open(folder), to, out, options))
      expect(refused, `${bytes} bytes free`).toMatchObject({ name: 'UserError', code: 'disk-full', path: out, remedy: expect.stringContaining('room') as string })
      expect(refused.message).toContain('Nothing was left behind')
      expect(readdirSync(disk)).toEqual(['ballast'])
    }
    expect(fingerprint(folder)).toEqual(before)
    rmSync(join(disk, 'ballast'))
    await exportSession(await SessionReader.open(folder), to, out, options)
    expect(readdirSync(disk)).toEqual([`out.${to}`])
  })
})

describe('an import onto a full disk', () => {
  it('is refused before anything is written where its list says it cannot fit', async ({ skip }) => {
    const disk = tinyDisk()
    if (disk === undefined)
      return skip(why)
    fill(disk, 8192)
    expect(await refusal(importBundle(bundle, { into: disk }))).toMatchObject({ name: 'UserError', code: 'disk-full', path: disk, remedy: expect.stringContaining('room') as string })
    expect(readdirSync(disk)).toEqual(['ballast'])
  })

  it('that fills up on the way leaves nothing behind, and goes through with room', async ({ skip }) => {
    const disk = tinyDisk()
    if (disk === undefined)
      return skip(why)
    // Room for the sum of its files, but not for each of them in blocks of its own.
    fill(disk, sizes(folder) + 16_384)
    const refused = await refusal(importBundle(bundle, { into: disk }))
    expect(refused).toMatchObject({ name: 'UserError', code: 'disk-full', path: join(disk, 'rich.session'), remedy: expect.stringContaining('room') as string })
    expect(readdirSync(disk)).toEqual(['ballast'])
    rmSync(join(disk, 'ballast'))
    const { out } = await importBundle(bundle, { into: disk })
    expect((await SessionReader.open(out)).recovery).toBeUndefined()
  })
})

describe('an export onto the disk that is recorded to', () => {
  it('fails for itself alone: the recording goes on and loses nothing', async ({ skip }) => {
    const disk = tinyDisk()
    if (disk === undefined)
      return skip(why)
    const live = join(disk, 'live.session')
    const recorder = create(live, { time: { every: () => () => {} } })
    const body = (n: number) => ({ kind: 'instrument', what: 'engine-lost', message: `${n} ${'x'.repeat(900)}` }) as const
    for (let n = 0; n < 200; n++)
      recorder.append(body(n), n)
    fill(disk, 98_304)
    expect(await refusal(exportSession(await SessionReader.open(live), 'jsonl', join(disk, 'out.jsonl'), options))).toMatchObject({ code: 'disk-full' })
    expect(readdirSync(disk).sort()).toEqual(['ballast', 'live.session'])
    for (let n = 200; n < 220; n++)
      recorder.append(body(n), n)
    recorder.close()
    const session = await SessionReader.open(live)
    expect(session.recovery).toBeUndefined()
    expect(session.tables.instrument.map(({ message }) => Number.parseInt(message))).toEqual(Array.from({ length: 220 }, (_, n) => n))
  })
})
