/**
 * Writes a session. When `append` returns, the event is in the log and survives the death of this process; within
 * 250 ms it survives a power cut. Seals every second, keyframes every 5 s or 2,000 events. One recorder per session.
 */
import type { UserErrorData } from '../../preload/contract/errors'
import type { RecordingInfo } from '../../preload/contract/rpc'
import type { EventBody, EventOf, Moment, SessionEvent, SessionState } from '../../preload/contract/session'
import type { TimeSource } from './clock'
import type { OpenedLog } from './opening'
import { UserError } from '../../preload/contract/errors'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { AnnotationTables, isNote } from './annotationTables'
import { BlobStore } from './blobs'
import { claimFolder, dropFolder, dropIfEmpty } from './claim'
import { SessionClock, systemTime } from './clock'
import { ClockWatch } from './clockWatch'
import { Corrections } from './corrections'
import { eventToJson } from './eventJson'
import { WriterLock } from './lock'
import { LogWriter } from './logWriter'
import { writeManifest } from './manifest'
import { numberOf } from './migrations/versions'
import { Moments } from './moments'
import { identify, openLog } from './opening'
import { setTailAside } from './recovering'
import { Saver } from './saver'
import { EMPTY_STATE, reduceState } from './state'

/** Normative, design of sessions; ns. */
const SEAL_EVERY = 1e9
const KEYFRAME_EVERY = 5e9
const KEYFRAME_EVENTS = 2_000
/** How often the timer looks. What would be due before it looks again is done now, so that no interval is exceeded. */
const TICK_MS = 200

export interface RecorderOptions {
  time?: Partial<TimeSource>
  /** Bytes after which the next log file is begun. */
  rotateAt?: number
  /** Told when writing fails in the background or an append fails, and with undefined when it works again. */
  onProblem?: (problem: UserErrorData | undefined) => void
  /** Told of every event that is in the log, but for seals and keyframes: for whoever shows the session meanwhile. */
  onAppended?: (event: SessionEvent) => void
}

interface NewSession extends RecorderOptions {
  /** Must not exist yet, or be empty. */
  folder: string
  title: string
  operators: string[]
  appVersion: string
  rootSeed: number
}

interface ReopenedSession extends RecorderOptions {
  appVersion: string
}

export type Appended<B extends EventBody> = { id: string } & Moment & B

interface Parts {
  folder: string
  title: string
  lock: WriterLock
  clock: SessionClock
  writer: LogWriter
  source: TimeSource
  opened?: OpenedLog
}

export class SessionRecorder {
  readonly folder: string
  readonly title: string
  readonly blobs: BlobStore
  /** The last word on every tag, annotation, tier and vocabulary, for corrections to supersede. */
  readonly tags: Corrections<EventOf<'tag'>>
  readonly notes: AnnotationTables
  readonly #lock: WriterLock
  readonly #clock: SessionClock
  readonly #writer: LogWriter
  readonly #saver: Saver
  readonly #onProblem: RecorderOptions['onProblem']
  readonly #onAppended: RecorderOptions['onAppended']
  readonly #stopTimer: () => void
  #state: SessionState
  #events: number
  #step: number
  #sealedAt: number
  #sealedCount: number
  #keyframeAt: number
  #sinceKeyframe = 0
  #ended: EventOf<'session.ended'> | undefined
  #closed = false
  /** Whether this is the recording itself, not a visit that annotates it. */
  #recording: boolean
  readonly #watch = new ClockWatch()
  #failure: UserError | undefined
  /** Code of the problem last told, so that it is told once. */
  #told: string | undefined

  private constructor({ folder, title, lock, clock, writer, source, opened }: Parts, options: RecorderOptions) {
    this.folder = folder
    this.title = title
    this.blobs = new BlobStore(folder)
    this.tags = opened?.tables.tags ?? new Corrections(event => event.tag)
    this.notes = opened?.tables.notes ?? new AnnotationTables()
    this.#lock = lock
    this.#clock = clock
    this.#writer = writer
    this.#saver = new Saver(writer, this.blobs, clock)
    this.#onProblem = options.onProblem
    this.#onAppended = options.onAppended
    this.#state = opened === undefined ? EMPTY_STATE : new Moments({ folder, versions: opened.versions }, opened.timeline).stateAt(Number.POSITIVE_INFINITY)
    this.#events = opened?.tables.events ?? 0
    this.#step = opened?.last.step ?? 0
    this.#sealedAt = this.#keyframeAt = opened?.last.t ?? 0
    this.#sealedCount = 0
    this.#recording = opened === undefined
    this.#stopTimer = source.every(TICK_MS, () => this.#tick())
  }

  /** Begins a session. Throws UserErrors: `session-exists`, `session-in-use`, `disk-full`, `not-writable`. */
  static create(session: NewSession): SessionRecorder {
    const { folder, title, operators, appVersion, rootSeed } = session
    const source = { ...systemTime(), ...session.time }
    const made = claimFolder(folder)
    const lock = lockNew(folder, made)
    let writer: LogWriter | undefined
    try {
      const clock = new SessionClock(source)
      const started: EventOf<'session.started'> = { id: clock.id(), t: 0, step: 0, kind: 'session.started', format: SESSION_FORMAT, appVersion, title, operators, startedAt: clock.startedAt, rootSeed }
      // First the log, which refuses to be there twice.
      writer = new LogWriter(folder, undefined, session.rotateAt)
      writeManifest(folder, started)
      const recorder = new SessionRecorder({ folder, title, lock, clock, writer, source }, session)
      recorder.#begin(started)
      return recorder
    }
    catch (error) {
      writer?.close()
      if (made)
        dropFolder(folder)
      lock.release()
      throw error
    }
  }

  /**
   * Goes on with a session that was closed or crashed. A torn tail is first copied to `recovered/` and then cut off; a
   * recording that never ended is ended as `crash`, or `recovered` where something had to be left out.
   */
  static async reopen(folder: string, session: ReopenedSession): Promise<SessionRecorder> {
    const source = { ...systemTime(), ...session.time }
    // Looked at before it is locked, so that no file is put into a folder that is no session of ours.
    identify(folder)
    const lock = WriterLock.take(folder)
    try {
      const opened = await openLog(folder)
      setTailAside(folder, opened.end)
      const writer = new LogWriter(folder, opened.end, session.rotateAt)
      const clock = new SessionClock(source, opened.last.t + 1)
      const recorder = new SessionRecorder({ folder, title: opened.started.title, lock, clock, writer, source, opened }, session)
      recorder.#resume(opened, session.appVersion)
      return recorder
    }
    catch (error) {
      lock.release()
      throw error
    }
  }

  get annotations(): AnnotationTables['annotations'] {
    return this.notes.annotations
  }

  /** Nanoseconds since the session began. */
  get elapsed(): number {
    return this.#clock.t
  }

  /** Events so far, without the log's own seals and keyframes. */
  get events(): number {
    return this.#events
  }

  /** Age of the oldest event not known to be on disk, ms; 0 when all are. */
  get savedAgo(): number {
    return this.#saver.savedAgo
  }

  /** What the screen would show now. */
  get state(): SessionState {
    return this.#state
  }

  /** Why the last write failed. Appending again is the way to retry; the log itself is whole. */
  get problem(): UserErrorData | undefined {
    return (this.#failure ?? this.#saver.problem)?.data
  }

  get closed(): boolean {
    return this.#closed
  }

  get info(): RecordingInfo {
    const { folder: path, title, elapsed, events, savedAgo, problem } = this
    return { path, title, elapsed, events, savedAgo, ...(problem === undefined ? {} : { problem }) }
  }

  /** A ULID for a stimulation, trial, tag … of this session. */
  newId(): string {
    void this.#clock.t
    return this.#clock.id()
  }

  /**
   * Records an event; blobs it names must have been put before. Throws a UserError (`disk-full`, `write-failed`, …)
   * when it could not be written: it is then not in the log, what came before is whole, and a later call may succeed.
   */
  append<B extends EventBody>(body: B, step: number): Appended<B> {
    if (this.#ended !== undefined || this.#closed)
      throw new Error(`${this.folder} is closed: nothing can be appended`)
    return this.#attempt(() => {
      const t = this.#clock.t
      this.#step = step
      this.#keepBooks(t, 0)
      this.#saver.keepUp(t)
      this.#watch.saw(t)
      return this.#write(body, t)
    })
  }

  /** Ends, seals, syncs and lets go. When it throws, it may be called again; `abandon` gives up. */
  close(reason: EventOf<'session.ended'>['reason'] = 'closed'): void {
    if (this.#closed)
      return
    this.#attempt(() => {
      this.#ended ??= this.#write({ kind: 'session.ended', reason }, this.#clock.t)
      this.#seal(this.#clock.t, true)
      this.#saver.saveNow()
    })
    this.#letGo()
  }

  /** Lets go without an end, as a crash would: for a disk that cannot be written any more. */
  abandon(): void {
    if (!this.#closed)
      this.#letGo()
  }

  #begin(started: EventOf<'session.started'>): void {
    this.#record(started)
    this.#events++
    this.#saver.wrote(0)
  }

  #resume({ started, tables, recovery, last, versions }: OpenedLog, appVersion: string): void {
    // From here on it is of this version too, and one that cannot read that must not try: the manifest says so first.
    const format = versions.isPresent || versions.newest === numberOf(SESSION_FORMAT) ? {} : { format: SESSION_FORMAT }
    if (format.format !== undefined)
      writeManifest(this.folder, started, format.format)
    this.#attempt(() => {
      const unended = tables.lifecycle !== 'ended'
      if (unended)
        this.#write({ kind: 'session.ended', reason: recovery === undefined ? 'crash' : 'recovered', ...format }, last.t)
      this.#write({ kind: 'session.reopened', reopenedAt: this.#clock.startedAt, appVersion, ...unended ? {} : format }, this.#clock.t)
    })
  }

  #write<B extends EventBody>(body: B, t: number): Appended<B> {
    const event = { id: this.#clock.id(), t, step: this.#step, ...body }
    this.#record(event)
    this.#events++
    this.#sinceKeyframe++
    this.#state = reduceState(this.#state, event)
    // A mapping that was cut off is gone on with: the recording is, too.
    if (event.kind === 'mapping.transition')
      this.#recording = true
    if (event.kind === 'tag')
      this.tags.apply(event)
    else if (isNote(event))
      this.notes.apply(event)
    this.#onAppended?.(event)
    return event
  }

  #record(event: SessionEvent): void {
    this.#writer.append(eventToJson(event))
    this.#saver.wrote(event.t)
  }

  /** Seal and keyframe, where due within `slack` ns. They come before the event at hand, so that its failure is its own. */
  #keepBooks(t: number, slack: number): void {
    if (this.#sinceKeyframe >= KEYFRAME_EVENTS || (this.#sinceKeyframe > 0 && t - this.#keyframeAt >= KEYFRAME_EVERY - slack)) {
      this.#record({ id: this.#clock.id(), t, step: this.#step, kind: 'keyframe', state: this.#state })
      this.#keyframeAt = t
      this.#sinceKeyframe = 0
    }
    if (this.#writer.count > this.#sealedCount && t - this.#sealedAt >= SEAL_EVERY - slack)
      this.#seal(t, false)
  }

  #seal(t: number, final: boolean): void {
    this.#writer.seal(values => eventToJson({ id: this.#clock.id(), t, step: this.#step, kind: 'seal', ...values, final }))
    this.#saver.wrote(t)
    this.#sealedAt = t
    this.#sealedCount = this.#writer.count
  }

  #tick(): void {
    if (this.#closed)
      return
    try {
      if (this.#ended === undefined)
        this.#attempt(() => this.#look(this.#clock.t))
    }
    catch (error) {
      if (!(error instanceof UserError))
        throw error
    }
    void this.#saver.saveSoon().then(() => this.#tell())
  }

  #look(t: number): void {
    const happened = this.#watch.look(t, this.#clock.wall)
    this.#keepBooks(t, TICK_MS * 1e6)
    if (happened !== undefined && this.#recording)
      this.#write({ kind: 'instrument', what: 'clock', message: happened }, t)
  }

  #attempt<T>(run: () => T): T {
    try {
      const result = run()
      this.#failure = undefined
      return result
    }
    catch (error) {
      if (error instanceof UserError)
        this.#failure = error
      throw error
    }
    finally {
      this.#tell()
    }
  }

  #tell(): void {
    const problem = this.#failure ?? this.#saver.problem
    if (problem?.code === this.#told)
      return
    this.#told = problem?.code
    this.#onProblem?.(problem?.data)
  }

  #letGo(): void {
    this.#closed = true
    this.#stopTimer()
    try {
      this.#writer.close()
    }
    catch {
      // Abandoned: the sync that fails here has been reported before.
    }
    this.#lock.release()
  }
}

function lockNew(folder: string, made: boolean): WriterLock {
  try {
    return WriterLock.take(folder)
  }
  catch (error) {
    if (made)
      dropIfEmpty(folder)
    throw error
  }
}
