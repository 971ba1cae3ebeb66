/**
 * One line of the library about a session. Kept beside the log as `summary.json`, derived and deletable, so that a
 * library of long sessions is listed without reading them; it is believed only while the log has the size it was made from.
 */
import type { SessionSummary } from '../../preload/contract/session'
import type { OpenedLog } from './opening'
import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { lockHolder } from './lock'
import { logFile, logIndices } from './logFiles'
import { writeWhole } from './manifest'
import { openLog } from './opening'

const count = z.int().nonnegative()
const storedSchema = z.object({
  /** Bytes of all log files. */
  bytes: count.optional(),
  lifecycle: z.enum(['started', 'reopened', 'ended']),
  title: z.string(),
  operators: z.array(z.string()),
  startedAt: z.string(),
  duration: count,
  events: count,
  trials: count,
  annotations: count,
  primary: z.string(),
})
type Stored = z.infer<typeof storedSchema>

/** Throws the UserErrors of opening. */
export async function summarizeSession(folder: string): Promise<SessionSummary> {
  const bytes = logBytes(folder)
  const kept = readStored(folder)
  if (kept !== undefined && bytes !== undefined && kept.bytes === bytes)
    return summaryFrom(folder, kept)
  const stored = storedOf(await openLog(folder), bytes)
  keep(folder, stored)
  return summaryFrom(folder, stored)
}

export function summaryOf(folder: string, opened: OpenedLog): SessionSummary {
  return summaryFrom(folder, storedOf(opened, undefined))
}

function storedOf({ tables, timeline, started }: OpenedLog, bytes: number | undefined): Stored {
  const { title, operators, startedAt } = started
  const { duration, events, annotations, provenance } = tables.head(started, timeline.counts)
  return {
    bytes,
    lifecycle: tables.lifecycle,
    title,
    operators,
    startedAt,
    duration,
    events,
    trials: timeline.counts.trials,
    annotations: annotations.length,
    primary: provenance.at(-1)?.primary.name ?? '',
  }
}

function summaryFrom(path: string, { bytes: _, lifecycle, ...rest }: Stored): SessionSummary {
  return { path, name: basename(path, '.session'), ...rest, state: stateOf(path, lifecycle) }
}

/** A session that was closed and is being annotated stays closed; one whose recording still runs is recording. */
function stateOf(folder: string, lifecycle: Stored['lifecycle']): SessionSummary['state'] {
  if (lifecycle === 'ended')
    return 'closed'
  if (lockHolder(folder) === undefined)
    return 'unclosed'
  return lifecycle === 'started' ? 'recording' : 'closed'
}

function logBytes(folder: string): number | undefined {
  try {
    return logIndices(folder).reduce((sum, index) => sum + statSync(logFile(folder, index)).size, 0)
  }
  catch {
    return undefined
  }
}

function readStored(folder: string): Stored | undefined {
  try {
    return storedSchema.parse(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')))
  }
  catch {
    return undefined
  }
}

function keep(folder: string, stored: Stored): void {
  // A log that grows would outdate it at once.
  if (lockHolder(folder) !== undefined)
    return
  try {
    writeWhole(join(folder, 'summary.json'), JSON.stringify(stored))
  }
  catch {
    // A folder that may not be written to is read again next time.
  }
}
