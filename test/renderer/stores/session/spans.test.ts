import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { missing } from '../../../../renderer/stores/session/siteActivity'
import { Spans } from '../../../../renderer/stores/session/spans'

describe('extremes of a stretch', () => {
  it('are those of a plain loop, whatever the order values came in and whichever are missing', () => {
    fc.assert(fc.property(fc.array(fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: Number.NaN, freq: 4 }), { minLength: 1, maxLength: 900 }), fc.infiniteStream(fc.nat()), (values, random) => {
      const spans = new Spans()
      spans.grow(values.length)
      const order = values.map((_, i) => ({ i, by: random.next().value as number })).sort((a, b) => a.by - b.by)
      for (const { i } of order)
        spans.set(i, values[i]!)
      const from = (random.next().value as number) % values.length
      const to = from + (random.next().value as number) % (values.length - from + 1)
      const known = values.slice(from, to).filter(value => !Number.isNaN(value))
      expect(spans.range(from, to)).toEqual(known.length === 0 ? undefined : { min: Math.min(...known), max: Math.max(...known) })
    }))
  })
})

describe('what of a site is asked for next', () => {
  it('ends with every trial known where there are few, and with enough for each pixel where there are many', () => {
    for (const [first, end, pixels] of [[3, 300, 500], [1000, 101_000, 800]] as const) {
      const known = new Set<number>()
      for (let asked = missing(first, end, pixels, i => known.has(i)); asked.length > 0; asked = missing(first, end, pixels, i => known.has(i))) {
        expect(asked.every(i => i >= first && i < end && !known.has(i))).toBe(true)
        asked.forEach(i => known.add(i))
      }
      if (end - first < pixels)
        expect(known.size).toBe(end - first)
      else
        expect(known.size / pixels).toSatisfy((each: number) => each >= 2 && each <= 4)
    }
  })
})
