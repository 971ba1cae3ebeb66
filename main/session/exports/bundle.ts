/**
 * The session as one `.zip`, to be sent and imported elsewhere: the log and blobs as they are, so that checksums, chain and hashes still
 * hold. What is derived (summary, index) stays behind. Optionally with the primary, so that it can be re-executed where it arrives.
 */
import type { BundleFile } from './bundleFormat'
import type { ExportContext } from './context'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { UserError } from '../../../preload/contract/errors'
import { BUNDLE_FILE, BUNDLE_FORMAT, mostBytes } from './bundleFormat'

/** A file that goes along with the session's own: where it is, and its path in the bundle's session folder. */
export interface Companion { from: string, path: string }

interface Source extends Companion { bytes: number }

export async function writeBundle(context: ExportContext, path: string): Promise<void> {
  const { folder, head: { started, events } } = context.session
  const name = basename(folder).endsWith('.session') ? basename(folder) : `${basename(folder)}.session`
  if (context.session.notes.ratings.some(({ unblinded }) => unblinded === undefined))
    context.notes.add('The bundle is the session whole, and holds what both raters wrote; Symbiote hides it from them where it is imported.')
  const sources = [...sessionFiles(folder), ...context.companions.map(sourceOf)]
  const total = sources.reduce((sum, { bytes }) => sum + bytes, 0)
  const zip = new ZipFile()
  const files: BundleFile['files'] = []
  let done = 0
  for (const source of sources) {
    zip.addReadStreamLazy(`${name}/${source.path}`, { size: source.bytes, mtime: context.now }, (give) => {
      const hash = createHash('sha256')
      const counted = new Transform({
        transform: (chunk: Buffer, _encoding, next) => {
          hash.update(chunk)
          done += chunk.length
          context.progress(Math.floor(events * done / (total + 1)), events)
          context.turn().then(() => next(null, chunk), next)
        },
        flush: (next) => {
          files.push({ path: source.path, bytes: source.bytes, sha256: hash.digest('hex') })
          next()
        },
      })
      // As long as it was when the list was made: a recording goes on writing.
      const read = source.bytes === 0 ? Readable.from([]) : createReadStream(source.from, { end: source.bytes - 1 })
      read.on('error', (error: Error) => void counted.destroy(error))
      counted.on('error', (error: Error) => void zip.emit('error', error))
      give(undefined, read.pipe(counted))
    })
  }
  zip.addReadStreamLazy(BUNDLE_FILE, { mtime: context.now }, (give) => {
    // Asked for when everything before it has been read.
    const description: BundleFile = { format: BUNDLE_FORMAT, session: name, id: started.id, title: started.title, appVersion: context.appVersion, createdAt: context.now.toISOString(), files }
    give(undefined, Readable.from([Buffer.from(JSON.stringify(description, undefined, 1))]))
  })
  zip.end()
  await finished(zip, path)
  context.progress(events, events)
}

async function finished(zip: ZipFile, path: string): Promise<void> {
  zip.on('error', (error: Error) => (zip.outputStream as Readable).destroy(error))
  await pipeline(zip.outputStream, createWriteStream(path, { flags: 'wx' }))
  const file = await open(path, 'r+')
  try {
    await file.sync()
  }
  finally {
    await file.close()
  }
}

function sessionFiles(folder: string): Source[] {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/'))
    .filter(path => mostBytes(path) !== undefined)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return paths.map(path => sourceOf({ from: join(folder, path), path }))
}

/** What tells what it is comes first. */
function rank(path: string): number {
  return path === 'manifest.json' ? 0 : path.startsWith('log.') ? 1 : 2
}

function sourceOf({ from, path }: Companion): Source {
  const bytes = statSync(from).size
  const most = mostBytes(path)
  if (most === undefined || bytes > most)
    throw new UserError({ code: 'too-large', message: `${from} has ${bytes} bytes, more than a bundle takes of ${path}.`, remedy: 'Copy the session folder itself instead.', path: from })
  return { from, path, bytes }
}
