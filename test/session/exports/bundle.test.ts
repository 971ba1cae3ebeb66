/** The bundle: what goes out comes in, byte by byte; and hostile, cut and changed ones are refused with nothing left behind. */
import type { Buffer as Bytes } from 'node:buffer'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportSession } from '../../../main/session/exports/exports'
import { importBundle } from '../../../main/session/exports/unbundle'
import { SessionReader } from '../../../main/session/reader'
import { temporaryFolder } from '../support'
import { writeRichSession } from './sample'

const place = mkdtempSync(join(tmpdir(), 'symbiote-bundle-'))
const folder = join(place, 'rich.session')
const bundle = join(place, 'rich.zip')
beforeAll(async () => {
  writeRichSession(folder)
  mkdirSync(join(folder, 'media'))
  writeFileSync(join(folder, 'media/shot.png'), 'picture')
  writeFileSync(join(folder, 'summary.json'), '{}')
  await exportSession(await SessionReader.open(folder), 'bundle', bundle, { appVersion: '9.9.9', now: new Date('2026-11-27T00:00:00Z') })
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const filesOf = (at: string): Record<string, string> => Object.fromEntries(readdirSync(at, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map((entry) => {
  const path = join(entry.parentPath, entry.name)
  return [path.slice(at.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]
}))

describe('a bundle', () => {
  it('comes in as it went out, without what is derived', async () => {
    const into = temporaryFolder()
    const imported = await importBundle(bundle, { into })
    expect(imported).toMatchObject({ out: join(into, 'rich.session'), title: 'Ward round 3', notes: [] })
    const { 'summary.json': _, ...before } = filesOf(folder)
    const { 'summary.json': __, ...after } = filesOf(imported.out)
    expect(after).toEqual(before)
    expect(Object.keys(after).length).toBe(imported.files)
    const [a, b] = [await SessionReader.open(folder), await SessionReader.open(imported.out)]
    expect(b.recovery).toBeUndefined()
    expect([...b.events()]).toEqual([...a.events()])
  })

  it('takes the name it is given, and refuses one that is taken', async () => {
    const into = temporaryFolder()
    const { out } = await importBundle(bundle, { into, out: join(into, 'other.session') })
    expect(out).toBe(join(into, 'other.session'))
    await expect(importBundle(bundle, { into, out })).rejects.toMatchObject({ code: 'exists', path: out })
  })

  it('carries damage as it is and says so', async () => {
    const damaged = join(temporaryFolder(), 'rich.session')
    cpSync(folder, damaged, { recursive: true })
    appendFileSync(join(damaged, 'log.000'), 'torn')
    const zip = join(temporaryFolder(), 'x.zip')
    const { notes } = await exportSession(await SessionReader.open(damaged), 'bundle', zip, { appVersion: '9', now: new Date(0) })
    expect(notes.join()).toMatch(/not whole/)
    expect((await importBundle(zip, { into: temporaryFolder() })).notes.join()).toMatch(/4 bytes are not a whole record/)
  })

  it('can be called off, and leaves nothing', async () => {
    const into = temporaryFolder()
    const cancel = new AbortController()
    await expect(importBundle(bundle, { into }, { signal: cancel.signal, progress: () => cancel.abort() })).rejects.toMatchObject({ code: 'cancelled' })
    expect(readdirSync(into)).toEqual([])
  })
})

interface Made { name: string, data: Uint8Array, size?: number, mode?: number, method?: number, flags?: number, stored?: Uint8Array }

/** A .zip written here, so that it can say what no writer would. Local headers, then the central directory (PKWARE APPNOTE 4.3). */
function zipOf(entries: Made[]): Bytes {
  const locals: Uint8Array[] = []
  const centrals: Uint8Array[] = []
  let offset = 0
  for (const { name, data, size = data.length, mode = 0o100644, method = 8, flags = 0x800, stored = deflateRawSync(data) } of entries) {
    const path = Buffer.from(name)
    const bytes = method === 0 ? data : stored
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034B50, 0)
    local.writeUInt16LE(20, 4)
    local.writeUInt16LE(flags, 6)
    local.writeUInt16LE(method, 8)
    local.writeUInt32LE(crc32(data), 14)
    local.writeUInt32LE(bytes.length, 18)
    local.writeUInt32LE(size, 22)
    local.writeUInt16LE(path.length, 26)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014B50, 0)
    central.writeUInt16LE(0x031E, 4)
    central.writeUInt16LE(20, 6)
    local.copy(central, 8, 6, 28)
    central.writeUInt32LE(mode * 2 ** 16, 38)
    central.writeUInt32LE(offset, 42)
    locals.push(local, path, bytes)
    centrals.push(central, path)
    offset += local.length + path.length + bytes.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054B50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

/** The files of a real session as entries, its list made to fit `extra` unless told otherwise. */
function honest(extra: Made[] = [], more: Record<string, unknown> = {}): Made[] {
  const inside: Made[] = [...Object.keys(filesOf(folder)).filter(path => path !== 'summary.json').map(path => ({ name: `rich.session/${path}`, data: readFileSync(join(folder, path)) })), ...extra]
  const files = inside.filter(({ name }) => name.startsWith('rich.session/')).map(({ name, data, size }) => ({ path: name.slice(13), bytes: size ?? data.length, sha256: createHash('sha256').update(data).digest('hex') }))
  return [...inside, { name: 'bundle.json', data: Buffer.from(JSON.stringify({ format: 'symbiote-bundle/1', session: 'rich.session', id: 'x', title: 't', appVersion: '1', createdAt: '', files, ...more })) }]
}

async function refusal(zip: Uint8Array): Promise<{ code: string, message: string }> {
  const into = join(temporaryFolder(), 'deep', 'sessions')
  const file = join(temporaryFolder(), 'hostile.zip')
  writeFileSync(file, zip)
  const error = await importBundle(file, { into }).then(() => undefined, (reason: unknown) => reason as { code: string, message: string, remedy: string })
  // Nothing under its name, nothing beside it, nothing above.
  for (const at of [into, join(into, '..'), join(into, '../..')])
    expect(filesIn(at)).toEqual([])
  return { code: error?.code ?? 'accepted', message: error?.message ?? '' }
}

function filesIn(at: string): string[] {
  try {
    return readdirSync(at, { recursive: true, withFileTypes: true }).filter(entry => !entry.isDirectory()).map(({ name }) => name)
  }
  catch {
    return []
  }
}

const text = (data: string): Uint8Array => Buffer.from(data)

describe('refuses', () => {
  it('nothing that is as it should be, though another wrote it', async () => {
    const file = join(temporaryFolder(), 'honest.zip')
    writeFileSync(file, zipOf(honest()))
    expect((await importBundle(file, { into: temporaryFolder() })).files).toBeGreaterThan(5)
  })

  it.each<[string, Made, RegExp]>([
    ['a path that leads out', { name: '../escaped', data: text('x') }, /relative path/],
    ['one that leads out from inside', { name: 'rich.session/blobs/../../../escaped', data: text('x') }, /relative path/],
    ['an absolute path', { name: '/tmp/escaped', data: text('x') }, /absolute path/],
    ['a drive letter', { name: 'C:/escaped', data: text('x') }, /absolute path/],
    ['backslashes', { name: 'rich.session\\..\\escaped', data: text('x') }, /invalid characters/],
    ['a link', { name: 'rich.session/media/link', data: text('/etc/passwd'), mode: 0o120777 }, /is a link/],
    ['a device', { name: 'rich.session/media/dev', data: text(''), mode: 0o020666 }, /no plain file/],
    ['a file that sessions do not have', { name: 'rich.session/run.sh', data: text('x') }, /no file of a session/],
    ['a file beside the session', { name: 'README.md', data: text('x') }, /no file of a session/],
    ['a second session', { name: 'other.session/media/a', data: text('x') }, /holds one session/],
    ['a hidden folder', { name: '.ssh.session/media/a', data: text('x') }, /no file of a session/],
    ['a name twice', { name: 'rich.session/manifest.json', data: text('{}') }, /twice/],
    ['a name twice but for case', { name: 'rich.session/media/SHOT.png', data: text('x') }, /twice/],
    ['a manifest of gigabytes', { name: 'rich.session/media/../manifest.json', data: text('x') }, /relative path|twice/],
    ['an entry that says too much', { name: 'rich.session/media/big', data: text('x'), size: 3_000_000_000 }, /at most/],
    ['a bomb by what it says', { name: 'rich.session/media/bomb', data: text('x'), size: 2_000_000_000 }, /unpack to/],
    ['an encrypted entry', { name: 'rich.session/media/secret', data: text('x'), flags: 0x801 }, /encrypted/],
    ['another way of packing', { name: 'rich.session/media/odd', data: text('x'), method: 12 }, /packed in a way/],
    ['control characters', { name: 'rich.session/media/a\u001B[2J', data: text('x') }, /no file of a session/],
  ])('%s', async (_, entry, message) => {
    const refused = await refusal(zipOf(honest([entry])))
    expect(refused.code).toBe('bundle-refused')
    expect(refused.message).toMatch(message)
    // eslint-disable-next-line no-control-regex
    expect(refused.message).not.toMatch(/[\0-\x1F]/)
  })

  it('a bomb that says less than it unpacks to', async () => {
    const zeros = Buffer.alloc(40_000_000)
    const refused = await refusal(zipOf(honest([{ name: 'rich.session/media/bomb', data: zeros, size: 1000 }])))
    expect(refused).toMatchObject({ code: 'bundle-changed', message: expect.stringMatching(/cannot be unpacked/) })
  })

  it('many entries that unpack to far more than the file has', async () => {
    const zeros = Buffer.alloc(30_000_000)
    const packed = deflateRawSync(zeros, { level: 9 })
    const bombs = Array.from({ length: 4 }, (_, n) => ({ name: `rich.session/media/zeros${n}`, data: zeros, stored: packed }))
    expect(await refusal(zipOf(honest(bombs)))).toMatchObject({ code: 'bundle-refused', message: expect.stringMatching(/unpack to/) })
  })

  it('what was changed on its way', async () => {
    const changed = honest().map(entry => entry.name.endsWith('log.000') ? { ...entry, data: Buffer.from(entry.data).fill(65, 5000, 5001) } : entry)
    expect(await refusal(zipOf(changed))).toMatchObject({ code: 'bundle-changed', message: expect.stringMatching(/log\.000.*SHA-256/) })
    const without = honest().filter(({ name }) => !name.endsWith('shot.png'))
    expect(await refusal(zipOf(without))).toMatchObject({ code: 'bundle-changed', message: expect.stringMatching(/shot\.png.*missing/) })
    const blob = `rich.session/blobs/ab/${'ab'.repeat(32)}`
    expect(await refusal(zipOf(honest([{ name: blob, data: text('not it') }])))).toMatchObject({ code: 'bundle-changed', message: expect.stringMatching(/holds something else/) })
    const listed = honest()
    listed.splice(1, 0, { name: 'rich.session/media/stowaway', data: text('x') })
    expect(await refusal(zipOf(listed))).toMatchObject({ code: 'bundle-changed', message: expect.stringMatching(/stowaway.*not in its list/) })
  })

  it('what is none, or of another time', async () => {
    expect(await refusal(text('not a zip'))).toMatchObject({ code: 'not-a-bundle' })
    expect(await refusal(zipOf([]))).toMatchObject({ code: 'not-a-bundle', message: expect.stringMatching(/no bundle\.json/) })
    expect(await refusal(zipOf(honest([], { format: 'symbiote-bundle/2' })))).toMatchObject({ code: 'bundle-newer' })
    expect(await refusal(zipOf(honest([], { format: 'zip' })))).toMatchObject({ code: 'not-a-bundle' })
    for (const session of ['../out.session', '/out.session', 'a/b.session', '.session', 'x', 'a\\b.session'])
      expect(await refusal(zipOf(honest([], { session })))).toMatchObject({ code: 'bundle-refused', message: expect.stringMatching(/name is/) })
    await expect(importBundle(join(place, 'nothing.zip'), { into: place })).rejects.toMatchObject({ code: 'file-missing' })
    await expect(importBundle(place, { into: place })).rejects.toMatchObject({ code: 'not-readable' })
  })

  it('every cut of it', async () => {
    const whole = readFileSync(bundle)
    for (let i = 0; i < 40; i++)
      expect((await refusal(whole.subarray(0, Math.floor(whole.length * i / 40)))).code).toBe('not-a-bundle')
  })
})
