/**
 * What of a track falls into which pixel: the part of the drawing that can be computed and tested without a canvas.
 * Cost depends on the width, not on the number of events.
 */
import type { Tracks } from '../../stores/session/tracks'
import type { Range } from './timeScale'
import { POLARITIES, TRIAL_KINDS } from '../../../preload/contract/timeline'
import { tOf, xOf } from './timeScale'

export interface Bar { x: number, width: number, height: number, polarity: number }

/** Spans in view as bars, none past `until`; where they are finer than a pixel, the tallest of each polarity per pixel. */
export function stimulationBars(tracks: Tracks, range: Range, width: number, until = Number.POSITIVE_INFINITY): Bar[] {
  const { from, to, height, polarity } = tracks
  const first = Math.max(0, from.lowerBound(range.from) - 1)
  const end = from.lowerBound(range.to)
  if (end - first > 2 * width)
    return tallestPerPixel(tracks, range, width)
  const bars: Bar[] = []
  for (let i = first; i < end; i++) {
    if (to.at(i) < range.from)
      continue
    const left = Math.max(-2, xOf(from.at(i), range, width))
    const right = Math.min(width + 2, xOf(Math.min(until, to.at(i)), range, width))
    bars.push({ x: left, width: Math.max(1, right - left), height: height.at(i), polarity: polarity.at(i) })
  }
  return bars
}

function tallestPerPixel(tracks: Tracks, range: Range, width: number): Bar[] {
  const bars: Bar[] = []
  let start = tracks.from.lowerBound(range.from)
  for (let x = 0; x < width; x++) {
    const end = tracks.from.lowerBound(tOf(x + 1, range, width))
    if (end > start) {
      POLARITIES.forEach((_, polarity) => {
        const height = tracks.tallest[polarity].max(start, end)
        if (height > 0)
          bars.push({ x, width: 1, height, polarity })
      })
    }
    start = end
  }
  // The tall ones first, so that a lower one of the other colour stays visible in front.
  return bars.sort((a, b) => a.x - b.x || b.height - a.height)
}

export interface TrialDots { kind: 'dots', first: number, end: number }
/** Per pixel with trials: how many of each kind. */
export interface TrialShares { kind: 'shares', pixels: { x: number, counts: number[] }[] }

/** Trials in view one by one where they are at least `least` pixels apart on average, else counted per pixel. */
export function trialMarks(tracks: Tracks, range: Range, width: number, least = 4): TrialDots | TrialShares {
  const first = tracks.trialTimes.lowerBound(range.from)
  const end = tracks.trialTimes.lowerBound(range.to)
  if ((end - first) * least <= width)
    return { kind: 'dots', first, end }
  const pixels: TrialShares['pixels'] = []
  let start = first
  for (let x = 0; x < width; x++) {
    const next = tracks.trialTimes.lowerBound(tOf(x + 1, range, width))
    if (next > start)
      pixels.push({ x, counts: TRIAL_KINDS.map(kind => tracks.countTrials(kind, start, next)) })
    start = next
  }
  return { kind: 'shares', pixels }
}

/** Width of a cell of the density strip, pixels. */
export const CELL = 3

/** Events per cell of `cell` pixels, and the most in one. */
export function density(tracks: Tracks, range: Range, width: number, cell = CELL): { counts: number[], most: number } {
  const counts: number[] = []
  let most = 0
  let start = tracks.times.lowerBound(range.from)
  for (let x = 0; x < width; x += cell) {
    const end = tracks.times.lowerBound(tOf(x + cell, range, width))
    counts.push(end - start)
    most = Math.max(most, end - start)
    start = end
  }
  return { counts, most }
}
