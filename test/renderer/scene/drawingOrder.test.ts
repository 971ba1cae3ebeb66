import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawingOrder } from '../../../renderer/scene/drawingOrder'

describe('drawingOrder', () => {
  it('lists every site once, far before near to within a bucket', () => {
    const coordinate = fc.float({ min: -50, max: 50, noNaN: true })
    fc.assert(fc.property(fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 3, maxLength: 200 }), fc.tuple(coordinate, coordinate, coordinate), (points, camera) => {
      const places = new Float32Array(points.flatMap(point => [...point, 0]))
      const out = new Uint32Array(points.length - 2)
      drawingOrder(places, 2, points.length, camera, out)
      expect([...out].sort((a, b) => a - b)).toEqual(points.map((_, i) => i).slice(2))
      const distances = [...out].map(i => Math.hypot(...points[i]!.map((x, k) => x - camera[k]!)))
      const bucket = (Math.max(...distances) - Math.min(...distances)) / 4095 + 1e-4
      for (let i = 1; i < distances.length; i++)
        expect(distances[i]!).toBeLessThanOrEqual(distances[i - 1]! + bucket)
    }))
  })

  it('copes with sites that are all equally far', () => {
    const out = new Uint32Array(3)
    drawingOrder(new Float32Array(12), 0, 3, [1, 0, 0], out)
    expect([...out].sort()).toEqual([0, 1, 2])
  })
})
