/** Draws what a mapping came to in one lane: a sign for each kind, told apart without colour. */
import type { MappingMark, MarkKind } from '../../stores/session/marks'
import type { Lane } from './lanes'
import type { Palette } from './palette'
import type { Range } from './timeScale'
import { MARK_KINDS } from '../../stores/session/marks'
import { xOf } from './timeScale'

/** Marks of a kind nearer than this are drawn as one, pixels. */
const APART = 3
const SIZE = 3.5

/** Marks in view, at most one of a kind for every few pixels; what interrupts is never left out for what does not. `marks` must ascend. */
export function marksInView(marks: readonly MappingMark[], range: Range, width: number): { x: number, mark: MappingMark }[] {
  const found: { x: number, mark: MappingMark }[] = []
  const last = new Map<MarkKind, number>()
  for (let i = lowerBound(marks, range.from); i < marks.length && marks[i].t <= range.to; i++) {
    const x = xOf(marks[i].t, range, width)
    if (x - (last.get(marks[i].what) ?? Number.NEGATIVE_INFINITY) < APART)
      continue
    last.set(marks[i].what, x)
    found.push({ x, mark: marks[i] })
  }
  return found.sort((a, b) => MARK_KINDS.indexOf(a.mark.what) - MARK_KINDS.indexOf(b.mark.what))
}

/** The mark nearest to `t` within `reach` ns. */
export function markAt(marks: readonly MappingMark[], t: number, reach: number): MappingMark | undefined {
  const at = lowerBound(marks, t)
  return [marks[at - 1], marks[at]].filter(mark => mark !== undefined && Math.abs(mark.t - t) <= reach).sort((a, b) => Math.abs(a!.t - t) - Math.abs(b!.t - t))[0]
}

function lowerBound(marks: readonly MappingMark[], t: number): number {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (marks[middle].t < t)
      low = middle + 1
    else
      high = middle
  }
  return low
}

export function drawMarks(pen: CanvasRenderingContext2D, marks: readonly MappingMark[], { range, width, lane, palette }: { range: Range, width: number, lane: Lane, palette: Palette }): void {
  const y = lane.top + lane.height / 2
  pen.fillStyle = palette.rule
  pen.fillRect(0, Math.round(lane.top + lane.height), width, 1)
  for (const { x, mark } of marksInView(marks, range, width))
    drawMark(pen, mark, { x, y, lane, palette })
}

function drawMark(pen: CanvasRenderingContext2D, { what, text }: MappingMark, { x, y, lane, palette }: { x: number, y: number, lane: Lane, palette: Palette }): void {
  switch (what) {
    case 'phase':
      pen.textAlign = 'left'
      pen.fillStyle = palette.quiet
      pen.fillRect(Math.round(x), lane.top, 1, lane.height)
      pen.font = `10px ${palette.mono}`
      pen.textBaseline = 'middle'
      pen.fillText(text.split(' ')[0], x + 4, y)
      return
    case 'pause':
      pen.fillStyle = palette.quiet
      pen.fillRect(x - 2.5, y - SIZE, 2, 2 * SIZE)
      pen.fillRect(x + 0.5, y - SIZE, 2, 2 * SIZE)
      return
    case 'interrupt':
      polygon(pen, [[x, y - SIZE - 1], [x + SIZE + 1, y + SIZE], [x - SIZE - 1, y + SIZE]])
      pen.fillStyle = palette.wrong
      pen.fill()
      return
    case 'threshold':
      pen.fillStyle = palette.quiet
      pen.fillRect(x - SIZE, y + 1, SIZE, 1.5)
      pen.fillRect(x, y - 2.5, SIZE, 1.5)
      pen.fillRect(x - 0.75, y - 2.5, 1.5, 5)
      return
    case 'positive':
      pen.fillStyle = palette.ink
      pen.fillRect(x - SIZE, y - SIZE, 2 * SIZE, 2 * SIZE)
      return
    case 'negative':
    case 'undecided':
      pen.strokeStyle = palette.quiet
      pen.strokeRect(x - SIZE + 0.5, y - SIZE + 0.5, 2 * SIZE - 1, 2 * SIZE - 1)
      if (what === 'undecided') {
        pen.fillStyle = palette.quiet
        pen.fillRect(x - SIZE, y, 2 * SIZE, SIZE)
      }
      return
    case 'scored':
      pen.fillStyle = palette.faint
      pen.fillRect(x - 0.5, y - 2, 1, 4)
      return
    case 'unblinded':
      pen.strokeStyle = palette.ink
      pen.beginPath()
      pen.ellipse(x, y, SIZE + 1.5, SIZE - 0.5, 0, 0, 2 * Math.PI)
      pen.stroke()
      pen.fillStyle = palette.ink
      pen.fillRect(x - 1, y - 1, 2, 2)
      return
    default: what satisfies never
  }
}

function polygon(pen: CanvasRenderingContext2D, corners: [number, number][]): void {
  pen.beginPath()
  corners.forEach(([x, y], i) => i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y))
  pen.closePath()
}
