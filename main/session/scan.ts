/**
 * Reads a log from end to end, a slice at a time: every record's checksum, the chain, the timeline's columns, and the
 * events there are few of. What it has found so far can be asked for at any time. Changes nothing on disk.
 */
import type { SessionEvent } from '../../preload/contract/session'
import type { Checkpoint, LoggedRecord } from './logReader'
import type { Versions } from './migrations/versions'
import type { Log } from './walk'
import { statSync } from 'node:fs'
import { logFile, logIndices } from './logFiles'
import { LogReader } from './logReader'
import { checkFormat } from './manifest'
import { isState } from './state'
import { isBulk, TablesProjection } from './tables'
import { Timeline } from './timeline'

/** Longest stretch of work before other work gets a turn, milliseconds. */
const SLICE = 8

/** What an earlier scan of the same log left, to go on from. */
export interface Scanned {
  timeline: Timeline
  /** Every event of a kind that is not bulk, in order; and the first of all. */
  few: SessionEvent[]
  first: SessionEvent | undefined
  /** Events of bulk kinds, the time of the last one that counts for the duration, and of the last record of all. */
  passed: number
  duration: number
  last: { t: number, step: number }
  checkpoint: Checkpoint | undefined
  /** Behind the last record taken in. */
  end: { file: number, size: number }
}

export class SessionScan {
  readonly folder: string
  readonly versions: Versions
  readonly tables = new TablesProjection()
  readonly timeline: Timeline
  readonly #reader: LogReader
  readonly #records: Generator<LoggedRecord>
  readonly #skipTo: Scanned['end'] | undefined
  /** Share of the log read so far. */
  readonly #read: () => number
  readonly #few: SessionEvent[] = []
  readonly #waiting = new Set<() => void>()
  #running: Promise<void> | undefined
  #first: SessionEvent | undefined
  #passed = 0
  #last = { t: 0, step: 0 }
  #done = false

  constructor({ folder, versions }: Log, from?: Scanned) {
    this.folder = folder
    this.versions = versions
    this.timeline = from?.timeline ?? new Timeline()
    this.#reader = new LogReader(folder, { from: from?.checkpoint, versions })
    this.#records = this.#reader.records()
    this.#skipTo = from?.end
    const bytes = logIndices(folder).reduce((sum, index) => sum + statSync(logFile(folder, index)).size, 0)
    this.#read = () => Math.min(1, this.#reader.end.bytes / Math.max(1, bytes))
    if (from !== undefined)
      this.#resume(from)
  }

  get done(): boolean {
    return this.#done
  }

  /** Time and step of the last event so far. */
  get last(): { t: number, step: number } {
    return this.#last
  }

  get first(): SessionEvent | undefined {
    return this.#first
  }

  /** Complete once it is done. */
  get reader(): LogReader {
    return this.#reader
  }

  /** What a later scan goes on from. */
  get scanned(): Scanned {
    const { file, size } = this.#reader.end
    return { timeline: this.timeline, few: this.#few, first: this.#first, passed: this.#passed, duration: this.tables.duration, last: this.#last, checkpoint: this.#reader.checkpoint, end: { file, size } }
  }

  /** Reads on to the end, letting others have their turn; again and again it is the same reading. */
  finish(): Promise<void> {
    return this.#running ??= this.#run()
  }

  /** Resolves as soon as `so`, or at the end. Rejects with what ended the reading. */
  async until(so: () => boolean): Promise<void> {
    const end = this.finish()
    while (!this.#done && !so())
      await Promise.race([end, new Promise<void>((resolve) => { this.#waiting.add(resolve) })])
  }

  async #run(): Promise<void> {
    try {
      while (!this.#work()) {
        this.#wake()
        await new Promise(setImmediate)
      }
    }
    finally {
      this.#done = true
      this.#wake()
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting)
      resolve()
    this.#waiting.clear()
  }

  /** One slice; true when the log is at its end. */
  #work(): boolean {
    const until = performance.now() + SLICE
    for (let n = 1; ; n++) {
      const { value: record, done } = this.#records.next()
      if (done) {
        this.timeline.cut(1)
        return true
      }
      this.#take(record)
      if (n % 64 === 0 && performance.now() > until)
        return false
    }
  }

  #take(record: LoggedRecord): void {
    if (this.#skipTo !== undefined && (record.file < this.#skipTo.file || (record.file === this.#skipTo.file && record.offset < this.#skipTo.size)))
      return
    if (this.#first === undefined)
      this.#first = record.event
    if (record.kind === 'keyframe') {
      if (record.event?.kind === 'keyframe' && isState(record.event.state))
        this.timeline.keyframe(record)
    }
    else if (isBulk(record.kind)) {
      this.#passed++
      this.tables.pass(record)
    }
    else if (record.kind !== 'seal' && record.event !== undefined) {
      this.#apply(record.event)
    }
    this.#last = { t: Math.max(this.#last.t, record.t), step: record.step }
    this.timeline.apply(record, this.#read)
  }

  #apply(event: SessionEvent): void {
    if (event.kind === 'session.started' || ((event.kind === 'session.reopened' || event.kind === 'session.ended') && event.format !== undefined))
      checkFormat(this.folder, event.format!)
    this.#few.push(event)
    this.tables.apply(event)
  }

  #resume({ few, first, passed, duration, last }: Scanned): void {
    for (const event of few)
      this.#apply(event)
    this.#first = first
    this.#passed = passed
    this.tables.passed(passed, duration)
    this.#last = last
  }
}
