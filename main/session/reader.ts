/** An open session: what it says as a whole, its timeline, the state at any moment, events, blobs. Reads only; a session being recorded may be read too. */
import type { UserErrorData } from '../../preload/contract/errors'
import type { EventKind, EventOf, Recovery, SessionEvent, SessionState, SessionSummary, SessionTables } from '../../preload/contract/session'
import type { SessionHead, TimelineEvent, TimelinePage } from '../../preload/contract/timeline'
import type { AnnotationTables } from './annotationTables'
import type { OpenedLog } from './opening'
import { BlobStore } from './blobs'
import { readIndex, removeIndex, WORTH_INDEXING, writeIndex } from './index/sessionIndex'
import { judged } from './judged'
import { Moments } from './moments'
import { identify, openedOf } from './opening'
import { SessionScan } from './scan'
import { summaryOf } from './summary'
import { TablesProjection } from './tables'
import { BEGINNING, eventAt, eventsBetween, lastTime } from './walk'
import { whyReadOnly } from './writable'

export class SessionReader {
  readonly folder: string
  readonly #scan: SessionScan
  readonly #manifest: EventOf<'session.started'> | undefined
  readonly #blobs: BlobStore
  readonly #moments: Moments
  readonly #fromIndex: boolean
  #indexed: Promise<void> = Promise.resolve()
  #head: SessionHead | undefined
  /** Of a log that is not read yet, as its last records tell, ns. */
  #length: number | undefined
  #tables: SessionTables | undefined

  private constructor(folder: string, scan: SessionScan, manifest: EventOf<'session.started'> | undefined, fromIndex = false) {
    this.folder = folder
    this.#scan = scan
    this.#manifest = manifest
    this.#blobs = new BlobStore(folder)
    this.#moments = new Moments(scan, scan.timeline)
    this.#fromIndex = fromIndex
  }

  /** Reads and checks all of it. Throws UserErrors: `file-missing`, `not-a-session`, `session-newer`, `not-readable`. A damaged or cut log opens with what is whole. */
  static async open(folder: string): Promise<SessionReader> {
    const { manifest, versions } = identify(folder)
    const scan = new SessionScan({ folder, versions })
    await scan.finish()
    return new SessionReader(folder, scan, manifest)
  }

  /**
   * Opens from the index where there is one that fits, and is then whole at once; otherwise as soon as the beginning is
   * read. The rest is read on in the background, and what is said until `whole` is of what has been read. An index is
   * kept for the next time. The log behind an index is not checked: `check` does that.
   */
  static async begin(folder: string, { indexFrom = WORTH_INDEXING } = {}): Promise<SessionReader> {
    const { manifest, versions } = identify(folder)
    const kept = readIndex(folder)
    const scan = new SessionScan({ folder, versions }, kept?.scanned)
    await scan.until(() => scan.timeline.pages > 0)
    const reader = new SessionReader(folder, scan, manifest, kept !== undefined)
    if (kept?.fresh !== true)
      reader.#indexed = scan.finish().then(() => reader.#keep(indexFrom), () => {})
    return reader
  }

  /** Resolves when an index is kept, or there will be none. */
  get indexed(): Promise<void> {
    return this.#indexed
  }

  /**
   * Reads the whole log behind an index, letting others have their turn: every checksum and the chain. False where it is
   * not what the index was made from; the index is then removed, and the session must be opened again.
   */
  async check(): Promise<boolean> {
    await this.whole()
    await this.#indexed
    if (!this.#fromIndex)
      return true
    const recovery = await judged(this.folder)
    if (JSON.stringify(recovery) === JSON.stringify(this.#scan.reader.recovery))
      return true
    removeIndex(this.folder)
    return false
  }

  /** Resolves when the log has been read to its end. */
  async whole(): Promise<void> {
    await this.#scan.finish()
    this.#head = undefined
  }

  /** Resolves when the log has been read beyond `t` ns. */
  async reach(t: number): Promise<void> {
    await this.#scan.until(() => this.#scan.last.t > t)
  }

  /** What was wrong with the log and left out; undefined where it is whole. */
  get recovery(): Recovery | undefined {
    return this.#opened.recovery
  }

  /** Do not change: shared with later calls. */
  get head(): SessionHead {
    if (this.#head !== undefined && this.#scan.done)
      return this.#head
    const { tables, started, timeline } = this.#opened
    const head = tables.head(started, timeline.counts)
    if (this.#scan.done)
      return this.#head = head
    // What is not read yet has its length all the same.
    this.#length ??= lastTime(this.folder)
    return { ...head, duration: Math.max(head.duration, this.#length) }
  }

  /** A page of the timeline, or undefined past the last; waits until it has been read. */
  async page(page: number): Promise<TimelinePage | undefined> {
    const { timeline } = this.#scan
    await this.#scan.until(() => timeline.pages > page)
    if (page >= timeline.pages)
      return undefined
    const last = this.#scan.done && page === timeline.pages - 1
    return { ...timeline.page(page), ...(last ? { last: this.head } : {}) }
  }

  /** Every event in tables: reads the whole log once more, and holds it. For what has few events; `events` walks the others. Do not change. */
  get tables(): SessionTables {
    if (this.#tables === undefined) {
      const projection = new TablesProjection()
      for (const event of this.events())
        projection.apply(event)
      this.#tables = projection.tables(this.#opened.started)
    }
    return this.#tables
  }

  /** Annotations, tiers, vocabularies and blind ratings as they stand. */
  get notes(): AnnotationTables {
    return this.#scan.tables.notes
  }

  get summary(): SessionSummary {
    return summaryOf(this.folder, this.#opened)
  }

  /** Why nothing can be added to it now, where that is so. */
  get readOnly(): UserErrorData | undefined {
    return whyReadOnly(this.folder)
  }

  /** Takes in an event that a recorder appended since, so that the head shows it without reading again. */
  apply(event: SessionEvent): void {
    this.#scan.tables.apply(event)
    this.#head = this.#tables = undefined
    this.#moments.forget()
  }

  /** The state after every event up to and at `t` ns, read from the nearest keyframe on. */
  stateAt(t: number): SessionState {
    return this.#moments.stateAt(t)
  }

  /** A stimulation or trial by its index on the timeline; undefined where there is none. Throws `event-damaged`. */
  event(kind: TimelineEvent['kind'], index: number): TimelineEvent | undefined {
    const place = this.#scan.timeline.placeOf(kind, index)
    const event = place && eventAt(this.#scan, place)
    return event?.kind === kind ? event as TimelineEvent : undefined
  }

  /** Monitored activity with samples in [from, to), ns. Throws `event-damaged`. */
  signals(from: number, to: number): EventOf<'signal'>[] {
    return this.#scan.timeline.signalPlaces(from, to).map(place => eventAt(this.#scan, place)).filter(event => event.kind === 'signal')
  }

  /** Id and time of every trial, in order. */
  get trials(): { trial: string, t: number }[] {
    return this.#scan.timeline.trials
  }

  /** The primary's step at a moment. */
  stepAt(t: number): number {
    return this.#scan.timeline.stepAt(t)
  }

  trial(id: string): EventOf<'trial'> | undefined {
    const index = this.#scan.timeline.trialIndex(id)
    const event = index === undefined ? undefined : this.event('trial', index)
    return event?.kind === 'trial' ? event : undefined
  }

  /** Throws the UserErrors `blob-missing` and `blob-damaged`. */
  blob(sha256: string): Uint8Array<ArrayBuffer> {
    return this.#blobs.get(sha256)
  }

  /** Every whole event, seals and keyframes among them, in order; only those of the named kinds, if any are named. One at a time: a session of any size can be walked. */
  events(): Generator<SessionEvent>
  events<K extends EventKind>(...kinds: K[]): Generator<EventOf<K>>
  events(...kinds: EventKind[]): Generator<SessionEvent> {
    return kinds.length === 0 ? eventsBetween(this.#scan, BEGINNING) : eventsBetween(this.#scan, BEGINNING, undefined, kinds)
  }

  async #keep(indexFrom: number): Promise<void> {
    const { scanned, reader } = this.#scan
    if (reader.end.bytes >= indexFrom)
      await writeIndex(this.folder, scanned)
  }

  get #opened(): OpenedLog {
    return openedOf(this.#scan, this.#manifest)
  }
}
