/** How a dose–response curve looks: uPlot's options, its rows, and what is drawn by hand: error bars, threshold, neutral strength. */
import type { AlignedData, Options } from 'uplot'
import type UPlot from 'uplot'

export interface DosePoints {
  ladder: readonly { strength: number, mean: number, se: number, band: number }[]
  neutral: number
  threshold?: number
}

interface Look extends DosePoints { width: number, height: number, element: Element, xLabel: string }

/** Strength, upper and lower end of the null's band, effect. */
export function doseRows({ ladder }: DosePoints): AlignedData {
  return [ladder.map(({ strength }) => strength), ladder.map(({ band }) => band), ladder.map(({ band }) => -band), ladder.map(({ mean }) => mean)]
}

export function doseOptions(look: Look): Options {
  const { width, height, element, xLabel } = look
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const font = `10.5px ${colour('--mono')}`
  const axis = { stroke: colour('--ink-3'), font, ticks: { show: false }, grid: { stroke: colour('--rule'), width: 1 } }
  const band = { stroke: colour('--rule-strong'), width: 1, points: { show: false } }
  return {
    width,
    height,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: false }, y: { range: () => extent(look) } },
    axes: [
      { ...axis, size: 26, gap: 8, space: 44, values: (_, ticks) => ticks.map((tick, i) => `${i === 0 ? `${xLabel} ` : ''}${text(tick)}`) },
      { ...axis, size: 52, gap: 4, space: 22, values: (_, ticks) => ticks.map(text) },
    ],
    bands: [{ series: [1, 2], fill: colour('--track') }],
    series: [{}, band, band, { stroke: colour('--stimulate'), width: 1.5, points: { show: true, size: 5, fill: colour('--stimulate') } }],
    hooks: { draw: [plot => drawByHand(plot, look, colour)] },
  }
}

/** Holds the error bars and the band, and 0. */
function extent({ ladder }: DosePoints): [number, number] {
  const low = Math.min(0, ...ladder.map(({ mean, se, band }) => Math.min(mean - se, -band)))
  const high = Math.max(0, ...ladder.map(({ mean, se, band }) => Math.max(mean + se, band)))
  const room = 0.06 * (high - low) || 1
  return [low - room, high + room]
}

function drawByHand(plot: UPlot, { ladder, neutral, threshold }: DosePoints, colour: (name: string) => string): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  const at = (x: number, y: number): [number, number] => [plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true)]
  const line = (from: [number, number], to: [number, number]): void => {
    ctx.beginPath()
    ctx.moveTo(...from)
    ctx.lineTo(...to)
    ctx.stroke()
  }
  ctx.save()
  ctx.lineWidth = ratio
  ctx.strokeStyle = colour('--stimulate')
  for (const { strength, mean, se } of ladder) {
    if (se > 0) line(at(strength, mean - se), at(strength, mean + se))
  }
  const upright = (strength: number, name: string, dash: number[]): void => {
    const [x] = at(strength, 0)
    ctx.strokeStyle = colour(name)
    ctx.setLineDash(dash.map(part => part * ratio))
    line([x, bbox.top], [x, bbox.top + bbox.height])
  }
  upright(neutral, '--ink-3', [1, 3])
  if (threshold !== undefined) upright(threshold, '--ink', [4, 3])
  ctx.restore()
}

function text(value: number | null): string {
  if (value === null) return ''
  const size = Math.abs(value)
  return (size > 0 && size < 0.001 ? value.toExponential(0) : String(Number(value.toPrecision(3)))).replace('-', '−')
}
