/**
 * Reads a log forward and judges it: gives every whole event, leaves out what is torn or damaged, checks the chain at
 * every seal, and says what it found. Changes nothing on disk.
 */
import type { Recovery, SessionEvent } from '../../preload/contract/session'
import type { Stretch } from './logFiles'
import { basename } from 'node:path'
import { Chain } from './chain'
import { eventFromJson } from './eventJson'
import { logFile, logIndices, walkFile } from './logFiles'
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

export class LogReader {
  readonly #folder: string
  readonly #notes: string[] = []
  readonly #chain = new Chain()
  #end = { file: 0, size: 0, bytes: 0 }
  #tail: Uint8Array | undefined
  #count = 0
  #damaged = 0
  /** Damaged stretches since the last seal: they explain a chain that does not hold. */
  #stretches = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Every whole event, in order. `end` and `recovery` are right once it has run to its end. */
  * events(): Generator<LoggedEvent> {
    const indices = logIndices(this.#folder)
    let expected = 0
    for (const file of indices) {
      for (; expected < file; expected++)
        this.#note(`${basename(logFile(this.#folder, expected))} is missing.`)
      expected = file + 1
      const last = file === indices.at(-1)
      const path = logFile(this.#folder, file)
      this.#end = { file, size: 0, bytes: this.#end.bytes }
      for (const stretch of walkFile(path)) {
        const event = this.#take(stretch, last)
        if (event !== undefined)
          yield { event, file, offset: stretch.offset }
      }
    }
    // No seal came after these to say how many records they were.
    this.#damaged += this.#stretches
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

  #take({ kind, bytes }: Stretch, last: boolean): SessionEvent | undefined {
    if (kind === 'tail' && last) {
      this.#tail = bytes
      return undefined
    }
    const event = kind === 'record' ? eventFromJson(bytes.toString('utf8', HEADER)) : undefined
    if (event?.kind === 'seal')
      this.#judge(event)
    this.#chain.add(bytes)
    this.#end.size += bytes.length
    this.#end.bytes += bytes.length
    if (event === undefined)
      this.#stretches++
    else
      this.#count++
    return event
  }

  /** Compares what was read since the last seal with what this seal says was written, and starts anew from it. */
  #judge(seal: Extract<SessionEvent, { kind: 'seal' }>): void {
    const missing = seal.count - this.#count
    // Damage explains a chain that does not hold. A chain that holds over damage was built by a writer that found it there.
    const changed = this.#stretches === 0 && (missing !== 0 || this.#chain.value !== seal.chain)
    if (changed)
      this.#note(`In the second before ${seconds(seal.t)} records were ${missing > 0 ? 'removed' : missing < 0 ? 'inserted' : 'changed or moved'}: the chain does not hold.`)
    this.#damaged += Math.max(this.#stretches, Math.abs(missing), changed ? 1 : 0)
    this.#stretches = 0
    this.#count = seal.count
    this.#chain.restart(seal.chain)
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
