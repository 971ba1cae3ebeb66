/** Exports of a session, and the import of our own bundle: what both sides say about them. */
import { z } from 'zod'

export const EXPORT_FORMATS = ['jsonl', 'csv', 'mcap', 'bids', 'nwb', 'report', 'bundle'] as const
export const exportFormatSchema = z.enum(EXPORT_FORMATS)
export type ExportFormat = z.infer<typeof exportFormatSchema>

/** What each is for, in a line; and how its name ends, '' where it is a folder. */
export const EXPORT_ABOUT: Record<ExportFormat, { title: string, about: string, ending: string }> = {
  jsonl: { title: 'JSON lines', about: 'every event as it was recorded, one a line', ending: '.jsonl' },
  csv: { title: 'CSV', about: 'a folder of flat tables, each column described', ending: '' },
  mcap: { title: 'MCAP', about: 'a channel per kind of event, for robotics and data viewers', ending: '.mcap' },
  bids: { title: 'BIDS-iEEG', about: 'a data set as the brain imaging field keeps them', ending: '' },
  nwb: { title: 'NWB', about: 'one HDF5 file as neurophysiology keeps them', ending: '.nwb' },
  report: { title: 'Report', about: 'one page with figures, to read and to print', ending: '.html' },
  bundle: { title: 'Bundle', about: 'the whole session as one file, to be imported elsewhere', ending: '.zip' },
}

export interface Exported {
  /** Absolute. */
  out: string
  files: number
  bytes: number
  /** What a reader of the export should know: what was left out, what was damaged. */
  notes: string[]
}

export interface Imported {
  /** The session's folder, absolute. */
  out: string
  title: string
  files: number
  bytes: number
  notes: string[]
}

/** An export or an import under way, as the screen follows it. `done` of `total`: events, or bytes of an import. */
export interface ExportProgress { done: number, total: number }
