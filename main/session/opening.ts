/** Reads a session folder from end to end, as its reader, its recorder and the library all must. Changes nothing. */
import type { EventOf, Recovery, SessionState } from '../../preload/contract/session'
import type { LogEnd, LoggedEvent } from './logReader'
import { statSync } from 'node:fs'
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
  const manifest = readManifest(folder)
  if (manifest !== undefined)
    checkFormat(folder, manifest.format)
  requireLog(folder)

  const reader = new LogReader(folder)
  const projection = new TablesProjection()
  let state = EMPTY_STATE
  let last = { t: 0, step: 0 }
  let sliceEnd = performance.now() + SLICE
  let n = 0
  for (const logged of reader.events()) {
    const { event } = logged
    if (event.kind === 'session.started')
      checkFormat(folder, event.format)
    projection.apply(event)
    state = reduceState(state, event)
    last = { t: Math.max(last.t, event.t), step: event.step }
    visit?.(logged)
    if (++n % 256 === 0 && performance.now() > sliceEnd) {
      await new Promise(setImmediate)
      sliceEnd = performance.now() + SLICE
    }
  }

  const started = projection.started ?? manifest
  if (started === undefined)
    throw notASession(folder, 'neither its log nor manifest.json says what it is')
  const recovery = projection.started === undefined ? firstEventLost(reader.recovery) : reader.recovery
  return { started, projection, state, last, ...(recovery === undefined ? {} : { recovery }), end: reader.end }
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

function firstEventLost(recovery: Recovery | undefined): Recovery {
  const note = 'The first event is lost; title, operators and start come from manifest.json.'
  return recovery === undefined
    ? { droppedBytes: 0, damagedRecords: 0, message: note }
    : { ...recovery, message: `${recovery.message} ${note}` }
}
