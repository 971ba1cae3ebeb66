import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../preload/contract/layout'

const mlp = (inputs: number, hidden: number[], outputs: number) => ({ kind: 'mlp', inputs, hidden, outputs, activation: 'relu' }) as const

describe('layoutOf', () => {
  it('lays an image out upright: rows go down, columns towards +z', () => {
    const { sheets, positions } = layoutOf(mlp(784, [256, 128], 10))
    expect(sheets.map(({ module }) => module)).toEqual(['input', 'layers.0', 'layers.1', 'layers.2'])
    const at = (pixel: number): number[] => [...positions[0]!.subarray(3 * pixel, 3 * pixel + 3)]
    const [first, second, below] = [at(0), at(1), at(28)]
    expect(second![2]! - first![2]!).toBeCloseTo(sheets[0]!.pitch, 5)
    expect(first![1]! - below![1]!).toBeCloseTo(sheets[0]!.pitch, 5)
    expect(at(783)[1]).toBeCloseTo(-first![1]!, 5)
  })

  it('gives every site of any primary a place of its own, sheets in order along x', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 900 }), fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 5 }), fc.integer({ min: 1, max: 300 }), (inputs, hidden, outputs) => {
      const { sheets, positions } = layoutOf(mlp(inputs, hidden, outputs))
      sheets.forEach(({ size, columns, rows, x, pitch }, sheet) => {
        expect(positions[sheet]!.length).toBe(3 * size)
        expect(columns * rows).toBeGreaterThanOrEqual(size)
        expect(columns * (rows - 1)).toBeLessThan(size)
        const places = new Set(Array.from({ length: size }, (_, i) => `${Math.round(positions[sheet]![3 * i + 1]! / pitch * 4)},${Math.round(positions[sheet]![3 * i + 2]! / pitch * 4)}`))
        expect(places.size).toBe(size)
        expect(positions[sheet]![0]).toBeCloseTo(x, 4)
        if (sheet > 0)
          expect(x).toBeGreaterThan(sheets[sheet - 1]!.x)
      })
      expect(sheets[0]!.x).toBeCloseTo(-sheets.at(-1)!.x, 5)
    }), { numRuns: 40 })
  })

  it('keeps sheets of any size within one extent, so that the camera finds them', () => {
    for (const size of [1, 7, 100, 4096, 50_000]) {
      const { rows, columns, pitch } = layoutOf(mlp(784, [size], 10)).sheets[1]!
      expect(rows * pitch).toBeLessThanOrEqual(24)
      expect(columns * pitch).toBeLessThanOrEqual(24)
    }
  })
})
