/** Small facts the scene derives from a layout: captions, extent, normalisation. Pure. */
import type { Layout } from '../../preload/contract/layout'

/** `input · 28 × 28`, `layers.0 · 256`, …, `layers.2 · output`. */
export function captionsOf({ sheets }: Layout, inputShape: readonly number[]): string[] {
  return sheets.map(({ module, size }, i) => {
    const shape = inputShape.filter(n => n > 1)
    if (i === 0 && shape.length > 1 && shape.reduce((a, b) => a * b, 1) === size)
      return `input · ${shape.join(' × ')}`
    return i === sheets.length - 1 ? `${module} · output` : `${module} · ${size.toLocaleString('en')}`
  })
}

/** Corners of every sheet and half a pitch around it, flat [point][axis]. */
export function cornersOf({ sheets }: Layout): number[] {
  return sheets.flatMap(({ x, columns, rows, pitch }) => {
    const y = rows * pitch / 2
    const z = columns * pitch / 2
    return [x, y, z, x, y, -z, x, -y, z, x, -y, -z]
  })
}

/** Largest magnitude, 0 for nothing. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < values.length; i++)
    largest = Math.max(largest, Math.abs(values[i]!))
  return largest
}
