/** Which unit lies next to which, for moving the selection with the arrow keys. Pure. */
import type { Layout } from '../../preload/contract/layout'

export type Direction = 'left' | 'right' | 'up' | 'down'
export interface SceneSite { sheet: number, index: number }

/**
 * The neighbour of a unit as the picture shows it: up and down along a column, left and right along a row and, past its end, to the
 * nearest row of the sheet before or after. Input pixels are not units and are never reached. Undefined at the border.
 */
export function neighbourOf(layout: Layout, { sheet, index }: SceneSite, direction: Direction): SceneSite | undefined {
  const { columns, size } = layout.sheets[sheet]!
  const column = index % columns
  switch (direction) {
    case 'up': return within(sheet, index - columns, size)
    case 'down': return within(sheet, index + columns, size)
    case 'left': return column > 0 ? { sheet, index: index - 1 } : across(layout, sheet, index, -1)
    case 'right': return column < columns - 1 && index + 1 < size ? { sheet, index: index + 1 } : across(layout, sheet, index, 1)
    default: return direction satisfies never
  }
}

/** Where the keyboard starts: the first unit of the first layer. */
export function firstUnit(layout: Layout): SceneSite | undefined {
  return layout.sheets.length > 1 ? { sheet: 1, index: 0 } : undefined
}

function within(sheet: number, index: number, size: number): SceneSite | undefined {
  return index >= 0 && index < size ? { sheet, index } : undefined
}

function across(layout: Layout, sheet: number, index: number, step: 1 | -1): SceneSite | undefined {
  const to = sheet + step
  const there = layout.sheets[to]
  if (to < 1 || there === undefined)
    return undefined
  const y = layout.positions[sheet]![3 * index + 1]!
  const row = Math.max(0, Math.min(there.rows - 1, Math.round((there.rows - 1) / 2 - y / there.pitch)))
  const wanted = row * there.columns + (step > 0 ? 0 : there.columns - 1)
  return { sheet: to, index: Math.min(there.size - 1, wanted) }
}
