/**
 * Where every site of a primary stands in space, in scene units.
 * Here and not in the renderer because a session records the layout of the sites it touched.
 * x runs from input to output, y is up, z completes each sheet; the whole is centred on the origin.
 */
import type { Architecture } from './primary'

export interface Sheet {
  /** `input`, `layers.0`, … in order of computation. */
  module: string
  /** Number of sites on the sheet. */
  size: number
  columns: number
  rows: number
  /** Centre of the sheet. */
  x: number
  /** Distance between neighbours. */
  pitch: number
}

export interface Layout {
  sheets: Sheet[]
  /** [sheet][3 * site + axis]. */
  positions: Float32Array[]
}

const INPUT_SIDE = 22
const UNIT_PITCH = 1.05
const UNIT_WIDTH = 13.65
const UNIT_HEIGHT = 21
const OUTPUT_PITCH = 1.85
const OUTPUT_HEIGHT = 18.5
/** Rows per column of a unit sheet: seen at an angle, a sheet is foreshortened in z, so tall ones leave room for depth. */
const TALLNESS = 1.7
/** Free space between sheets, and how much of their widths is added to it, so that none hides another from where the camera starts. */
const GAP = 6.3
const SKEW = 0.8

export function layoutOf(architecture: Architecture): Layout {
  const sizes = [architecture.inputs, ...architecture.hidden, architecture.outputs]
  const sheets = sizes.map((size, i) => sheetOf(size, i, i === sizes.length - 1))
  spread(sheets)
  return { sheets, positions: sheets.map(positionsOf) }
}

function sheetOf(size: number, i: number, last: boolean): Sheet {
  const columns = i === 0 ? imageColumns(size) : last ? 1 : unitColumns(size)
  const rows = Math.ceil(size / columns)
  const pitch = i === 0
    ? INPUT_SIDE / Math.max(columns, rows, 12)
    : last ? Math.min(OUTPUT_PITCH, OUTPUT_HEIGHT / size) : Math.min(UNIT_PITCH, UNIT_WIDTH / columns, UNIT_HEIGHT / rows)
  return { module: i === 0 ? 'input' : `layers.${i - 1}`, size, columns, rows, x: 0, pitch }
}

/** A square input is an image and keeps its width. */
function imageColumns(size: number): number {
  const root = Math.sqrt(size)
  return Number.isInteger(root) ? root : unitColumns(size)
}

/** The number of columns whose sheet is nearest to the wanted shape, with few empty places in the last row. */
function unitColumns(size: number): number {
  const wanted = Math.sqrt(size / TALLNESS)
  let best = 1
  let least = Number.POSITIVE_INFINITY
  for (let columns = Math.max(1, Math.floor(wanted * 0.75)); columns <= Math.ceil(wanted * 1.35); columns++) {
    const rows = Math.ceil(size / columns)
    const cost = Math.abs(Math.log(rows / columns / TALLNESS)) + 4 * (rows * columns - size) / size
    if (cost < least)
      [best, least] = [columns, cost]
  }
  return best
}

/** Sets x of every sheet, in place. */
function spread(sheets: Sheet[]): void {
  const width = (sheet: Sheet): number => (sheet.columns - 1) * sheet.pitch
  for (let i = 1; i < sheets.length; i++)
    sheets[i]!.x = sheets[i - 1]!.x + GAP + SKEW * (width(sheets[i - 1]!) + width(sheets[i]!)) / 2
  const middle = (sheets.at(-1)?.x ?? 0) / 2
  for (const sheet of sheets)
    sheet.x -= middle
}

function positionsOf({ size, columns, rows, x, pitch }: Sheet): Float32Array {
  const positions = new Float32Array(3 * size)
  for (let i = 0; i < size; i++) {
    const row = Math.floor(i / columns)
    const column = i % columns
    positions[3 * i] = x
    positions[3 * i + 1] = ((rows - 1) / 2 - row) * pitch
    positions[3 * i + 2] = (column - (columns - 1) / 2) * pitch
  }
  return positions
}
