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

const GAP = 13
const INPUT_PITCH = 0.62
const UNIT_PITCH = 1.05
const OUTPUT_PITCH = 1.75

export function layoutOf(architecture: Architecture): Layout {
  const sizes = [architecture.inputs, ...architecture.hidden, architecture.outputs]
  const sheets = sizes.map((size, i): Sheet => {
    const last = i === sizes.length - 1
    const columns = last ? 1 : columnsFor(size)
    return {
      module: i === 0 ? 'input' : `layers.${i - 1}`,
      size,
      columns,
      rows: Math.ceil(size / columns),
      x: (i - (sizes.length - 1) / 2) * GAP,
      pitch: i === 0 ? INPUT_PITCH * Math.min(1, 28 / columns) : last ? Math.min(OUTPUT_PITCH, 17.5 / size) : UNIT_PITCH * Math.min(1, 16 / columns),
    }
  })
  return { sheets, positions: sheets.map(positionsOf) }
}

/** A square input is an image and keeps its width; anything else becomes a sheet a little taller than wide. */
function columnsFor(size: number): number {
  const root = Math.sqrt(size)
  return Number.isInteger(root) ? root : Math.max(1, Math.floor(root * 0.75))
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
