/**
 * Reads a log forward and judges it: gives every whole event, leaves out what is torn or damaged, checks the chain at
 * every seal, and says what it found. Changes nothing on disk.
 */
import type { Buffer } from 'node:buffer'
import type { Recovery, SessionEvent } from '../../preload/contract/session'
import type { Stretch } from './logFiles'
import type { Peek } from './peek'
import { basename } from 'node:path'
import { Chain } from './chain'
import { eventFromJson } from './eventJson'
import { logFile, logIndices, walkFile } from './logFiles'
import { Versions } from './migrations/versions'
import { peek } from './peek'
import { HEADER } from './record'

/** An event and where its record starts. */
export interface LoggedEvent {
  event: SessionEvent
  /** Index of the log file. */
  file: number
  offset: number
}

/** Where a writer goes on. */
export interface LogEnd {
  file: number
  /** Bytes of the last file up to the end of its last whole record. */
  size: number
  /** Bytes of all files up to there. */
  bytes: number
  /** Records so far, as seals count them. */
  count: number
  chain: Chain
  /** What follows the last whole record, when anything does. */
  tail?: Uint8Array
}

/** Where reading may go on later: just before a seal that was judged, with what was known after judging it. */
export interface Checkpoint {
  file: number
  /** Of the seal, in its file and over all files. */
  offset: number
  bytes: number
  count: number
  chain: string
  damaged: number
  notes: string[]
}

/** A whole record, looked at no closer than it must be. */
export class LoggedRecord {
  readonly file: number
  readonly offset: number
  readonly bytes: Buffer
  readonly kind: string
  readonly t: number
  readonly step: number
  #event: SessionEvent | undefined

  constructor(file: number, offset: number, bytes: Buffer, { kind, t, step }: Peek, event?: SessionEvent) {
    this.file = file
    this.offset = offset
    this.bytes = bytes
    this.kind = kind
    this.t = t
    this.step = step
    this.#event = event
  }

  /** Undefined where it begins like an event and is none: a right checksum over something nobody of ours wrote. */
  get event(): SessionEvent | undefined {
    return this.#event ??= eventFromJson(this.bytes.toString('utf8', HEADER))
  }
}

export class LogReader {
  readonly #folder: string
  readonly #notes: string[] = []
  readonly #chain: Chain
  readonly #versions: Versions
  readonly #from: Checkpoint | undefined
  #checkpoint: Checkpoint | undefined
  #end = { file: 0, size: 0, bytes: 0 }
  #tail: Uint8Array | undefined
  #count = 0
  #damaged = 0
  /** Damaged stretches since the last seal: they explain a chain that does not hold. */
  #stretches = 0

  /** From the beginning, or from a checkpoint of an earlier reading of the same log. Of which versions it is matters to its events, not to what is wrong with it. */
  constructor(folder: string, { from, versions = Versions.present }: { from?: Checkpoint | undefined, versions?: Versions } = {}) {
    this.#folder = folder
    this.#versions = versions
    this.#from = this.#checkpoint = from
    this.#chain = new Chain(from?.chain)
    if (from === undefined)
      return
    this.#count = from.count
    this.#damaged = from.damaged
    this.#notes.push(...from.notes)
  }

  /** Every whole event, in order. `end` and `recovery` are right once it has run to its end. */
  * events(): Generator<LoggedEvent> {
    for (const { event, file, offset } of this.#walk(true))
      yield { event: event!, file, offset }
  }

  /** The same without parsing what need not be: ten times as fast. */
  * records(): Generator<LoggedRecord> {
    yield* this.#walk(false)
  }

  * #walk(parse: boolean): Generator<LoggedRecord> {
    const from = this.#from ?? { file: 0, offset: 0, bytes: 0 }
    const indices = logIndices(this.#folder).filter(index => index >= from.file)
    let expected = from.file
    for (const file of indices) {
      for (; expected < file; expected++)
        this.#note(`${basename(logFile(this.#folder, expected))} is missing.`)
      expected = file + 1
      const last = file === indices.at(-1)
      const begin = file === from.file ? from.offset : 0
      this.#end = { file, size: begin, bytes: file === from.file ? from.bytes : this.#end.bytes }
      for (const stretch of walkFile(logFile(this.#folder, file), begin)) {
        const record = this.#take(stretch, file, last, parse)
        if (record !== undefined)
          yield record
      }
    }
    // No seal came after these to say how many records they were.
    this.#damaged += this.#stretches
  }

  /** Of the last seal read; undefined where there was none. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  get end(): LogEnd {
    return { ...this.#end, count: this.#count, chain: this.#chain, ...(this.#tail === undefined ? {} : { tail: this.#tail }) }
  }

  /** Undefined where the log is whole. */
  get recovery(): Recovery | undefined {
    const droppedBytes = this.#tail?.length ?? 0
    if (droppedBytes === 0 && this.#damaged === 0 && this.#notes.length === 0)
      return undefined
    const notes = [...this.#notes]
    if (droppedBytes > 0)
      notes.unshift(`The last ${droppedBytes} ${droppedBytes === 1 ? 'byte is' : 'bytes are'} not a whole record and ${droppedBytes === 1 ? 'was' : 'were'} left out.`)
    if (this.#damaged > 0)
      notes.unshift(`${this.#damaged} ${this.#damaged === 1 ? 'record is' : 'records are'} damaged, missing or not the writer's.`)
    return { droppedBytes, damagedRecords: this.#damaged, message: notes.join(' ') }
  }

  #take({ kind, bytes, offset }: Stretch, file: number, last: boolean, parse: boolean): LoggedRecord | undefined {
    if (kind === 'tail' && last) {
      this.#tail = bytes
      return undefined
    }
    const record = kind === 'record' ? this.#recordOf(file, offset, bytes, parse) : undefined
    if (record?.kind === 'seal')
      this.#judge(record)
    this.#chain.add(bytes)
    this.#end.size += bytes.length
    this.#end.bytes += bytes.length
    if (record === undefined)
      this.#stretches++
    else
      this.#count++
    return record
  }

  /** Compares what was read since the last seal with what this seal says was written, and starts anew from it. */
  #judge({ event: seal, file, offset }: LoggedRecord): void {
    // The one a checkpoint stands before was judged then.
    if (seal?.kind !== 'seal' || (this.#from?.file === file && this.#from.offset === offset))
      return
    const missing = seal.count - this.#count
    // Damage explains a chain that does not hold. A chain that holds over damage was built by a writer that found it there.
    const changed = this.#stretches === 0 && (missing !== 0 || this.#chain.value !== seal.chain)
    if (changed)
      this.#note(`In the second before ${seconds(seal.t)} records were ${missing > 0 ? 'removed' : missing < 0 ? 'inserted' : 'changed or moved'}: the chain does not hold.`)
    this.#damaged += Math.max(this.#stretches, Math.abs(missing), changed ? 1 : 0)
    this.#stretches = 0
    this.#count = seal.count
    this.#chain.restart(seal.chain)
    this.#checkpoint = { file, offset, bytes: this.#end.bytes, count: this.#count, chain: seal.chain, damaged: this.#damaged, notes: [...this.#notes] }
  }

  /** Undefined where the record holds no event. */
  #recordOf(file: number, offset: number, bytes: Buffer, parse: boolean): LoggedRecord | undefined {
    // What an older version called something else must be read to be told apart.
    const seen = parse || !this.#versions.isPresent ? undefined : peek(bytes)
    // Seals must say what they hold: the chain is judged by them.
    if (seen !== undefined && seen.kind !== 'seal')
      return new LoggedRecord(file, offset, bytes, seen)
    const event = this.#versions.event(bytes.toString('utf8', HEADER), file, offset)
    return event && new LoggedRecord(file, offset, bytes, event, event)
  }

  #note(text: string): void {
    // A log cut to pieces would otherwise make a message of pages.
    if (this.#notes.length < 5)
      this.#notes.push(text)
    else if (this.#notes.length === 5)
      this.#notes.push('More of the same follows.')
  }
}

function seconds(t: number): string {
  return `${(t / 1e9).toFixed(3)} s`
}
