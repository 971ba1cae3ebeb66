/**
 * Activity of one site over the trials of a recorded session, fetched as it is looked at: first a few trials for every
 * pixel, evenly spread, then those between, until each pixel has enough. Never more than the screen can show.
 */
import type { Activity } from '../../../preload/contract/timeline'
import type { Series } from './monitors'
import type { Tracks } from './tracks'
import { Spans } from './spans'

/** Trials in one request: some ten milliseconds of the host. */
const BATCH = 128
/** Trials a pixel needs before those beyond are not asked for. */
const ENOUGH = 4

export class SiteActivity {
  readonly #tracks: Tracks
  readonly #fetch: (trials: number[]) => Promise<Activity>
  readonly #arrived: () => void
  readonly #known: Uint8Array[] = []
  readonly #values = new Spans()
  readonly #rest = new Spans()
  #wanted: { first: number, end: number, pixels: number } | undefined
  #busy = false
  /** Why it cannot be shown, where it cannot. */
  problem: unknown

  /** `arrived` is called whenever more is known. */
  constructor(tracks: Tracks, fetch: (trials: number[]) => Promise<Activity>, arrived: () => void) {
    this.#tracks = tracks
    this.#fetch = fetch
    this.#arrived = arrived
  }

  /** Asks for the trials [first, end), shown over so many pixels; an earlier wish that was not served yet is dropped. */
  want(first: number, end: number, pixels: number): void {
    this.#wanted = { first, end, pixels }
    void this.#serve()
  }

  get series(): Series {
    this.#values.grow(this.#tracks.trialTimes.length)
    this.#rest.grow(this.#tracks.trialTimes.length)
    return { times: this.#tracks.trialTimes, values: this.#values, rest: this.#rest }
  }

  async #serve(): Promise<void> {
    if (this.#busy)
      return
    this.#busy = true
    while (this.#wanted !== undefined && this.problem === undefined) {
      const { first, end, pixels } = this.#wanted
      const trials = missing(first, end, pixels, index => this.#isKnown(index)).slice(0, BATCH)
      if (trials.length === 0)
        break
      try {
        this.#take(trials, await this.#fetch(trials))
      }
      catch (error) {
        this.problem = error
      }
      this.#arrived()
    }
    this.#busy = false
  }

  #take(trials: number[], { before, after }: Activity): void {
    this.#values.grow(this.#tracks.trialTimes.length)
    this.#rest.grow(this.#tracks.trialTimes.length)
    trials.forEach((trial, i) => {
      this.#values.set(trial, after[i])
      this.#rest.set(trial, before[i])
      this.#know(trial)
    })
  }

  #isKnown(index: number): boolean {
    return ((this.#known[index >> 16]?.[(index & 0xFFFF) >> 3] ?? 0) & (1 << (index & 7))) !== 0
  }

  #know(index: number): void {
    const page = this.#known[index >> 16] ??= new Uint8Array(0x2000)
    page[(index & 0xFFFF) >> 3] |= 1 << (index & 7)
  }
}

/** Which of [first, end) to ask for next: a coarse grid over all of it, then finer ones, down to every trial or `ENOUGH` for a pixel. */
export function missing(first: number, end: number, pixels: number, isKnown: (index: number) => boolean): number[] {
  const finest = stride((end - first) / Math.max(1, pixels * ENOUGH))
  for (let step = Math.max(finest, stride((end - first) / BATCH)); ; step /= 2) {
    const found: number[] = []
    // On multiples of the step, so that panning asks for the same ones again.
    for (let index = Math.ceil(first / step) * step; index < end && found.length < BATCH; index += step) {
      if (!isKnown(index))
        found.push(index)
    }
    if (found.length > 0 || step <= finest)
      return found
  }
}

/** The next power of two. */
function stride(trials: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, trials))))
}
