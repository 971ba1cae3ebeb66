/** The one time axis of the timeline: which stretch of session time (ns) lies across which pixels, and what its ticks say. No drawing. */

import { timeText } from '../../components/clock'

export interface Range { from: number, to: number }

/** Shortest stretch that can fill the width: a millisecond. */
export const SHORTEST = 1e6

const MS = 1e6
const SECOND = 1e9
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

export function xOf(t: number, range: Range, width: number): number {
  return (t - range.from) / (range.to - range.from) * width
}

export function tOf(x: number, range: Range, width: number): number {
  return range.from + x / width * (range.to - range.from)
}

/** All of a session with a little air at its end, never less than `least`. */
export function whole(duration: number, least = SECOND, start = 0): Range {
  return { from: start, to: Math.max(start + least, duration + (duration - start) * 0.02) }
}

/** The axis of a growing recording: a minute first, then half as much again each time it fills, so that it rests in between. */
export function liveRange(duration: number): Range {
  let to = MINUTE
  while (to < duration * 1.04)
    to *= 1.5
  return { from: 0, to }
}

/** Zooms by `factor` (above 1 shows less) so that the time under the pointer stays there. `start` is where the session, or one beside it, begins. */
export function zoomAt(range: Range, factor: number, anchor: number, duration: number, start = 0): Range {
  const span = range.to - range.from
  const longest = whole(duration, SECOND, start).to - start
  const next = Math.min(longest, Math.max(SHORTEST, span / factor))
  const share = (anchor - range.from) / span
  return contained({ from: anchor - share * next, to: anchor + (1 - share) * next }, duration, start)
}

export function panBy(range: Range, dt: number, duration: number, start = 0): Range {
  return contained({ from: range.from + dt, to: range.to + dt }, duration, start)
}

/** Keeps the stretch between the beginning and a little past the end, without changing its length. */
function contained(range: Range, duration: number, start = 0): Range {
  const span = range.to - range.from
  const from = Math.max(start, Math.min(range.from, whole(duration, SECOND, start).to - span))
  return { from, to: from + span }
}

/** Turns the page when the playhead leaves it: the playhead lands a tenth in from the side it came from. */
export function following(range: Range, t: number, duration: number, start = 0): Range {
  if (t >= range.from && t <= range.to)
    return range
  const span = range.to - range.from
  const from = t > range.to ? t - span * 0.1 : t - span * 0.9
  return contained({ from, to: from + span }, duration, start)
}

/** Fills the width with a stretch and some air either side; a moment gets as much of its surroundings as there was. */
export function framed(stretch: Range, range: Range, duration: number, start = 0): Range {
  const length = stretch.to - stretch.from
  const span = length > 0 ? Math.max(SHORTEST, length * 1.16) : range.to - range.from
  const middle = (stretch.from + stretch.to) / 2
  const longest = whole(duration, SECOND, start).to - start
  const shown = Math.min(longest, span)
  return contained({ from: middle - shown / 2, to: middle + shown / 2 }, duration, start)
}

const STEPS = [
  ...[10, 20, 50, 100, 200, 500].map(us => us * 1e3),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map(ms => ms * MS),
  ...[1, 2, 5, 10, 15, 30].map(s => s * SECOND),
  ...[1, 2, 5, 10, 15, 30].map(m => m * MINUTE),
  ...[1, 2, 5, 10, 24].map(h => h * HOUR),
]

/** Round distance between ticks at least `least` pixels apart. */
export function tickStep(range: Range, width: number, least = 84): number {
  const wanted = (range.to - range.from) / Math.max(1, width) * least
  return STEPS.find(step => step >= wanted) ?? Math.ceil(wanted / (24 * HOUR)) * 24 * HOUR
}

export interface Tick { t: number, label: string }

export function ticksOf(range: Range, width: number): Tick[] {
  const step = tickStep(range, width)
  const ticks: Tick[] = []
  for (let i = Math.ceil(range.from / step); i * step <= range.to; i++)
    ticks.push({ t: i * step, label: timeText(i * step, step) })
  return ticks
}
