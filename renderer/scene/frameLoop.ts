/** Draws on demand: a frame when something asked for one or moves, nothing otherwise. Keeps the times that the status line shows. */

export interface FrameLoopOptions {
  /** Draws; `now` and `elapsed` in ms. Returns true while something still moves. */
  draw: (now: number, elapsed: number) => boolean
}

const KEPT = 120
/** A longer pause than this is idleness, not a slow frame. */
const PAUSE_MS = 400

export class FrameLoop {
  readonly #draw: FrameLoopOptions['draw']
  readonly #intervals: number[] = []
  readonly #costs: number[] = []
  #request: number | undefined
  #last: number | undefined
  #stopped = false

  constructor({ draw }: FrameLoopOptions) {
    this.#draw = draw
  }

  invalidate(): void {
    if (!this.#stopped)
      this.#request ??= requestAnimationFrame(now => this.#tick(now))
  }

  /** While stopped nothing is drawn; what was asked for meanwhile is drawn on `start`. */
  stop(): void {
    this.#stopped = true
    if (this.#request !== undefined)
      cancelAnimationFrame(this.#request)
    this.#request = undefined
    this.#last = undefined
  }

  start(): void {
    this.#stopped = false
    this.invalidate()
  }

  /** Medians over the last frames: between frames while moving, and of the main thread's share. Undefined before the first. */
  get times(): { frameMs: number | undefined, cpuMs: number | undefined } {
    return { frameMs: median(this.#intervals), cpuMs: median(this.#costs) }
  }

  #tick(now: number): void {
    this.#request = undefined
    const elapsed = this.#last === undefined ? 16 : Math.min(PAUSE_MS, now - this.#last)
    if (this.#last !== undefined)
      keep(this.#intervals, now - this.#last)
    const begun = performance.now()
    const moving = this.#draw(now, elapsed)
    keep(this.#costs, performance.now() - begun)
    this.#last = moving ? now : undefined
    if (moving)
      this.invalidate()
  }
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

function keep(values: number[], value: number): void {
  values.push(value)
  if (values.length > KEPT)
    values.shift()
}
