/**
 * Where the playhead goes: arithmetic on session time (ns) without a clock, and the clock that drives it frame by frame.
 * Time and frames are injected; nothing here knows a session.
 */
import type { Stretch } from './tracks'

export const SPEEDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20] as const

export interface Course {
  /** ns. */
  duration: number
  /** Where it begins, ns; 0 unless told otherwise. */
  start?: number
  loop?: Stretch
  /** Ascending stretches to leave out. */
  idle?: readonly Stretch[]
}

/** Moves `t` by `step` ns (negative: backwards). `ended` when it ran into the beginning or the end. */
export function advance(t: number, step: number, course: Course): { t: number, ended: boolean } {
  const { duration, start: begin = 0, loop, idle = [] } = course
  const inside = loop !== undefined && loop.to > loop.from
  const start = inside ? wrapped(t, loop, step) : t
  const moved = step >= 0 ? forwards(start, step, idle) : backwards(start, -step, idle)
  if (inside)
    return { t: wrapped(moved, loop, step), ended: false }
  return { t: Math.min(duration, Math.max(begin, moved)), ended: step >= 0 ? moved >= duration : moved <= begin }
}

/** Brings a playhead outside the loop in: past the end to the beginning, and the reverse when going backwards. */
function wrapped(t: number, loop: Stretch, step: number): number {
  const length = loop.to - loop.from
  if (t >= loop.from && t < loop.to)
    return t
  if (t >= loop.to)
    return step >= 0 ? loop.from + (t - loop.to) % length : loop.to - 1
  return step >= 0 ? loop.from : loop.to - 1 - (loop.from - t) % length
}

function forwards(t: number, step: number, idle: readonly Stretch[]): number {
  let at = t
  let left = step
  for (let i = firstEndingAfter(idle, t); i < idle.length && idle[i].from < at + left; i++) {
    left -= Math.max(0, idle[i].from - at)
    at = idle[i].to
  }
  return at + left
}

function backwards(t: number, step: number, idle: readonly Stretch[]): number {
  let at = t
  let left = step
  let i = firstEndingAfter(idle, t)
  // The stretch found may hold t; the ones before it end at or before t.
  if (i === idle.length || idle[i].from >= t)
    i--
  for (; i >= 0 && idle[i].to > at - left; i--) {
    left -= Math.max(0, at - idle[i].to)
    at = Math.min(at, idle[i].from)
  }
  return at - left
}

function firstEndingAfter(idle: readonly Stretch[], t: number): number {
  let low = 0
  let high = idle.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (idle[middle].to <= t)
      low = middle + 1
    else
      high = middle
  }
  return low
}

/** J and L: the next rate when the key is pressed again. Turning round starts at 1×. */
export function shuttle(rate: number, playing: boolean, direction: 1 | -1): number {
  if (!playing || Math.sign(rate) !== direction)
    return direction
  return direction * faster(Math.abs(rate))
}

export function faster(speed: number): number {
  return SPEEDS.find(candidate => candidate > speed) ?? 20
}

export function slower(speed: number): number {
  return SPEEDS.findLast(candidate => candidate < speed) ?? 0.05
}

export interface Frames {
  /** Milliseconds, monotonic. */
  now: () => number
  /** Calls back before the next repaint; returns how to take that back. */
  request: (callback: () => void) => () => void
}

export const windowFrames: Frames = {
  now: () => performance.now(),
  request: (callback) => {
    const handle = requestAnimationFrame(callback)
    return () => cancelAnimationFrame(handle)
  },
}

/** A hidden tab gets no frames; what it missed is not played in one leap. */
const LONGEST_FRAME_MS = 250

/** Calls `tick` with the milliseconds since the last frame, from `start` to `stop`. */
export class FrameClock {
  readonly #frames: Frames
  readonly #tick: (ms: number) => void
  #last = 0
  #undo: (() => void) | undefined

  constructor(frames: Frames, tick: (ms: number) => void) {
    this.#frames = frames
    this.#tick = tick
  }

  get running(): boolean {
    return this.#undo !== undefined
  }

  start(): void {
    if (this.running)
      return
    this.#last = this.#frames.now()
    this.#ask()
  }

  stop(): void {
    this.#undo?.()
    this.#undo = undefined
  }

  /** What has passed since the last frame, without waiting for the next: a key may come long after the one and before the other. */
  catchUp(): void {
    if (!this.running)
      return
    const now = this.#frames.now()
    const elapsed = Math.min(LONGEST_FRAME_MS, Math.max(0, now - this.#last))
    this.#last = now
    this.#tick(elapsed)
  }

  #ask(): void {
    this.#undo = this.#frames.request(() => {
      this.#ask()
      this.catchUp()
    })
  }
}
