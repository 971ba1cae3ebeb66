/** What every export works with: the session, time for others between stretches of work, progress, and what is to be said in the end. */
import type { SessionEvent } from '../../../preload/contract/session'
import type { SessionReader } from '../reader'
import type { Companion } from './bundle'
import { UserError } from '../../../preload/contract/errors'
import { Blinding } from './blinding'

/** Longest stretch of work before other work gets a turn, milliseconds. */
const SLICE = 10
/** Events handed over at a time. */
const BATCH = 256

export interface ExportOptions {
  appVersion: string
  /** UTC: the one wall clock of an export. */
  now: Date
  /** Events done, of so many. */
  progress?: (done: number, total: number) => void
  signal?: AbortSignal
  /** Of a bundle: the primary and what it needs, to go along. */
  companions?: Companion[]
  /** With the ratings that are still blind. */
  withBlind?: boolean
}

export class ExportContext {
  readonly session: SessionReader
  readonly appVersion: string
  readonly now: Date
  /** Said to whoever asked for the export; each once. */
  readonly notes = new Set<string>()
  /** What may be told while ratings are blind. */
  readonly blinding: Blinding
  readonly #options: ExportOptions
  #sliceEnd = performance.now() + SLICE

  constructor(session: SessionReader, options: ExportOptions) {
    this.session = session
    this.appVersion = options.appVersion
    this.now = options.now
    this.#options = options
    this.blinding = new Blinding(session, options.withBlind ?? false)
    for (const note of this.blinding.notes)
      this.notes.add(note)
    if (session.recovery !== undefined)
      this.notes.add(`The log is not whole: ${session.recovery.message}`)
    if (session.summary.state === 'recording')
      this.notes.add('The session is still being recorded: this holds what was there when the export began.')
  }

  get companions(): Companion[] {
    return this.#options.companions ?? []
  }

  progress(done: number, total: number): void {
    this.#options.progress?.(done, total)
  }

  /** Every event but seals and keyframes, which are of the log and not of what happened, and what is rated blind. Others get their turn in between. */
  async* batches(): AsyncGenerator<SessionEvent[]> {
    const total = this.session.head.events
    let batch: SessionEvent[] = []
    let done = 0
    for (const event of this.session.events()) {
      if (event.kind === 'seal' || event.kind === 'keyframe' || !this.blinding.shows(event))
        continue
      batch.push(event)
      if (batch.length < BATCH)
        continue
      yield batch
      done += batch.length
      batch = []
      this.progress(done, total)
      await this.turn()
    }
    if (batch.length > 0)
      yield batch
    this.progress(total, total)
  }

  /** Gives others their turn, where it is time to. Throws `cancelled` when that was asked for. */
  async turn(): Promise<void> {
    if (performance.now() > this.#sliceEnd) {
      await new Promise(setImmediate)
      this.#sliceEnd = performance.now() + SLICE
    }
    if (this.#options.signal?.aborted === true)
      throw new UserError({ code: 'cancelled', message: 'The export was cancelled; nothing was left behind.', remedy: 'Start it again whenever you like.' })
  }

  /** A blob, or undefined where it is lost: an export of what is left is worth more than none. */
  blob(sha256: string, of: string): Uint8Array<ArrayBuffer> | undefined {
    try {
      return this.session.blob(sha256)
    }
    catch (error) {
      if (!(error instanceof UserError))
        throw error
      this.notes.add(`Left out ${of}: ${error.message}`)
      return undefined
    }
  }
}
