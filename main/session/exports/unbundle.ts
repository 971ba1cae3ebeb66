/**
 * Takes a bundle in: nothing of it is believed before it is checked, and nothing lies under its name before all of it is. Refused are
 * paths that lead out, links, names that no session has, duplicates, what unpacks to more than it may, and what is not what its list says.
 */
import type { Entry, ZipFile } from 'yauzl'
import type { Imported } from '../../../preload/contract/exports'
import type { BundleFile } from './bundleFormat'
import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { openPromise } from 'yauzl'
import { UserError } from '../../../preload/contract/errors'
import { SessionReader } from '../reader'
import { blobNameOf, BUNDLE_FILE, BUNDLE_FORMAT, bundleSchema, mostBytes } from './bundleFormat'
import { writeWholeAt } from './whole'

export interface ImportOptions {
  /** Bytes unpacked, of so many. */
  progress?: (done: number, total: number) => void
  signal?: AbortSignal
}

const MOST_ENTRIES = 2_000_000
/** Deflate packs at most 1,032 to 1. Recordings stay far below this; small ones may be all zeros. */
const MOST_RATIO = 200
const RATIO_FROM = 64e6
const MOST_LIST = 512 << 20

/** @param out for the session's folder; by the name in the bundle, in `into`, where left out */
export async function importBundle(file: string, { out, into }: { out?: string, into: string }, options: ImportOptions = {}): Promise<Imported> {
  const path = resolve(file)
  const zip = await opened(path)
  try {
    const entries = await listed(zip, path)
    const list = await listIn(zip, entries, path)
    compare(list, entries, path)
    const target = resolve(out ?? join(into, list.session))
    const unpacked = new Unpacking(zip, path, options, entries)
    const written = await writeWholeAt(target, async (at) => {
      requireRoom(dirname(target), unpacked.total, path)
      await unpacked.into(at, list)
      // The log itself, its checksums and its chain.
      await SessionReader.open(at)
    })
    const session = await SessionReader.open(target)
    return { out: target, ...written, title: list.title, notes: session.recovery === undefined ? [] : [`The log is not whole, as it was where the bundle was made: ${session.recovery.message}`] }
  }
  finally {
    zip.close()
  }
}

interface Listed { entry: Entry, path: string }

async function opened(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true })
  }
  catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT')
      throw new UserError({ code: 'file-missing', message: `There is nothing at ${path}.`, remedy: 'Check the path.', path }, { cause: error })
    if (code !== '')
      throw new UserError({ code: 'not-readable', message: `${path} could not be read (${code}).`, remedy: 'Check its permissions, and that it is a file.', path }, { cause: error })
    throw notABundle(path, `it is no whole .zip (${(error as Error).message})`)
  }
}

/** Every entry, by its path inside the session's folder; `bundle.json` as it is. */
async function listed(zip: ZipFile, path: string): Promise<Map<string, Listed>> {
  if (zip.entryCount > MOST_ENTRIES)
    throw hostile(path, `it has ${zip.entryCount} entries, more than ${MOST_ENTRIES}`)
  const entries = new Map<string, Listed>()
  const seen = new Set<string>()
  let root: string | undefined
  let total = 0
  for await (const entry of entriesOf(zip, path)) {
    const name = entry.fileName
    checkEntry(entry, path)
    const inside = name === BUNDLE_FILE ? name : insideOf(name, path)
    if (name !== BUNDLE_FILE) {
      const folder = name.slice(0, name.indexOf('/'))
      root ??= folder
      if (folder !== root)
        throw hostile(path, `it has files in "${shown(root)}" and in "${shown(folder)}", and a bundle holds one session`)
    }
    // As on disks that do not tell upper from lower case.
    const key = inside.normalize('NFC').toLowerCase()
    if (seen.has(key))
      throw hostile(path, `"${shown(name)}" is in it twice`)
    seen.add(key)
    entries.set(inside, { entry, path: inside })
    total += entry.uncompressedSize
  }
  const size = statSync(path).size
  if (total > RATIO_FROM && total > MOST_RATIO * size)
    throw hostile(path, `its ${size} bytes unpack to ${total}`)
  return entries
}

async function* entriesOf(zip: ZipFile, path: string): AsyncGenerator<Entry> {
  try {
    yield* zip.eachEntry()
  }
  catch (error) {
    if (error instanceof UserError)
      throw error
    throw hostile(path, (error as Error).message)
  }
}

function checkEntry(entry: Entry, path: string): void {
  const { fileName, externalFileAttributes, compressionMethod, uncompressedSize, compressedSize } = entry
  const name = shown(fileName)
  // Upper half: the mode of a Unix file. 0 where the maker had none.
  const type = (externalFileAttributes >>> 16) & 0o170000
  if (type !== 0 && type !== 0o100000)
    throw hostile(path, `"${name}" is ${type === 0o120000 ? 'a link' : 'no plain file'}`)
  if (entry.isEncrypted())
    throw hostile(path, `"${name}" is encrypted`)
  if (compressionMethod !== 0 && compressionMethod !== 8)
    throw hostile(path, `"${name}" is packed in a way that bundles are not (method ${compressionMethod})`)
  const most = fileName === BUNDLE_FILE ? MOST_LIST : mostBytes(insideOf(fileName, path))!
  if (uncompressedSize > most)
    throw hostile(path, `"${name}" says it has ${uncompressedSize} bytes, and at most ${most} are allowed`)
  if (uncompressedSize > RATIO_FROM && uncompressedSize > 1100 * Math.max(1, compressedSize))
    throw hostile(path, `"${name}" says its ${compressedSize} bytes unpack to ${uncompressedSize}`)
}

/** `X.session/blobs/…` → `blobs/…`. Anything that a session has no such file for is refused. */
function insideOf(name: string, path: string): string {
  const slash = name.indexOf('/')
  const root = name.slice(0, slash)
  const inside = name.slice(slash + 1)
  if (slash < 1 || !isSessionName(root) || mostBytes(inside) === undefined)
    throw hostile(path, `"${shown(name)}" is no file of a session`)
  return inside
}

/** The name of a folder that can be made anywhere, and no way out of one. */
function isSessionName(name: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /^[^/\\:*?"<>|\0-\x1F.][^/\\:*?"<>|\0-\x1F]*\.session$/.test(name) && name.length <= 200
}

async function listIn(zip: ZipFile, entries: Map<string, Listed>, path: string): Promise<BundleFile> {
  const found = entries.get(BUNDLE_FILE)
  if (found === undefined)
    throw notABundle(path, `it has no ${BUNDLE_FILE}`)
  let list: unknown
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of await zip.openReadStreamPromise(found.entry))
      chunks.push(chunk as Uint8Array)
    list = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  }
  catch (error) {
    throw notABundle(path, `its ${BUNDLE_FILE} cannot be read (${(error as Error).message})`)
  }
  const parsed = bundleSchema.safeParse(list)
  if (!parsed.success)
    throw notABundle(path, `its ${BUNDLE_FILE} does not list a session`)
  const version = /^symbiote-bundle\/(\d+)$/.exec(parsed.data.format)?.[1]
  if (version === undefined)
    throw notABundle(path, `its format is "${shown(parsed.data.format)}", ${BUNDLE_FORMAT} was expected`)
  if (Number(version) > 1)
    throw new UserError({ code: 'bundle-newer', message: `${path} was made by a newer Symbiote: its format is ${parsed.data.format}, this one reads ${BUNDLE_FORMAT}.`, remedy: 'Import it with a newer version.', path })
  if (!isSessionName(parsed.data.session))
    throw hostile(path, `the session's name is "${shown(parsed.data.session)}"`)
  return parsed.data
}

/** Exactly the files of the list, each of the size it says. */
function compare({ files }: BundleFile, entries: Map<string, Listed>, path: string): void {
  const names = new Set(files.map(file => file.path))
  if (names.size !== files.length)
    throw hostile(path, 'its list names a file twice')
  const stranger = [...entries.keys()].find(name => name !== BUNDLE_FILE && !names.has(name))
  if (stranger !== undefined)
    throw changed(path, `"${shown(stranger)}" is not in its list`)
  for (const { path: name, bytes } of files) {
    const there = entries.get(name)
    if (there === undefined)
      throw changed(path, `"${shown(name)}" is missing`)
    if (there.entry.uncompressedSize !== bytes)
      throw changed(path, `"${shown(name)}" has ${there.entry.uncompressedSize} bytes, and ${bytes} are listed`)
  }
}

class Unpacking {
  readonly total: number
  readonly #zip: ZipFile
  readonly #path: string
  readonly #options: ImportOptions
  readonly #entries: Map<string, Listed>
  #done = 0

  constructor(zip: ZipFile, path: string, options: ImportOptions, entries: Map<string, Listed>) {
    this.#zip = zip
    this.#path = path
    this.#options = options
    this.#entries = entries
    this.total = [...entries.values()].reduce((sum, { entry }) => sum + entry.uncompressedSize, 0)
  }

  async into(folder: string, { files }: BundleFile): Promise<void> {
    const made = new Set<string>()
    for (const { path, sha256 } of files) {
      const to = join(folder, path)
      if (!made.has(dirname(to)))
        mkdirSync(dirname(to), { recursive: true })
      made.add(dirname(to))
      const got = await this.#unpack(this.#entries.get(path)!, to)
      if (got !== sha256)
        throw changed(this.#path, `"${shown(path)}" is not what its list says: its SHA-256 is another`)
      const named = blobNameOf(path)
      if (named !== undefined && named !== got)
        throw changed(this.#path, `the blob "${named}" holds something else`)
    }
  }

  async #unpack({ entry, path }: Listed, to: string): Promise<string> {
    const hash = createHash('sha256')
    const hashed = new Transform({
      transform: (chunk: Uint8Array, _encoding, next) => {
        hash.update(chunk)
        this.#done += chunk.length
        this.#options.progress?.(this.#done, this.total)
        next(this.#options.signal?.aborted === true ? cancelled() : null, chunk)
      },
    })
    try {
      // The reader holds it to the size it says, to the byte.
      await pipeline(await this.#zip.openReadStreamPromise(entry), hashed, createWriteStream(to, { flags: 'wx' }))
    }
    catch (error) {
      if (error instanceof UserError || (error instanceof Error && 'errno' in error && 'syscall' in error))
        throw error
      throw changed(this.#path, `"${shown(path)}" cannot be unpacked (${(error as Error).message})`)
    }
    return hash.digest('hex')
  }
}

function requireRoom(folder: string, bytes: number, path: string): void {
  const { bavail, bsize } = statfsSync(folder)
  if (bytes > bavail * bsize)
    throw new UserError({ code: 'disk-full', message: `${path} unpacks to ${bytes} bytes, and ${folder} has room for ${bavail * bsize}. Nothing was written.`, remedy: 'Make room on the disk, or import to another one.', path: folder })
}

function cancelled(): UserError {
  return new UserError({ code: 'cancelled', message: 'The import was cancelled; nothing was left behind.', remedy: 'Start it again whenever you like.' })
}

function notABundle(path: string, why: string): UserError {
  return new UserError({ code: 'not-a-bundle', message: `${path} is not a bundle: ${why}.`, remedy: 'Choose a .zip that `symbiote export --to bundle` wrote, whole.', path })
}

function hostile(path: string, why: string): UserError {
  return new UserError({ code: 'bundle-refused', message: `${path} was refused: ${why}. Nothing was written.`, remedy: 'It was not made by Symbiote as it is; ask for the bundle again from where it was recorded.', path })
}

function changed(path: string, why: string): UserError {
  return new UserError({ code: 'bundle-changed', message: `${path} was changed or damaged on its way: ${why}. Nothing was written.`, remedy: 'Copy it again from where it was made.', path })
}

/** Names go into messages and terminals. */
function shown(name: string): string {
  // eslint-disable-next-line no-control-regex
  return name.replace(/[\0-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/g, '�').slice(0, 120)
}
