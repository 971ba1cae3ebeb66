/** Draws the tracks of the visible stretch on a canvas. What lies where is computed in `bins.ts` and `series.ts`; this only puts ink down. */
import type { Opened } from '../../../preload/contract/timeline'
import type { Departures } from '../../stores/session/departures'
import type { Series } from '../../stores/session/monitors'
import type { Tracks } from '../../stores/session/tracks'
import type { Bar } from './bins'
import type { Lane, Lanes, Track } from './lanes'
import type { Palette } from './palette'
import type { Range } from './timeScale'
import { CELL, density, stimulationBars, trialMarks } from './bins'
import { drawDepartures } from './departures'
import { drawMarks } from './drawMarks'
import { drawMonitor } from './drawMonitor'
import { ticksOf, xOf } from './timeScale'

/** One session as it is drawn: `offset` is where its beginning lies on the axis, ns; nothing was recorded after `end` of its own clock. */
export interface Sitting { tracks: Tracks, offset: number, end: number, departures?: Departures | undefined }

export interface Picture {
  replayed: Sitting | undefined
  compared: Sitting | undefined
  range: Range
  /** All there is, for the overview. */
  all: Range
  /** CSS pixels. */
  width: number
  height: number
  lanes: Lanes
  palette: Palette
  /** What a monitor shows of a session; undefined where there is nothing (yet). */
  seriesOf: (track: Extract<Track, { kind: 'monitor' }>) => Series | undefined
}

/** What a track is drawn with: the stretch in view on its session's own clock. */
interface Place { range: Range, width: number, end: number, lane: Lane, palette: Palette }

type Pen = CanvasRenderingContext2D

/** Width of an onset, pixels. */
const ONSET = 4

/** `ratio` is device pixels per CSS pixel; the canvas must be sized by it. */
export function drawTimeline(pen: Pen, picture: Picture, ratio: number): void {
  const { width, height, range, lanes, palette } = picture
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen.clearRect(0, 0, width, height)
  drawRuler(pen, picture)
  for (const track of lanes.tracks) {
    const sitting = picture[track.of]
    if (sitting === undefined)
      continue
    const { tracks, offset, end, departures } = sitting
    const place = { range: { from: range.from - offset, to: range.to - offset }, width, end, lane: track.lane, palette }
    if (track.kind === 'overview') {
      drawOverview(pen, picture, track.lane)
      continue
    }
    drawOutside(pen, place)
    drawTrack(pen, track, { place, tracks, departures, seriesOf: picture.seriesOf })
  }
  drawOver(pen, picture, 'replayed', lanes.ruler)
  const divider = lanes.tracks.find(({ kind }) => kind === 'divider')?.lane
  if (divider !== undefined)
    // Between the second session's bar and its tracks.
    drawOver(pen, picture, 'compared', { ...divider, height: divider.height + 5 })
}

/** What stands under a session's ruler and crosses its tracks. */
function drawOver(pen: Pen, { width, height, range, lanes, palette, ...sittings }: Picture, of: Opened, lane: Lane): void {
  const sitting = sittings[of]
  if (sitting === undefined)
    return
  const below = lanes.tracks.filter(track => track.lane.top > lane.top)
  const bottom = (below.find(track => track.of !== of || track.kind === 'overview') ?? below.at(-1))?.lane.top ?? height
  const place = { range: { from: range.from - sitting.offset, to: range.to - sitting.offset }, width, end: sitting.end, lane, palette }
  drawFinds(pen, place, sitting.tracks)
  drawInstrument(pen, { ...place, bottom }, sitting.tracks)
}

function drawTrack(pen: Pen, track: Exclude<Track, { kind: 'overview' }>, { place, tracks, departures, seriesOf }: Pick<Sitting, 'tracks' | 'departures'> & { place: Place, seriesOf: Picture['seriesOf'] }): void {
  switch (track.kind) {
    case 'stimulation':
      drawStimulations(pen, place, tracks)
      return
    case 'trials':
      drawTrials(pen, place, tracks)
      if (departures !== undefined)
        drawDepartures(pen, departures, tracks, place)
      return
    case 'mapping':
      drawMarks(pen, tracks.marks, place)
      return
    case 'monitor': {
      const series = seriesOf(track)
      if (series !== undefined)
        drawMonitor(pen, series, { ...place, joined: track.monitor.kind === 'training' })
      return
    }
    case 'annotations':
    case 'divider':
      return
    default: track satisfies never
  }
}

/** Before the beginning and after the end lies nothing, which is not the same as an empty stretch. */
function drawOutside(pen: Pen, { range, width, end, lane, palette }: Place): void {
  pen.fillStyle = palette.rule
  pen.globalAlpha = 0.28
  const [from, to] = [Math.min(width, Math.max(0, xOf(0, range, width))), Math.min(width, Math.max(0, xOf(end, range, width)))]
  pen.fillRect(0, lane.top - 3, from, lane.height + 7)
  pen.fillRect(to, lane.top - 3, width - to, lane.height + 7)
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

function drawStimulations(pen: Pen, { range, width, end, lane: { top, height }, palette }: Place, tracks: Tracks): void {
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

function drawTrials(pen: Pen, { range, width, lane, palette }: Place, tracks: Tracks): void {
  const marks = trialMarks(tracks, range, width)
  if (marks.kind === 'shares') {
    for (const { x, counts } of marks.pixels)
      drawShare(pen, lane, x, counts, [palette.right, palette.wrong, palette.quiet])
    return
  }
  const y = lane.top + lane.height / 2
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

/** All of the session at a glance, whatever is in view: where something happened, and how much. */
function drawOverview(pen: Pen, { all, width, palette, replayed }: Picture, { top, height }: Lane): void {
  pen.fillStyle = palette.rule
  pen.fillRect(0, top + height, width, 1)
  if (replayed === undefined)
    return
  const { counts, most } = density(replayed.tracks, all, width)
  pen.fillStyle = palette.quiet
  pen.globalAlpha = 0.65
  counts.forEach((count, i) => {
    if (count > 0) {
      const tall = Math.max(1.5, Math.sqrt(count / most) * (height - 2))
      pen.fillRect(i * CELL, top + height - tall, CELL - 1, tall)
    }
  })
  pen.globalAlpha = 1
}

/** A symbiote at work is a strip under the ruler, for as long as it was. */
function drawFinds(pen: Pen, { range, width, end, lane, palette }: Place, tracks: Tracks): void {
  pen.fillStyle = palette.stimulate
  for (const { from, to } of tracks.finds) {
    const x = Math.max(0, xOf(from, range, width))
    const until = Math.min(width, xOf(Math.min(to, end), range, width))
    if (until >= 0 && x <= width)
      pen.fillRect(x, lane.top + lane.height - 3, Math.max(2, until - x), 3)
  }
}

/** What happened to the instrument crosses every track: nothing after it can be read without knowing. */
function drawInstrument(pen: Pen, { range, width, bottom, lane, palette }: Place & { bottom: number }, tracks: Tracks): void {
  const foot = lane.top + lane.height
  for (const { t, what } of tracks.instrument) {
    if (t < range.from || t > range.to)
      continue
    const x = crisp(xOf(t, range, width))
    const colour = what === 'engine-restarted' ? palette.right : palette.wrong
    pen.strokeStyle = colour
    pen.fillStyle = colour
    pen.setLineDash([3, 3])
    pen.beginPath()
    pen.moveTo(x + 0.5, foot)
    pen.lineTo(x + 0.5, bottom)
    pen.stroke()
    pen.setLineDash([])
    pen.beginPath()
    pen.moveTo(x - 4, foot - 1)
    pen.lineTo(x + 5, foot - 1)
    pen.lineTo(x + 0.5, foot + 6)
    pen.fill()
  }
}

function crisp(x: number): number {
  return Math.round(x)
}
