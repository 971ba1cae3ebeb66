import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../preload/contract/layout'
import { captionsOf, largestOf } from '../../../renderer/scene/describe'

describe('captionsOf', () => {
  const layout = layoutOf({ kind: 'mlp', inputs: 784, hidden: [50_000, 128], outputs: 10, activation: 'relu' })

  it('names modules as addresses do, with their size', () => {
    expect(captionsOf(layout, [1, 28, 28])).toEqual(['input · 28 × 28', 'layers.0 · 50,000', 'layers.1 · 128', 'layers.2 · output'])
  })

  it('claims no image where the shape is none', () => {
    expect(captionsOf(layout, [784])[0]).toBe('input · 784')
    expect(captionsOf(layout, [30, 30])[0]).toBe('input · 784')
  })
})

describe('largestOf', () => {
  it('counts magnitude, so that negative activations have a size too', () => {
    expect(largestOf([0.5, -3, 2])).toBe(3)
    expect(largestOf([])).toBe(0)
  })
})
