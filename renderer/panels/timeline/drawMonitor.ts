/** Draws a monitored series in its lane: dots and a line where values can be told apart, extremes per pixel where they cannot. */
import type { Trace } from '../../../preload/contract/timeline'
import type { Series } from '../../stores/session/monitors'
import type { Span } from '../../stores/session/spans'
import type { Lane } from './lanes'
import type { Palette } from './palette'
import type { Points } from './series'
import type { Range } from './timeScale'
import { marksOf, scaleOf } from './series'
import { xOf } from './timeScale'

export interface MonitorPicture { range: Range, width: number, lane: Lane, palette: Palette, /** Joined by a line: a curve and not single trials. */ joined: boolean }

const DOT = 2

export function drawMonitor(pen: CanvasRenderingContext2D, series: Series, picture: MonitorPicture): void {
  const { range, width, lane, palette } = picture
  const scale = scaleOf(series)
  pen.fillStyle = palette.rule
  pen.fillRect(0, lane.top + lane.height, width, 1)
  if (scale === undefined)
    return
  const y = (value: number): number => lane.top + 2 + (scale.max - value) / (scale.max - scale.min) * (lane.height - 4)
  if (scale.min < 0 && scale.max > 0)
    drawZero(pen, picture, y(0))
  if (series.watched !== undefined)
    drawTrace(pen, series.watched.trace, picture, y)
  const marks = marksOf(series, range, width)
  if (marks.kind === 'points') {
    drawPoints(pen, series, marks, picture, y)
    return
  }
  for (const { x, value, rest } of marks.pixels) {
    if (rest !== undefined)
      drawSpan(pen, x, rest, y, palette.faint, 0.5)
    if (value !== undefined)
      drawSpan(pen, x, value, y, palette.ink, 0.85)
  }
  pen.globalAlpha = 1
}

function drawZero(pen: CanvasRenderingContext2D, { width, palette }: MonitorPicture, y: number): void {
  pen.fillStyle = palette.strongRule
  for (let x = 0; x < width; x += 6)
    pen.fillRect(x, Math.round(y), 3, 1)
}

/** Behind the trials: from the least to the greatest in each stretch, joined where it was monitored without a gap. */
function drawTrace(pen: CanvasRenderingContext2D, { from, to, low, high }: Trace, { range, width, palette }: MonitorPicture, y: (value: number) => number): void {
  const step = (to - from) / low.length
  const first = Math.max(0, Math.floor((range.from - from) / step))
  const end = Math.min(low.length, Math.ceil((range.to - from) / step))
  pen.fillStyle = palette.quiet
  pen.globalAlpha = 0.7
  for (let i = first; i < end; i++) {
    if (Number.isNaN(low[i]))
      continue
    // Up to where the last stretch left off, so that a jump is a line and not a hole.
    const before = i > 0 && !Number.isNaN(low[i - 1])
    const top = y(before ? Math.max(high[i], low[i - 1]) : high[i])
    const bottom = y(before ? Math.min(low[i], high[i - 1]) : low[i])
    const x = xOf(from + i * step, range, width)
    pen.fillRect(x, top - 0.75, Math.max(1, xOf(from + (i + 1) * step, range, width) - x), bottom - top + 1.5)
  }
  pen.globalAlpha = 1
}

function drawSpan(pen: CanvasRenderingContext2D, x: number, { min, max }: Span, y: (value: number) => number, colour: string, alpha: number): void {
  pen.fillStyle = colour
  pen.globalAlpha = alpha
  pen.fillRect(x, y(max) - 0.5, 1, y(min) - y(max) + 1)
}

function drawPoints(pen: CanvasRenderingContext2D, { times, values, rest }: Series, { first, end }: Points, { range, width, palette, joined }: MonitorPicture, y: (value: number) => number): void {
  const x = (i: number): number => xOf(times.at(i), range, width)
  if (joined) {
    pen.strokeStyle = palette.quiet
    pen.lineWidth = 1.25
    pen.beginPath()
    let open = false
    for (let i = first; i < end; i++) {
      if (Number.isNaN(values.at(i)))
        continue
      if (open)
        pen.lineTo(x(i), y(values.at(i)))
      else
        pen.moveTo(x(i), y(values.at(i)))
      open = true
    }
    pen.stroke()
    pen.lineWidth = 1
  }
  for (let i = first; i < end; i++) {
    const [value, without] = [values.at(i), rest?.at(i) ?? Number.NaN]
    if (Number.isNaN(value))
      continue
    if (!Number.isNaN(without)) {
      // From without to with: the stem is what the stimulation did.
      pen.fillStyle = palette.quiet
      pen.fillRect(x(i) - 0.5, Math.min(y(value), y(without)), 1, Math.abs(y(value) - y(without)))
      ring(pen, x(i), y(without), palette)
    }
    disc(pen, x(i), y(value), palette)
  }
}

function disc(pen: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  pen.fillStyle = palette.ink
  pen.beginPath()
  pen.arc(x, y, DOT, 0, 2 * Math.PI)
  pen.fill()
}

function ring(pen: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  pen.fillStyle = palette.panel
  pen.strokeStyle = palette.quiet
  pen.beginPath()
  pen.arc(x, y, DOT, 0, 2 * Math.PI)
  pen.fill()
  pen.stroke()
}
