/** Events of a log by place: all from one to another, some kinds of them only, or a single one. */
import type { EventKind, EventOf, SessionEvent } from '../../preload/contract/session'
import type { Versions } from './migrations/versions'
import type { Place } from './timeline'
import { Buffer } from 'node:buffer'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { UserError } from '../../preload/contract/errors'
import { readFailure } from './failures'
import { logFile, logIndices, walkFile } from './logFiles'
import { peek } from './peek'
import { HEADER, recordAt } from './record'

export const BEGINNING: Place = { file: 0, offset: 0 }

/** A log, and which versions wrote it. */
export interface Log { folder: string, versions: Versions }

/** Whole events from a place on, in order, up to and without the one at `to`; of the named kinds only, if any are named. */
export function eventsBetween(log: Log, from: Place, to?: Place): Generator<SessionEvent>
export function eventsBetween<K extends EventKind>(log: Log, from: Place, to: Place | undefined, kinds: readonly K[]): Generator<EventOf<K>>
export function* eventsBetween({ folder, versions }: Log, from: Place, to?: Place, kinds?: readonly EventKind[]): Generator<SessionEvent> {
  for (const file of logIndices(folder)) {
    if (file < from.file || (to !== undefined && file > to.file))
      continue
    for (const { kind, offset, bytes } of walkFile(logFile(folder, file), file === from.file ? from.offset : 0)) {
      if (to !== undefined && file === to.file && offset >= to.offset)
        return
      const event = kind === 'record' ? eventOf(versions, { file, offset }, bytes, kinds) : undefined
      if (event !== undefined)
        yield event
    }
  }
}

/** The event whose record starts there. Throws the UserError `event-damaged` where none does any more. */
export function eventAt({ folder, versions }: Log, { file, offset }: Place): SessionEvent {
  const path = logFile(folder, file)
  const record = readRecord(path, offset)
  const event = record && versions.event(record.toString('utf8', HEADER), file, offset)
  if (event !== undefined)
    return event
  throw new UserError({
    code: 'event-damaged',
    message: `${path} holds no whole event at byte ${offset.toLocaleString('en')} any more.`,
    remedy: 'Close the session and open it again: what is damaged is then left out. `symbiote recover` says more.',
    path,
  })
}

/** Bytes at the end of a log that hold a last record, unless that is an uncommonly long one. */
const TAIL = 256 * 1024

/** Time of the last record, ns, without reading what comes before; 0 where none is found. */
export function lastTime(folder: string): number {
  const file = logIndices(folder).at(-1)
  if (file === undefined)
    return 0
  const path = logFile(folder, file)
  let last = 0
  for (const { kind, bytes } of walkFile(path, Math.max(0, statSync(path).size - TAIL))) {
    if (kind === 'record')
      last = Math.max(last, peek(bytes)?.t ?? 0)
  }
  return last
}

function eventOf(versions: Versions, { file, offset }: Place, bytes: Buffer, kinds: readonly EventKind[] | undefined): SessionEvent | undefined {
  const seen = kinds !== undefined && versions.isPresent ? peek(bytes) : undefined
  if (seen !== undefined && !(kinds as readonly string[]).includes(seen.kind))
    return undefined
  const event = versions.event(bytes.toString('utf8', HEADER), file, offset)
  return event !== undefined && (kinds === undefined || kinds.includes(event.kind)) ? event : undefined
}

function readRecord(path: string, offset: number): Buffer | undefined {
  try {
    const fd = openSync(path, 'r')
    try {
      return recordAt((at, length) => {
        const bytes = Buffer.alloc(length)
        return bytes.subarray(0, readSync(fd, bytes, 0, length, at))
      }, offset)
    }
    finally {
      closeSync(fd)
    }
  }
  catch (error) {
    throw readFailure(error, path)
  }
}
