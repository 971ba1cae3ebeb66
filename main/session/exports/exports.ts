/** Exports a session: one entry for every format. What each writes is in a file of its own beside this one. */
import type { Exported, ExportFormat } from '../../../preload/contract/exports'
import type { SessionReader } from '../reader'
import type { ExportOptions } from './context'
import { resolve } from 'node:path'
import { writeBids } from './bids/bids'
import { writeBundle } from './bundle'
import { ExportContext } from './context'
import { writeCsv } from './csv'
import { writeJsonLines } from './jsonl'
import { writeMcap } from './mcap'
import { writeNwb } from './nwb/nwb'
import { writeReport } from './report/report'
import { requireOutside, writeWholeAt } from './whole'

const WRITERS: Record<ExportFormat, (context: ExportContext, at: string) => Promise<void>> = {
  jsonl: writeJsonLines,
  csv: writeCsv,
  mcap: writeMcap,
  bids: writeBids,
  nwb: writeNwb,
  report: writeReport,
  bundle: writeBundle,
}

/**
 * Whole under its name or not there at all. Throws UserErrors: `exists`, `inside-session`, `disk-full`, `not-writable`, `cancelled` …
 * A session that is damaged is exported as far as it is whole, and the notes say what is missing.
 */
export async function exportSession(session: SessionReader, to: ExportFormat, out: string, options: ExportOptions): Promise<Exported> {
  requireOutside(out, session.folder)
  // An index may have opened it before it was read: what is not whole is known at its end.
  await session.whole()
  const context = new ExportContext(session, options)
  const written = await writeWholeAt(out, async (at) => {
    await WRITERS[to](context, at)
    // The last moment at which it can be called off.
    await context.turn()
  })
  return { out: resolve(out), ...written, notes: [...context.notes] }
}
