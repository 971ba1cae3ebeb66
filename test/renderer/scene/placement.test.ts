import type { Box, Point } from '../../../renderer/scene/placement'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declutter, placeTickets, stack } from '../../../renderer/scene/placement'

const box = fc.record({ x: fc.integer({ min: 0, max: 400 }), y: fc.integer({ min: 0, max: 300 }), width: fc.integer({ min: 5, max: 80 }), height: fc.integer({ min: 8, max: 20 }) })

/** By area of the intersection: another way than the code's. */
function shared(a: Box, b: Box): number {
  const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return w > 0 && h > 0 ? w * h : 0
}

const pairs = <T>(all: readonly T[]): [T, T][] => all.flatMap((a, i) => all.slice(i + 1).map((b): [T, T] => [a, b]))

describe('declutter', () => {
  it('shows no two labels on one another, and hides one only behind a more important one', () => {
    fc.assert(fc.property(fc.array(fc.tuple(box, fc.float({ min: 0, max: 1, noNaN: true })), { maxLength: 30 }), (labels) => {
      const boxes = labels.map(([one]) => one)
      const priority = labels.map(([, p]) => p)
      const shown = declutter(boxes, priority)
      const kept = boxes.filter((_, i) => shown[i])
      expect(pairs(kept).every(([a, b]) => shared(a, b) === 0)).toBe(true)
      boxes.forEach((one, i) => {
        if (!shown[i])
          expect(boxes.some((other, k) => shown[k] && priority[k]! >= priority[i]! && shared(one, other) > 0)).toBe(true)
      })
    }))
  })
})

describe('stack', () => {
  it('moves labels down only, until none lies on another', () => {
    fc.assert(fc.property(fc.array(box, { maxLength: 20 }), fc.array(box, { maxLength: 5 }), (boxes, taken) => {
      const placed = stack(boxes, taken)
      expect(pairs(placed).every(([a, b]) => shared(a, b) === 0)).toBe(true)
      expect(placed.every(one => taken.every(other => shared(one, other) === 0))).toBe(true)
      placed.forEach((one, i) => {
        expect(one.x).toBe(boxes[i]!.x)
        expect(one.y).toBeGreaterThanOrEqual(boxes[i]!.y)
      })
    }))
  })
})

describe('placeTickets', () => {
  const size = { width: 22, height: 20 }
  const bounds = { x: 0, y: 0, width: 800, height: 600 }
  const around = ({ x, y }: Point): Box => ({ x: x - 11, y: y - 10, ...size })

  it('puts a lone ticket up and to the left of its site', () => {
    const [at] = placeTickets([{ x: 400, y: 300 }], size, [], bounds)
    expect(at!.x).toBeLessThan(390)
    expect(at!.y).toBeLessThan(290)
  })

  it('keeps twelve tickets of one neighbourhood apart, inside the window, near their sites and off the labels', () => {
    const anchors = Array.from({ length: 12 }, (_, i) => ({ x: 60 + 7 * (i % 4), y: 80 + 6 * Math.floor(i / 4) }))
    const taken = [{ x: 20, y: 40, width: 60, height: 16 }]
    const boxes = placeTickets(anchors, size, taken, bounds).map(around)
    expect(pairs([...boxes, ...taken]).filter(([a, b]) => shared(a, b) > 0)).toEqual([])
    expect(boxes.every(({ x, y }) => x >= 0 && y >= 0)).toBe(true)
    boxes.forEach(({ x, y }, i) => expect(Math.hypot(x + 11 - anchors[i]!.x, y + 10 - anchors[i]!.y)).toBeLessThan(130))
  })
})
