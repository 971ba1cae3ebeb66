import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeFlags } from '../../../../renderer/panels/timeline/rows'

describe('annotation rows', () => {
  it('keeps one row while nothing collides', () => {
    const placed = placeFlags([{ from: 0, to: 0, label: 40 }, { from: 50, to: 90, label: 40 }, { from: 100, to: 100, label: 40 }], 3)
    expect(placed.map(({ row }) => row)).toEqual([0, 0, 0])
    expect(placed.map(({ width }) => width)).toEqual([40, 40, 40])
  })

  it('stacks overlapping stretches', () => {
    const placed = placeFlags([{ from: 0, to: 100, label: 10 }, { from: 20, to: 80, label: 10 }, { from: 40, to: 60, label: 10 }, { from: 110, to: 120, label: 10 }], 3)
    expect(placed.map(({ row }) => row)).toEqual([0, 1, 2, 0])
  })

  it('clips a label before it covers a stretch', () => {
    const placed = placeFlags([{ from: 0, to: 0, label: 100 }, { from: 30, to: 30, label: 20 }], 1)
    expect(placed).toEqual([{ row: 0, width: 27, covered: false }, { row: 0, width: 20, covered: false }])
  })

  it('says so where there is no room left', () => {
    const placed = placeFlags([{ from: 0, to: 100, label: 10 }, { from: 20, to: 100, label: 10 }], 1)
    expect(placed[1].covered).toBe(true)
  })

  it('uncovered flags of one row never overlap, whatever the order of lengths', () => {
    const flags = fc.array(fc.record({ from: fc.nat(2000), length: fc.nat(300), label: fc.integer({ min: 12, max: 140 }) }), { maxLength: 60 })
      .map(list => list.map(({ from, length, label }) => ({ from, to: from + length, label })).sort((a, b) => a.from - b.from))
    fc.assert(fc.property(flags, fc.integer({ min: 1, max: 4 }), (list, rows) => {
      const placed = placeFlags(list, rows)
      for (let i = 0; i < list.length; i++) {
        expect(placed[i].row).toBeLessThan(rows)
        expect(placed[i].width).toBeGreaterThanOrEqual(list[i].to - list[i].from)
        if (placed[i].covered)
          continue
        for (let j = 0; j < i; j++) {
          if (placed[j].row === placed[i].row)
            expect(list[j].from + placed[j].width).toBeLessThanOrEqual(list[i].from)
        }
      }
    }), { numRuns: 2000 })
  })

  it('clips every label that would reach a later flag, also one that lies under another', () => {
    const placed = placeFlags([{ from: 0, to: 20, label: 100 }, { from: 10, to: 12, label: 5 }, { from: 40, to: 50, label: 5 }], 1)
    expect(placed.map(({ width, covered }) => [width, covered])).toEqual([[37, false], [12, true], [12, false]])
  })
})
