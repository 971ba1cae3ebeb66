/** The times of a session: nanoseconds that never go back, and ids that carry the wall clock it began with. */
import { monotonicFactory } from 'ulid'

/** What time and chance come from; each may be replaced, in tests by something that stands still. */
export interface TimeSource {
  /** Monotonic, nanoseconds from any origin. */
  now: () => bigint
  /** UTC now. A session's times come from it once, when it begins or is reopened; after that it is only watched. */
  wall: () => Date
  /** Runs something again and again; the returned function ends that. */
  every: (ms: number, run: () => void) => () => void
  /** ULIDs, ascending; the argument is milliseconds since 1970. */
  ulid: (ms: number) => string
}

export function systemTime(): TimeSource {
  return {
    now: () => process.hrtime.bigint(),
    wall: () => new Date(),
    every: (ms, run) => {
      const timer = setInterval(run, ms)
      timer.unref()
      return () => clearInterval(timer)
    },
    ulid: monotonicFactory(randomFractions()),
  }
}

/** From random bytes by the kilobyte: a ULID takes sixteen, and to ask the system for each was a twelfth of what recording costs. */
function randomFractions(): () => number {
  const bytes = new Uint8Array(4096)
  let at = bytes.length
  return () => {
    if (at === bytes.length) {
      crypto.getRandomValues(bytes)
      at = 0
    }
    return bytes[at++]! / 256
  }
}

export class SessionClock {
  readonly startedAt: string
  readonly #source: TimeSource
  readonly #origin: bigint
  readonly #from: number
  readonly #wallMs: number
  #last: number

  /** Runs from `from` ns on: 0 for a new session, past the last event for a reopened one. */
  constructor(source: TimeSource, from = 0) {
    const wall = source.wall()
    this.startedAt = wall.toISOString()
    this.#wallMs = wall.getTime()
    this.#source = source
    this.#origin = source.now()
    this.#from = from
    this.#last = from
  }

  /** Nanoseconds since the session began. */
  get t(): number {
    this.#last = Math.max(this.#last, this.#from + Number(this.#source.now() - this.#origin))
    return this.#last
  }

  get wall(): Date {
    return this.#source.wall()
  }

  id(): string {
    return this.#source.ulid(this.#wallMs + Math.floor((this.#last - this.#from) / 1e6))
  }
}
