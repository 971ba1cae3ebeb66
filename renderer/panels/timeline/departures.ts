/** Marks trials that a re-execution did not repeat: a triangle under the trial, hollow for other numbers, filled for another decision. */
import type { Departures } from '../../stores/session/departures'
import type { Tracks } from '../../stores/session/tracks'
import type { Lane } from './lanes'
import type { Palette } from './palette'
import type { Range } from './timeScale'
import { xOf } from './timeScale'

/** Marks nearer than this are drawn as one, pixels: cost depends on the width, not on how many departed. */
const APART = 5
const REACH = 3

/** Where there are marks of these trials (`indices` ascending), pixels; of those that lie closer than APART the first. */
export function marksOfTrials(indices: ArrayLike<number>, times: Tracks['trialTimes'], range: Range, width: number): number[] {
  const found: number[] = []
  const apart = APART / width * (range.to - range.from)
  let at = firstFrom(indices, times.lowerBound(range.from))
  while (at < indices.length && times.at(indices[at]) <= range.to) {
    const t = times.at(indices[at])
    found.push(xOf(t, range, width))
    at = Math.max(at + 1, firstFrom(indices, times.lowerBound(t + apart)))
  }
  return found
}

export function drawDepartures(pen: CanvasRenderingContext2D, { near, different }: Departures, { trialTimes }: Pick<Tracks, 'trialTimes'>, { range, width, lane, palette }: { range: Range, width: number, lane: Lane, palette: Palette }): void {
  const top = lane.top + lane.height
  pen.strokeStyle = palette.quiet
  for (const x of marksOfTrials(near, trialTimes, range, width)) {
    triangle(pen, x, top)
    pen.stroke()
  }
  // Over the others: another decision is never hidden by another number.
  pen.fillStyle = palette.wrong
  for (const x of marksOfTrials(different, trialTimes, range, width)) {
    triangle(pen, x, top)
    pen.fill()
  }
}

function triangle(pen: CanvasRenderingContext2D, x: number, top: number): void {
  pen.beginPath()
  pen.moveTo(x, top)
  pen.lineTo(x + REACH + 0.5, top + 2 * REACH)
  pen.lineTo(x - REACH - 0.5, top + 2 * REACH)
  pen.closePath()
}

/** First place in ascending `indices` with at least `index`. */
function firstFrom(indices: ArrayLike<number>, index: number): number {
  let low = 0
  let high = indices.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (indices[middle] < index)
      low = middle + 1
    else
      high = middle
  }
  return low
}
