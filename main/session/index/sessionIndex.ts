/**
 * `index.sqlite` of a session: what a scan of its log found, kept so that opening it again need not read the log. Derived
 * and deletable. It is believed only while the log still begins with what it was made from; a log that has grown since is
 * read on from there.
 */
import type { Scanned } from '../scan'
import type { KeptColumn, TimelineFacts } from '../timeline'
import { Buffer } from 'node:buffer'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SESSION_FORMAT } from '../../../preload/contract/session'
import { eventFromJson, eventToJson } from '../eventJson'
import { lockHolder } from '../lock'
import { logFile, logIndices } from '../logFiles'
import { KEPT_COLUMN_NAMES, Timeline } from '../timeline'
import { readParts, writeParts } from './parts'

/** To be raised with every change of what a part holds. */
const VERSION = `4 of ${SESSION_FORMAT}`
/** A log below this is read about as fast as its index would be, bytes. */
export const WORTH_INDEXING = 2 ** 20

const count = z.int().nonnegative()
const stampSchema = z.array(z.object({ file: count, size: count, changed: z.number() }))
type Stamp = z.infer<typeof stampSchema>
const factsSchema = z.object({
  version: z.literal(VERSION),
  stamp: stampSchema,
  passed: count,
  duration: z.number(),
  last: z.object({ t: z.number(), step: z.number() }),
  first: z.unknown(),
  checkpoint: z.object({ file: count, offset: count, bytes: count, count, chain: z.string().length(64), damaged: count, notes: z.array(z.string()) }).optional(),
  end: z.object({ file: count, size: count }),
  timeline: z.custom<TimelineFacts>(value => typeof value === 'object' && value !== null),
})

export function indexPath(folder: string): string {
  return join(folder, 'index.sqlite')
}

/** Undefined where it is missing, damaged, of another version or of another log. `fresh` where the log has not grown since. */
export function readIndex(folder: string): { scanned: Scanned, fresh: boolean } | undefined {
  const parts = readParts(indexPath(folder))
  if (parts === undefined)
    return undefined
  try {
    const facts = factsSchema.parse(JSON.parse(text(parts, 'facts')))
    const fit = fits(facts.stamp, stampOf(folder))
    if (fit === 'not')
      return undefined
    const few = text(parts, 'few').split('\n').filter(line => line !== '').map(line => eventFromJson(line))
    const first = eventFromJson(JSON.stringify(facts.first))
    const timeline = Timeline.restored(facts.timeline, column => part(parts, column))
    const { passed, duration, last, checkpoint, end } = facts
    return { scanned: { timeline, few: few.map(event => event!), first, passed, duration, last, checkpoint, end }, fresh: fit === 'same' }
  }
  catch {
    return undefined
  }
}

/** Keeps a finished scan. Never throws: a session without an index works all the same. Answers whether it was kept. */
export async function writeIndex(folder: string, scanned: Scanned): Promise<boolean> {
  // A log that is being written would outdate it at once.
  if (lockHolder(folder) !== undefined)
    return false
  try {
    const stamp = stampOf(folder)
    await writeParts(indexPath(folder), partsOf(scanned, stamp))
    return true
  }
  catch {
    return false
  }
}

export function removeIndex(folder: string): void {
  rmSync(indexPath(folder), { force: true })
}

function* partsOf({ timeline, few, first, passed, duration, last, checkpoint, end }: Scanned, stamp: Stamp): Generator<[string, Uint8Array]> {
  for (const column of KEPT_COLUMN_NAMES)
    yield [column, timeline.bytes(column)]
  yield ['few', Buffer.from(few.map(eventToJson).join('\n'))]
  yield ['facts', Buffer.from(JSON.stringify({ version: VERSION, stamp, passed, duration, last, first: first && JSON.parse(eventToJson(first)), checkpoint, end, timeline: timeline.facts }))]
}

function part(parts: Map<string, Uint8Array>, name: KeptColumn | 'few' | 'facts'): Uint8Array {
  const bytes = parts.get(name)
  if (bytes === undefined)
    throw new Error(`the index has no ${name}`)
  return bytes
}

function text(parts: Map<string, Uint8Array>, name: 'few' | 'facts'): string {
  return new TextDecoder().decode(part(parts, name))
}

function stampOf(folder: string): Stamp {
  return logIndices(folder).map((file) => {
    const { size, mtimeMs } = statSync(logFile(folder, file))
    return { file, size, changed: mtimeMs }
  })
}

/** `grew`: every file is as it was, but that the last one is longer or others follow it. */
function fits(before: Stamp, now: Stamp): 'same' | 'grew' | 'not' {
  for (const [i, { file, size, changed }] of before.entries()) {
    const other = now[i]
    const last = i === before.length - 1
    if (other?.file !== file || other.size < size || (!last && other.size !== size) || (other.size === size && other.changed !== changed))
      return 'not'
  }
  const last = before.at(-1)
  if (last === undefined)
    return 'not'
  return now.length > before.length || now[before.length - 1]!.size > last.size ? 'grew' : 'same'
}
