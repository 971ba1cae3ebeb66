/** Draws the tracks of the visible stretch on a canvas. What lies where is computed in `bins.ts`; this only puts ink down. */
import type { Tracks } from '../../stores/session/tracks'
import type { Bar } from './bins'
import type { Lane, Lanes } from './lanes'
import type { Palette } from './palette'
import type { Range } from './timeScale'
import { CELL, density, stimulationBars, trialMarks } from './bins'
import { ticksOf, xOf } from './timeScale'

export interface Picture {
  tracks: Tracks | undefined
  range: Range
  /** CSS pixels. */
  width: number
  height: number
  /** ns; nothing was recorded after it. */
  end: number
  lanes: Lanes
  palette: Palette
}

type Pen = CanvasRenderingContext2D

/** Width of an onset, pixels. */
const ONSET = 4

/** `ratio` is device pixels per CSS pixel; the canvas must be sized by it. */
export function drawTimeline(pen: Pen, picture: Picture, ratio: number): void {
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen.clearRect(0, 0, picture.width, picture.height)
  drawBeyond(pen, picture)
  drawRuler(pen, picture)
  if (picture.tracks === undefined)
    return
  drawStimulations(pen, picture, picture.tracks)
  drawTrials(pen, picture, picture.tracks)
  drawDensity(pen, picture, picture.tracks)
  drawFinds(pen, picture, picture.tracks)
  drawInstrument(pen, picture, picture.tracks)
}

/** After the end lies nothing, which is not the same as an empty stretch. */
function drawBeyond(pen: Pen, { range, width, height, end, lanes, palette }: Picture): void {
  const x = Math.max(0, xOf(end, range, width))
  if (x >= width)
    return
  pen.fillStyle = palette.rule
  pen.globalAlpha = 0.28
  pen.fillRect(x, lanes.ruler.height, width - x, height - lanes.ruler.height)
  pen.globalAlpha = 1
}

function drawRuler(pen: Pen, { range, width, height, lanes, palette }: Picture): void {
  pen.font = `10.5px ${palette.mono}`
  pen.textBaseline = 'middle'
  pen.textAlign = 'left'
  for (const { t, label } of ticksOf(range, width)) {
    const x = crisp(xOf(t, range, width))
    pen.fillStyle = palette.rule
    pen.globalAlpha = 0.6
    pen.fillRect(x, lanes.ruler.height - 2, 1, height)
    pen.globalAlpha = 1
    pen.fillStyle = palette.faint
    if (x + pen.measureText(label).width + 4 < width)
      pen.fillText(label, x + 4, lanes.ruler.height / 2)
  }
}

function drawStimulations(pen: Pen, { range, width, end, lanes, palette }: Picture, tracks: Tracks): void {
  const { top, height } = lanes.stimulation
  const base = top + height
  pen.fillStyle = palette.rule
  pen.fillRect(0, base, width, 1)
  for (const bar of stimulationBars(tracks, range, width, end))
    drawStimulation(pen, palette, bar, base, Math.max(3, Math.round(bar.height * height)))
}

/** Onset and strength in full colour, the time it was held in a quiet one: a long stimulation is not a louder one. */
function drawStimulation(pen: Pen, palette: Palette, { x, width, polarity }: Bar, base: number, tall: number): void {
  // A hairline between neighbours, so that the notches of a drag can be counted.
  const wide = width > 3 ? width - 1 : width
  const colour = [palette.inhibit, palette.stimulate, palette.faint][polarity]
  if (colour === undefined) {
    pen.strokeStyle = palette.quiet
    pen.strokeRect(x + 0.5, base - tall + 0.5, Math.max(1, wide - 1), tall - 1)
    return
  }
  pen.fillStyle = colour
  if (wide <= ONSET * 3) {
    pen.fillRect(x, base - tall, wide, tall)
    return
  }
  pen.globalAlpha = 0.3
  pen.fillRect(x, base - tall, wide, tall)
  pen.globalAlpha = 1
  pen.fillRect(x, base - tall, ONSET, tall)
  pen.fillRect(x, base - tall, wide, 1.5)
}

function drawTrials(pen: Pen, { range, width, lanes, palette }: Picture, tracks: Tracks): void {
  const marks = trialMarks(tracks, range, width)
  if (marks.kind === 'shares') {
    for (const { x, counts } of marks.pixels)
      drawShare(pen, lanes.trials, x, counts, [palette.right, palette.wrong, palette.quiet])
    return
  }
  const y = lanes.trials.top + lanes.trials.height / 2
  const size = marks.end - marks.first > 0 && width / (marks.end - marks.first) < 7 ? 2 : 3
  for (let i = marks.first; i < marks.end; i++)
    drawTrial(pen, palette, tracks.trialKind.at(i), xOf(tracks.trialTimes.at(i), range, width), y, size)
}

/** Right is a disc, wrong a standing square, sham a ring: told apart without colour. */
function drawTrial(pen: Pen, palette: Palette, kind: number, x: number, y: number, size: number): void {
  pen.beginPath()
  if (kind === 1) {
    const reach = size + 1
    pen.moveTo(x, y - reach)
    pen.lineTo(x + reach, y)
    pen.lineTo(x, y + reach)
    pen.lineTo(x - reach, y)
    pen.closePath()
    pen.fillStyle = palette.wrong
    pen.fill()
    return
  }
  pen.arc(x, y, size, 0, 2 * Math.PI)
  if (kind === 0) {
    pen.fillStyle = palette.right
    pen.fill()
  }
  else {
    pen.strokeStyle = palette.quiet
    pen.stroke()
  }
}

/** The share of each kind in one pixel, stacked. */
function drawShare(pen: Pen, { top, height }: Lane, x: number, counts: number[], colours: string[]): void {
  const all = counts.reduce((sum, count) => sum + count, 0)
  let y = top + height
  counts.forEach((count, kind) => {
    const tall = count / all * height
    y -= tall
    pen.fillStyle = colours[kind]
    pen.fillRect(x, y, 1, tall)
  })
}

function drawDensity(pen: Pen, { range, width, lanes, palette }: Picture, tracks: Tracks): void {
  const { top, height } = lanes.density
  const { counts, most } = density(tracks, range, width)
  pen.fillStyle = palette.rule
  pen.fillRect(0, top + height, width, 1)
  if (most === 0)
    return
  pen.fillStyle = palette.quiet
  pen.globalAlpha = 0.65
  counts.forEach((count, i) => {
    if (count > 0) {
      const tall = Math.max(1.5, Math.sqrt(count / most) * height)
      pen.fillRect(i * CELL, top + height - tall, CELL - 1, tall)
    }
  })
  pen.globalAlpha = 1
}

/** A symbiote at work is a strip under the ruler, for as long as it was. */
function drawFinds(pen: Pen, { range, width, end, lanes, palette }: Picture, tracks: Tracks): void {
  pen.fillStyle = palette.stimulate
  for (const { from, to } of tracks.finds) {
    const x = Math.max(0, xOf(from, range, width))
    const until = Math.min(width, xOf(Math.min(to, end), range, width))
    if (until >= 0 && x <= width)
      pen.fillRect(x, lanes.ruler.height - 3, Math.max(2, until - x), 3)
  }
}

/** What happened to the instrument crosses every track: nothing after it can be read without knowing. */
function drawInstrument(pen: Pen, { range, width, height, lanes, palette }: Picture, tracks: Tracks): void {
  for (const { t, what } of tracks.instrument) {
    if (t < range.from || t > range.to)
      continue
    const x = crisp(xOf(t, range, width))
    const colour = what === 'engine-restarted' ? palette.right : palette.wrong
    pen.strokeStyle = colour
    pen.fillStyle = colour
    pen.setLineDash([3, 3])
    pen.beginPath()
    pen.moveTo(x + 0.5, lanes.ruler.height)
    pen.lineTo(x + 0.5, height)
    pen.stroke()
    pen.setLineDash([])
    pen.beginPath()
    pen.moveTo(x - 4, lanes.ruler.height - 1)
    pen.lineTo(x + 5, lanes.ruler.height - 1)
    pen.lineTo(x + 0.5, lanes.ruler.height + 6)
    pen.fill()
  }
}

function crisp(x: number): number {
  return Math.round(x)
}
