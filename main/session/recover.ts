/**
 * What is wrong with a session, place by place, and a repaired copy of it. The original is only read. In the copy stands
 * every whole event as it was, under a new chain; what could not be read lies beside it in `recovered/`.
 */
import type { Buffer } from 'node:buffer'
import type { Recovery, SessionEvent } from '../../preload/contract/session'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { BlobStore } from './blobs'
import { claimFolder, dropFolder } from './claim'
import { eventFromJson, eventToJson } from './eventJson'
import { writeFailure } from './failures'
import { indexPath, readIndex } from './index/sessionIndex'
import { judged } from './judged'
import { inUse, lockHolder } from './lock'
import { logFile, logIndices, walkFile } from './logFiles'
import { LogWriter } from './logWriter'
import { writeManifest } from './manifest'
import { formatOf, numberOf } from './migrations/versions'
import { openLog } from './opening'
import { HEADER } from './record'

/** Bytes of a log that are no event. */
export interface Damage { file: string, offset: number, bytes: number, what: 'damaged' | 'torn tail' }

export interface RecoveryReport {
  session: string
  whole: boolean
  events: number
  records: Damage[]
  /** In words, with what the chain says; undefined where the log is whole. */
  log?: Recovery
  blobs: { named: number, missing: string[], damaged: string[] }
  index: 'none' | 'whole' | 'old or damaged'
  out?: string
}

/** Looks at every byte. Throws the UserErrors of opening a session. */
export async function examineSession(folder: string): Promise<RecoveryReport> {
  await openLog(folder)
  const blobs = new Set<string>()
  const records: Damage[] = []
  let events = 0
  for (const { event, damage } of contents(folder)) {
    if (damage !== undefined)
      records.push(damage)
    if (event === undefined)
      continue
    events += event.kind === 'seal' || event.kind === 'keyframe' ? 0 : 1
    blobsOf(event).forEach(name => blobs.add(name))
  }
  const log = await judged(folder)
  const { missing, damaged } = checkBlobs(folder, blobs)
  const index = !existsSync(indexPath(folder)) ? 'none' : readIndex(folder) === undefined ? 'old or damaged' : 'whole'
  return { session: folder, whole: log === undefined && missing.length === 0 && damaged.length === 0, events, records, ...(log === undefined ? {} : { log }), blobs: { named: blobs.size, missing, damaged }, index }
}

/** Writes the copy. Throws `session-exists` where there is something at `out`, `session-in-use` while the session is recorded, and what a failed write throws. */
export async function recoverSession(folder: string, out: string): Promise<RecoveryReport> {
  const holder = lockHolder(folder)
  if (holder !== undefined)
    throw inUse(folder, holder)
  const report = await examineSession(folder)
  const made = claimFolder(out)
  try {
    await writeCopy(folder, out, new Set([...report.blobs.missing, ...report.blobs.damaged]))
  }
  catch (error) {
    if (made)
      dropFolder(out)
    throw writeFailure(error, out)
  }
  return { ...report, out }
}

async function writeCopy(folder: string, out: string, lost: Set<string>): Promise<void> {
  const { started, tables, last, versions } = await openLog(folder)
  const [from, to] = [new BlobStore(folder), new BlobStore(out)]
  const copied = new Set<string>()
  const writer = new LogWriter(out)
  let final = { id: started.id, t: last.t, step: last.step }
  const seal = (event: typeof final, isFinal: boolean): void => writer.seal(values => eventToJson({ ...event, kind: 'seal', ...values, final: isFinal }))
  try {
    const ended = tables.lifecycle === 'ended'
    // The end that is added is of this version, and says so where what comes before it is not.
    const older = versions.newest !== numberOf(SESSION_FORMAT)
    writeManifest(out, started, ended ? formatOf(versions.newest) : SESSION_FORMAT)
    if (tables.started === undefined)
      writer.append(eventToJson(started))
    for (const { event, text, damage, bytes } of contents(folder)) {
      if (damage !== undefined)
        setAside(out, damage, bytes)
      if (event === undefined)
        continue
      final = { id: event.id, t: event.t, step: event.step }
      // The chain is another one: its seals are written anew where they stood.
      if (event.kind === 'seal') {
        seal(final, false)
        continue
      }
      for (const name of blobsOf(event)) {
        if (!lost.has(name) && !copied.has(name))
          to.put(from.get(name))
        copied.add(name)
      }
      writer.append(text)
    }
    if (!ended)
      writer.append(eventToJson({ ...final, t: last.t, kind: 'session.ended', reason: 'recovered', ...older ? { format: SESSION_FORMAT } : {} }))
    seal({ ...final, t: last.t }, true)
    to.sync()
    writer.sync()
  }
  finally {
    writer.close()
  }
}

interface Piece { event?: SessionEvent, text: string, damage?: Damage, bytes: Buffer }

/** Every stretch of the log in order. */
function* contents(folder: string): Generator<Piece> {
  const files = logIndices(folder)
  for (const file of files) {
    const path = logFile(folder, file)
    for (const { kind, offset, bytes } of walkFile(path)) {
      const text = kind === 'record' ? bytes.toString('utf8', HEADER) : ''
      const event = kind === 'record' ? eventFromJson(text) : undefined
      if (event !== undefined)
        yield { event, text, bytes }
      else
        yield { text, bytes, damage: { file: basename(path), offset, bytes: bytes.length, what: kind === 'tail' && file === files.at(-1) ? 'torn tail' : 'damaged' } }
    }
  }
}

function setAside(out: string, { file, offset }: Damage, bytes: Buffer): void {
  mkdirSync(join(out, 'recovered'), { recursive: true })
  writeFileSync(join(out, 'recovered', `${file}@${offset}`), bytes)
}

function checkBlobs(folder: string, names: Iterable<string>): { missing: string[], damaged: string[] } {
  const store = new BlobStore(folder)
  const found = { missing: [] as string[], damaged: [] as string[] }
  for (const name of names) {
    try {
      store.get(name)
    }
    catch (error) {
      if (!(error instanceof UserError))
        throw error
      found[error.code === 'blob-damaged' ? 'damaged' : 'missing'].push(name)
    }
  }
  return found
}

/** Hashes of things that lie elsewhere: weights, data sets, lock files, the chain. */
const NOT_BLOBS = new Set(['weightsSha256', 'sha256', 'lockSha256', 'chain', 'primarySha256', 'datasetSha256'])

/** Every blob an event names. A keyframe's state repeats events that stand in the log. */
function blobsOf(event: SessionEvent): string[] {
  return event.kind === 'keyframe' ? [] : hashesIn(event)
}

function hashesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null)
    return []
  return Object.entries(value).flatMap(([key, inner]) => typeof inner === 'string' ? (/^[0-9a-f]{64}$/.test(inner) && !NOT_BLOBS.has(key) ? [inner] : []) : hashesIn(inner))
}
