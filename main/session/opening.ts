/** What a session folder is, and what its log tells, as its reader, its recorder and the library all must know. Changes nothing. */
import type { EventOf, Recovery, SessionEvent } from '../../preload/contract/session'
import type { LogEnd } from './logReader'
import type { TablesProjection } from './tables'
import type { Timeline } from './timeline'
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { decodeTime, isValid } from 'ulid'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { notASession, readFailure } from './failures'
import { readIndex } from './index/sessionIndex'
import { logFile, logIndices } from './logFiles'
import { LogReader } from './logReader'
import { checkFormat, manifestFormat, readManifest } from './manifest'
import { numberOf, Versions } from './migrations/versions'
import { SessionScan } from './scan'

/** What a scan has found, so far or in the whole log. */
export interface OpenedLog {
  started: EventOf<'session.started'>
  tables: TablesProjection
  timeline: Timeline
  /** Time and step of the last event. */
  last: { t: number, step: number }
  recovery?: Recovery
  end: LogEnd
  versions: Versions
}

/**
 * With the help of its index where there is one, so what lies long before its end is not checked. Throws a UserError where the folder is missing (`file-missing`), no session (`not-a-session`) or from a newer version
 * (`session-newer`).
 */
export async function openLog(folder: string): Promise<OpenedLog> {
  const { manifest, versions } = identify(folder)
  const scan = new SessionScan({ folder, versions }, readIndex(folder)?.scanned)
  await scan.finish()
  return openedOf(scan, manifest)
}

export function openedOf(scan: SessionScan, manifest: EventOf<'session.started'> | undefined): OpenedLog {
  const { folder, versions, tables, timeline, last, first, reader } = scan
  const started = tables.started ?? manifest ?? guessed(folder, first)
  const recovery = tables.started === undefined ? firstEventLost(reader.recovery, manifest !== undefined) : reader.recovery
  return { started, tables, timeline, last, ...(recovery === undefined ? {} : { recovery }), end: reader.end, versions }
}

/** Throws unless this is a session of a format we know, at the cost of a look at its beginning. `manifest`: the first event as that tells it, where it does. */
export function identify(folder: string): { manifest?: EventOf<'session.started'>, versions: Versions } {
  requireLog(folder)
  const said = manifestFormat(folder)
  const manifest = readManifest(folder)
  if (said !== undefined && (manifest !== undefined || numberOf(said) !== undefined))
    checkFormat(folder, said)
  if (manifest !== undefined)
    return { manifest: manifest.started, versions: Versions.of(folder, manifest.started.format, manifest.format !== manifest.started.format) }
  const [first] = new LogReader(folder).events()
  if (first?.event.kind === 'session.started')
    checkFormat(folder, first.event.format)
  if (first !== undefined)
    return { versions: Versions.of(folder, first.event.kind === 'session.started' ? first.event.format : said ?? SESSION_FORMAT, true) }
  throw notASession(folder, 'it has no manifest.json and no whole event in its log')
}

function requireLog(folder: string): void {
  let isFolder: boolean
  try {
    isFolder = statSync(folder).isDirectory()
  }
  catch (error) {
    throw readFailure(error, folder)
  }
  if (!isFolder)
    throw notASession(folder, 'it is a file, a session is a folder')
  if (logIndices(folder).length === 0)
    throw notASession(folder, `${logFile(folder, 0)} is missing`)
}

function firstEventLost(recovery: Recovery | undefined, manifest: boolean): Recovery {
  const note = manifest
    ? 'The first event is lost; title, operators and start come from manifest.json.'
    : 'The first event and manifest.json are lost; the title is the name of the folder, the start is when the first event left was recorded.'
  return recovery === undefined
    ? { droppedBytes: 0, damagedRecords: 0, message: note }
    : { ...recovery, message: `${recovery.message} ${note}` }
}

/** Both places that say what a session is are gone, and yet what was recorded is worth reading. */
function guessed(folder: string, first: SessionEvent | undefined): EventOf<'session.started'> {
  if (first === undefined)
    throw notASession(folder, 'it has no manifest.json and no whole event in its log')
  const startedAt = isValid(first.id) ? new Date(decodeTime(first.id) - Math.floor(first.t / 1e6)).toISOString() : ''
  return { id: first.id, t: 0, step: 0, kind: 'session.started', format: SESSION_FORMAT, appVersion: '', title: basename(folder, '.session'), operators: [], startedAt, rootSeed: 0 }
}
