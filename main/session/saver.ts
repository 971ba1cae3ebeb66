/** Brings what was written to the disk itself: blobs before the log that names them, and no write waits longer than 250 ms. */
import type { BlobStore } from './blobs'
import type { SessionClock } from './clock'
import type { LogWriter } from './logWriter'
import { UserError } from '../../preload/contract/errors'

/** Normative, design of sessions: fdatasync at least every 250 ms. */
const LONGEST_WAIT = 250e6

export class Saver {
  readonly #writer: LogWriter
  readonly #blobs: BlobStore
  readonly #clock: SessionClock
  /** Time of the oldest write not known to be on disk, ns. */
  #unsavedSince: number | undefined
  #saving = false
  #problem: UserError | undefined

  constructor(writer: LogWriter, blobs: BlobStore, clock: SessionClock) {
    this.#writer = writer
    this.#blobs = blobs
    this.#clock = clock
  }

  /** Why the last attempt failed; undefined once one succeeds. */
  get problem(): UserError | undefined {
    return this.#problem
  }

  /** Age of the oldest write not known to be on disk, ms; 0 when all is. */
  get savedAgo(): number {
    return this.#unsavedSince === undefined ? 0 : (this.#clock.t - this.#unsavedSince) / 1e6
  }

  wrote(t: number): void {
    this.#unsavedSince ??= t
  }

  /** For a process too busy to run timers: blocks when a write has waited too long. Failure is kept as the problem. */
  keepUp(t: number): void {
    if (this.#unsavedSince === undefined || t - this.#unsavedSince < LONGEST_WAIT)
      return
    try {
      this.saveNow()
    }
    catch {
      // The event at hand is still written; a later attempt starts from here.
      this.#unsavedSince = t
    }
  }

  /** Blocks until everything is on disk, or throws. */
  saveNow(): void {
    try {
      this.#blobs.sync()
      this.#writer.sync()
      this.#unsavedSince = undefined
      this.#problem = undefined
    }
    catch (error) {
      this.#problem = asUserError(error)
      throw error
    }
  }

  /** Never rejects: what went wrong is the problem. */
  async saveSoon(): Promise<void> {
    if (this.#saving || this.#unsavedSince === undefined)
      return
    this.#saving = true
    const began = this.#clock.t
    try {
      await this.#blobs.syncSoon()
      await this.#writer.syncSoon()
      this.#unsavedSince = this.#writer.synced === this.#writer.bytes ? undefined : began
      this.#problem = undefined
    }
    catch (error) {
      this.#problem = asUserError(error)
    }
    this.#saving = false
  }
}

function asUserError(error: unknown): UserError {
  if (error instanceof UserError)
    return error
  throw error
}
