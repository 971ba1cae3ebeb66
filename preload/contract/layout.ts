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

const INPUT_SIDE = 22
const UNIT_PITCH = 1.05
const UNIT_WIDTH = 13.65
const UNIT_HEIGHT = 21
const OUTPUT_PITCH = 1.85
const OUTPUT_HEIGHT = 18.5
/** More outputs than this stand in several columns. */
const OUTPUT_COLUMN = 32
/** Rows per column of a unit sheet: seen at an angle, a sheet is foreshortened in z, so tall ones leave room for depth. */
const TALLNESS = 1.7
/** Free space between sheets, and how much of their widths is added to it, so that none hides another from where the camera starts. */
const GAP = 6.3
const SKEW = 0.8

export function layoutOf(architecture: Architecture): Layout {
  const modules = modulesOf(architecture)
  const sheets = modules.map((module, i) => sheetOf(module, i === 0, i === modules.length - 1))
  spread(sheets)
  return { sheets, positions: sheets.map(positionsOf) }
}

interface Module { module: string, size: number, columns?: number }

function sheetOf({ module, size, columns: given }: Module, first: boolean, last: boolean): Sheet {
  const columns = given ?? (first ? imageColumns(size) : last && size <= OUTPUT_COLUMN ? 1 : unitColumns(size))
  const rows = Math.ceil(size / columns)
  const pitch = first
    ? INPUT_SIDE / Math.max(columns, rows, 12)
    : last ? Math.min(OUTPUT_PITCH, OUTPUT_HEIGHT / Math.max(rows, columns)) : Math.min(UNIT_PITCH, UNIT_WIDTH / columns, UNIT_HEIGHT / rows)
  return { module, size, columns, rows, x: 0, pitch }
}

/** Sites of each sheet. `input` first, outputs last; what `Presentation.activations` holds, one array per sheet after the input. */
function modulesOf(architecture: Architecture): Module[] {
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

function denseSheets({ hidden, outputs }: { hidden: number[], outputs: number }): Module[] {
  return [...hidden, outputs].map((size, l) => ({ module: `layers.${l}`, size }))
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
