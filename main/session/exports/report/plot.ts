/** The frame of a figure: axes with ticks, units and names, and where a value falls in it. SVG as text; pure. */
import type { Html } from './html'
import { html } from './html'
import { figure, ticks } from './numbers'

export interface Axis {
  low: number
  high: number
  /** With its unit. */
  name: string
  /** Values to name; chosen where left out. */
  at?: { value: number, text: string }[]
  /** Logarithmic: `low` above 0. */
  log?: boolean
}

export interface Frame {
  x: (value: number) => number
  y: (value: number) => number
  left: number
  right: number
  top: number
  bottom: number
  /** Axes and grid. */
  axes: Html
}

export const WIDTH = 640
const LEFT = 76
const RIGHT = 16
const TOP = 12
const BOTTOM = 46

export function frame(x: Axis, y: Axis, height: number, width = WIDTH): Frame {
  const [left, right, top, bottom] = [LEFT, width - RIGHT, TOP, height - BOTTOM]
  const across = scale(x, left, right)
  const up = scale(y, bottom, top)
  const axes = html`<g class="axes">${marksOf(y, 5).map(({ value, text }) => html`<line class="grid" x1="${left}" x2="${right}" y1="${px(up(value))}" y2="${px(up(value))}"/><text x="${left - 6}" y="${px(up(value) + 4)}" text-anchor="end">${text}</text>`)}${marksOf(x, 8).map(({ value, text }) => html`<line x1="${px(across(value))}" x2="${px(across(value))}" y1="${bottom}" y2="${bottom + 4}"/><text x="${px(across(value))}" y="${bottom + 17}" text-anchor="middle">${text}</text>`)}<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/><line x1="${left}" x2="${left}" y1="${top}" y2="${bottom}"/><text x="${(left + right) / 2}" y="${bottom + 36}" text-anchor="middle">${x.name}</text><text transform="translate(14 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${y.name}</text></g>`
  return { x: across, y: up, left, right, top, bottom, axes }
}

/** The figure itself: what it shows is also said to a screen reader. */
export function drawing(height: number, label: string, content: Html | Html[], width = WIDTH): Html {
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">${content}</svg>`
}

/** A range with some air; never empty. */
export function padded(values: readonly number[], include: readonly number[] = []): { low: number, high: number } {
  const finite = [...values, ...include].filter(Number.isFinite)
  const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const high = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  if (!(low <= high))
    return { low: 0, high: 1 }
  const air = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * 0.06
  return { low: low - air, high: high + air }
}

/** Coordinates to a hundredth of a point. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function scale({ low, high, log }: Axis, from: number, to: number): (value: number) => number {
  const at = log === true ? Math.log10 : (value: number) => value
  const span = at(high) - at(low) || 1
  return value => from + (at(value) - at(low)) / span * (to - from)
}

function marksOf({ low, high, at, log }: Axis, about: number): { value: number, text: string }[] {
  if (at !== undefined)
    return at
  if (log === true) {
    const powers = Array.from({ length: Math.floor(Math.log10(high) + 1e-9) - Math.ceil(Math.log10(low) - 1e-9) + 1 }, (_, i) => 10 ** (Math.ceil(Math.log10(low) - 1e-9) + i))
    return powers.map(value => ({ value, text: figure(value) }))
  }
  return ticks(low, high, about).map(value => ({ value, text: figure(value) }))
}
