/** Brings what was written to the disk itself: blobs before the log that names them, and no write waits longer than 250 ms. */
import type { BlobStore } from './blobs'
import type { SessionClock } from './clock'
import type { LogWriter } from './logWriter'
import { UserError } from '../../preload/contract/errors'

/** Normative, design of sessions: fdatasync at least every 250 ms; ns. */
const LONGEST_WAIT = 250e6
/** Syncs under way before a writer that outruns its disk is made to wait for it. */
const MOST_ASKED = 2

export class Saver {
  readonly #writer: LogWriter
  readonly #blobs: BlobStore
  readonly #clock: SessionClock
  /** Time of the oldest write not known to be on disk, ns. */
  #unsavedSince: number | undefined
  #askedAt = 0
  #asked = 0
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

  /** For a process too busy to run timers: asks for what is overdue, and waits only when the disk does not keep up. Failure becomes the problem. */
  keepUp(t: number): void {
    if (this.#unsavedSince === undefined || t - Math.max(this.#unsavedSince, this.#askedAt) < LONGEST_WAIT)
      return
    if (this.#asked < MOST_ASKED && !this.#blobs.unsaved) {
      void this.#ask(t)
      return
    }
    this.#askedAt = t
    try {
      this.saveNow()
    }
    catch {
      // The event at hand is still written, and the problem is shown.
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
    if (this.#asked === 0 && this.#unsavedSince !== undefined)
      await this.#ask(this.#clock.t)
  }

  async #ask(t: number): Promise<void> {
    this.#askedAt = t
    this.#asked++
    try {
      // Nothing may come before the sync of the log in a process that gives promises no turn.
      if (this.#blobs.unsaved)
        await this.#blobs.syncSoon()
      await this.#writer.syncSoon()
      if (this.#writer.synced === this.#writer.bytes)
        this.#unsavedSince = undefined
      else if (this.#unsavedSince !== undefined)
        this.#unsavedSince = Math.max(this.#unsavedSince, t)
      this.#problem = undefined
    }
    catch (error) {
      this.#problem = asUserError(error)
    }
    this.#asked--
  }
}

function asUserError(error: unknown): UserError {
  if (error instanceof UserError)
    return error
  throw error
}
