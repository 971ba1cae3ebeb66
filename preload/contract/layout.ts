/**
 * Where every site of a primary stands in space, in scene units.
 * Here and not in the renderer because a session records the layout of the sites it touched.
 * x runs from input to output, y is up, z completes each sheet; the whole is centred on the origin.
 * Plain sheets for every architecture: an mlp's units; a cnn's channels, a place each; a transformer's tokens, heads and
 * mlp units. The last sheet is the outputs.
 */
import type { Architecture } from './primary'
import { classesOf } from './primary'

export interface Sheet {
  /** `input`, `layers.0`, `conv.0`, `blocks.0.attn`, `blocks.0.mlp`, `unembed`, in order of computation. */
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
/** No sheet is taller or wider than this. */
const EXTENT = 17.5
/** More outputs than this stand in several columns. */
const OUTPUT_COLUMN = 32

export function layoutOf(architecture: Architecture): Layout {
  const modules = modulesOf(architecture)
  const sheets = modules.map(({ module, size, columns: given }, i): Sheet => {
    const last = i === modules.length - 1
    const columns = given ?? (last && size <= OUTPUT_COLUMN ? 1 : columnsFor(size))
    const rows = Math.ceil(size / columns)
    return {
      module,
      size,
      columns,
      rows,
      x: (i - (modules.length - 1) / 2) * GAP,
      pitch: i === 0 ? INPUT_PITCH * Math.min(1, 28 / columns) : last ? Math.min(OUTPUT_PITCH, EXTENT / Math.max(rows, columns)) : UNIT_PITCH * Math.min(1, 16 / columns),
    }
  })
  return { sheets, positions: sheets.map(positionsOf) }
}

/** Sites of each sheet. `input` first, outputs last; what `Presentation.activations` holds, one array per sheet after the input. */
function modulesOf(architecture: Architecture): { module: string, size: number, columns?: number }[] {
  switch (architecture.kind) {
    case 'mlp': return [{ module: 'input', size: architecture.inputs }, ...denseSheets(architecture)]
    case 'cnn': {
      const [channels, height, width] = architecture.input
      return [
        { module: 'input', size: channels * height * width, columns: width },
        ...architecture.conv.map(({ out }, l) => ({ module: `conv.${l}`, size: out })),
        ...denseSheets(architecture),
      ]
    }
    case 'transformer': return [
      { module: 'input', size: architecture.context, columns: 1 },
      ...Array.from({ length: architecture.layers }, (_, l) => [
        { module: `blocks.${l}.attn`, size: architecture.heads },
        ...(architecture.dMlp === 0 ? [] : [{ module: `blocks.${l}.mlp`, size: architecture.dMlp }]),
      ]).flat(),
      { module: 'unembed', size: classesOf(architecture) },
    ]
    default: return architecture satisfies never
  }
}

function denseSheets({ hidden, outputs }: { hidden: number[], outputs: number }): { module: string, size: number }[] {
  return [...hidden, outputs].map((size, l) => ({ module: `layers.${l}`, size }))
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
