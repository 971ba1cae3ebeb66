/** Reads a session folder from end to end, as its reader, its recorder and the library all must. Changes nothing. */
import type { EventOf, Recovery, SessionEvent, SessionState } from '../../preload/contract/session'
import type { LogEnd, LoggedEvent } from './logReader'
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { decodeTime, isValid } from 'ulid'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { notASession, readFailure } from './failures'
import { logFile, logIndices } from './logFiles'
import { LogReader } from './logReader'
import { checkFormat, readManifest } from './manifest'
import { EMPTY_STATE, reduceState } from './state'
import { TablesProjection } from './tables'

export interface OpenedLog {
  started: EventOf<'session.started'>
  projection: TablesProjection
  /** After the last event. */
  state: SessionState
  /** Time and step of the last event. */
  last: { t: number, step: number }
  recovery?: Recovery
  end: LogEnd
}

/** Longest stretch of work before other work gets a turn, milliseconds. */
const SLICE = 10

/**
 * Gives every whole event to `visit`. Throws a UserError where the folder is missing (`file-missing`), no session
 * (`not-a-session`) or from a newer version (`session-newer`).
 */
export async function openLog(folder: string, visit?: (logged: LoggedEvent) => void): Promise<OpenedLog> {
  const manifest = identify(folder)
  const reader = new LogReader(folder)
  const projection = new TablesProjection()
  let state = EMPTY_STATE
  let first: SessionEvent | undefined
  let last = { t: 0, step: 0 }
  let sliceEnd = performance.now() + SLICE
  let n = 0
  for (const logged of reader.events()) {
    const { event } = logged
    if (event.kind === 'session.started')
      checkFormat(folder, event.format)
    first ??= event
    projection.apply(event)
    state = reduceState(state, event)
    last = { t: Math.max(last.t, event.t), step: event.step }
    visit?.(logged)
    if (++n % 256 === 0 && performance.now() > sliceEnd) {
      await new Promise(setImmediate)
      sliceEnd = performance.now() + SLICE
    }
  }

  const started = projection.started ?? manifest ?? guessed(folder, first)
  const recovery = projection.started === undefined ? firstEventLost(reader.recovery, manifest !== undefined) : reader.recovery
  return { started, projection, state, last, ...(recovery === undefined ? {} : { recovery }), end: reader.end }
}

/** Throws unless this is a session of a format we know, at the cost of a look at its beginning; the manifest, if it has one. */
export function identify(folder: string): EventOf<'session.started'> | undefined {
  requireLog(folder)
  const manifest = readManifest(folder)
  if (manifest !== undefined) {
    checkFormat(folder, manifest.format)
    return manifest
  }
  const [first] = new LogReader(folder).events()
  if (first?.event.kind === 'session.started')
    checkFormat(folder, first.event.format)
  if (first !== undefined)
    return undefined
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
