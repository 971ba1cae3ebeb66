/** An open session: tables, the state at any moment, blobs. Reads only; a session being recorded may be read too. */
import type { UserErrorData } from '../../preload/contract/errors'
import type { Recovery, SessionEvent, SessionState, SessionSummary, SessionTables } from '../../preload/contract/session'
import type { AnnotationTables } from './annotationTables'
import type { LoggedEvent } from './logReader'
import type { OpenedLog } from './opening'
import { BlobStore } from './blobs'
import { eventFromJson } from './eventJson'
import { logFile, logIndices, walkFile } from './logFiles'
import { openLog } from './opening'
import { HEADER } from './record'
import { EMPTY_STATE, reduceState } from './state'
import { summaryOf } from './summary'
import { whyReadOnly } from './writable'

/** A place in the log where reading may start: its beginning, or a keyframe. */
interface Entry { t: number, file: number, offset: number }

export class SessionReader {
  readonly folder: string
  /** What was wrong with the log and left out; undefined where it is whole. */
  readonly recovery: Recovery | undefined
  readonly #opened: OpenedLog
  readonly #blobs: BlobStore
  /** Ascending in t. */
  readonly #entries: Entry[]
  #tables: SessionTables | undefined
  /** The stretch last looked at: scrubbing asks for the same one again and again. */
  #stretch: { index: number, events: SessionEvent[] } | undefined

  private constructor(folder: string, opened: OpenedLog, entries: Entry[]) {
    this.folder = folder
    this.recovery = opened.recovery
    this.#opened = opened
    this.#blobs = new BlobStore(folder)
    this.#entries = entries
  }

  /** Throws UserErrors: `file-missing`, `not-a-session`, `session-newer`, `not-readable`. A damaged or cut log opens with what is whole. */
  static async open(folder: string): Promise<SessionReader> {
    const entries: Entry[] = [{ t: 0, file: 0, offset: 0 }]
    const opened = await openLog(folder, ({ event, file, offset }: LoggedEvent) => {
      if (event.kind === 'keyframe' && isState(event.state) && event.t >= entries.at(-1)!.t)
        entries.push({ t: event.t, file, offset })
    })
    return new SessionReader(folder, opened, entries)
  }

  /** Do not change: shared with later calls. */
  get tables(): SessionTables {
    this.#tables ??= this.#opened.projection.tables(this.#opened.started)
    return this.#tables
  }

  /** Annotations, tiers, vocabularies and blind ratings as they stand. */
  get notes(): AnnotationTables {
    return this.#opened.projection.notes
  }

  get summary(): SessionSummary {
    return summaryOf(this.folder, this.#opened)
  }

  /** Why nothing can be added to it now, where that is so. */
  get readOnly(): UserErrorData | undefined {
    return whyReadOnly(this.folder)
  }

  /** Takes in an event that a recorder appended since, so that the tables show it without reading again. */
  apply(event: SessionEvent): void {
    this.#opened.projection.apply(event)
    this.#tables = undefined
    this.#stretch = undefined
  }

  /** The state after every event up to and at `t` ns, read from the nearest keyframe on. */
  stateAt(t: number): SessionState {
    const index = this.#entryAt(t)
    let state = EMPTY_STATE
    for (const event of this.#eventsFrom(index)) {
      if (event.t > t)
        break
      if (event.kind === 'keyframe' && isState(event.state))
        state = event.state
      else
        state = reduceState(state, event)
    }
    return state
  }

  /** Throws the UserErrors `blob-missing` and `blob-damaged`. */
  blob(sha256: string): Uint8Array<ArrayBuffer> {
    return this.#blobs.get(sha256)
  }

  /** Every whole event, seals and keyframes among them, in order. */
  * events(): Generator<SessionEvent> {
    yield* eventsBetween(this.folder, this.#entries[0]!)
  }

  /** Index of the last entry at or before `t`. */
  #entryAt(t: number): number {
    let low = 0
    let high = this.#entries.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#entries[middle]!.t <= t)
        low = middle
      else
        high = middle - 1
    }
    return low
  }

  #eventsFrom(index: number): SessionEvent[] {
    if (this.#stretch?.index !== index)
      this.#stretch = { index, events: [...eventsBetween(this.folder, this.#entries[index]!, this.#entries[index + 1])] }
    return this.#stretch.events
  }
}

function* eventsBetween(folder: string, from: Entry, to?: Entry): Generator<SessionEvent> {
  for (const file of logIndices(folder)) {
    if (file < from.file || (to !== undefined && file > to.file))
      continue
    for (const { kind, offset, bytes } of walkFile(logFile(folder, file), file === from.file ? from.offset : 0)) {
      if (to !== undefined && file === to.file && offset >= to.offset)
        return
      const event = kind === 'record' ? eventFromJson(bytes.toString('utf8', HEADER)) : undefined
      if (event !== undefined)
        yield event
    }
  }
}

function isState(value: unknown): value is SessionState {
  return typeof value === 'object' && value !== null && 'tags' in value && Array.isArray(value.tags)
}
