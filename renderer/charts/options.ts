/** How a chart looks: uPlot's options from curves and the theme. */
import type { Options, Scale, Series } from 'uplot'
import type { Curve } from './align'

interface Look { curves: readonly Curve[], xLabel: string, xMax?: number | undefined, log?: boolean, xLog?: boolean, width: number, height: number, element: Element }

export function chartOptions({ curves, xLabel, xMax, log, xLog, width, height, element }: Look): Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const font = `10.5px ${colour('--mono')}`
  const sides = [...new Set(curves.map(({ side }) => side))]
  const axis = { stroke: colour('--ink-3'), font, ticks: { show: false }, grid: { stroke: colour('--rule'), width: 1 } }
  return {
    width,
    height,
    padding: [8, sides.includes('right') ? 0 : 16, 0, sides.includes('left') ? 0 : 44],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: xLog ? { time: false, distr: 3, log: 10 } : { time: false, range: (_, min, max) => [Math.min(0, min ?? 0), Math.max(xMax ?? 0, max ?? 1)] },
      left: leftScale(log ?? false),
      right: { range: (_, min, max) => percentRange(min, max) },
    },
    axes: [
      { ...axis, size: 26, gap: 8, space: 60, values: (_, ticks) => xTexts(ticks, xLabel, xLog ?? false), ...(xLog ? { grid: { ...axis.grid, filter: (_, ticks) => ticks.map(decadeOnly) } } : {}) },
      { ...axis, scale: 'left', show: sides.includes('left'), size: 40, gap: 4, values: (_, ticks) => ticks.map(tickText), grid: { ...axis.grid, ...(log ? { filter: (_, ticks) => ticks.map(decadeOnly) } : {}) } },
      { ...axis, scale: 'right', side: 1, show: sides.includes('right'), size: 38, gap: 4, grid: { show: false }, values: (_, ticks) => ticks.map(tick => `${Number(tick.toFixed(2))} %`) },
    ],
    series: [{}, ...curves.map((curve): Series => ({
      scale: curve.side,
      stroke: colour(curve.colour),
      width: 1.5,
      spanGaps: true,
      points: { show: curve.dots ?? (curve.points.length < 40 && curve.side === 'right'), size: 5, fill: colour(curve.colour) },
      ...(curve.dashed ? { dash: [4, 3] } : {}),
    }))],
  }
}

/** Names the axis at its first tick. A logarithmic one has ticks at every digit, and few that are read. */
function xTexts(ticks: (number | null)[], label: string, log: boolean): string[] {
  const read = ticks.map(tick => tick === null || (log && !isDecade(tick)) ? '' : tick.toLocaleString('en'))
  const first = read.findIndex(text => text !== '')
  return read.map((text, i) => i === first ? `${label} ${text}` : text)
}

/** A loss begins at 0, or a decade below its least on a logarithmic axis. */
function leftScale(log: boolean): Scale {
  return log
    ? { distr: 3, log: 10 }
    : { range: (_, _min, max) => [0, (max ?? 1) * 1.05 || 1] }
}

/** Up to 100 %, from the ten below the least: the interesting part is near the top. */
function percentRange(min: number | null, max: number | null): [number, number] {
  return [Math.max(0, Math.floor(((min ?? 0) - 2) / 10) * 10), Math.max(100, max ?? 100)]
}

function tickText(value: number | null): string {
  return value === null ? '' : Math.abs(value) > 0 && Math.abs(value) < 0.01 ? value.toExponential(0) : String(Number(value.toPrecision(3)))
}

/** A logarithmic axis has ticks at every digit; lines only at powers of ten, so that the curve stays in front. */
function decadeOnly(value: number | null): number | null {
  return isDecade(value) ? value : null
}

function isDecade(value: number | null): boolean {
  return value !== null && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9
}
