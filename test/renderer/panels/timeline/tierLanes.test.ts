import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inView, laneLists, shownTiers, tierLanes } from '../../../../renderer/panels/timeline/tierLanes'
import { annotation } from '../../sessionFixture'

const tier = (name: string) => ({ tier: name, name, colour: 'paper' })
const names = (count: number) => Array.from({ length: count }, (_, i) => tier(String.fromCharCode(97 + i)))

describe('lanes', () => {
  it('share the rows, those left over going to the active one, else the first', () => {
    expect(tierLanes(names(2), 4).map(({ row, rows }) => [row, rows])).toEqual([[0, 2], [2, 2]])
    expect(tierLanes(names(3), 4).map(({ row, rows }) => [row, rows])).toEqual([[0, 2], [2, 1], [3, 1]])
    expect(tierLanes(names(2), 3, 'b').map(({ row, rows }) => [row, rows])).toEqual([[0, 1], [1, 2]])
    expect(tierLanes(names(1), 4).map(({ row, rows }) => [row, rows])).toEqual([[0, 4]])
  })

  it('with more tiers than rows put the rest into the last, never the active one', () => {
    const lanes = tierLanes(names(5), 3, 'e')
    expect(lanes.map(({ tiers }) => tiers.map(one => one.tier))).toEqual([['a'], ['e'], ['b', 'c', 'd']])
    expect(lanes.map(({ rows }) => rows)).toEqual([1, 1, 1])
  })
})

it('a tier that annotations name though the session has it no longer is shown after the others, once', () => {
  const list = ['b', 'gone', 'a', 'gone'].map(of => ({ tier: of }))
  expect(shownTiers(names(2), list).map(one => one.tier)).toEqual(['a', 'b', 'gone'])
  expect(shownTiers(names(2), [])).toEqual(names(2))
})

it('what is in view is found as by looking at all', () => {
  const lanes = tierLanes(names(2), 2)
  const spans = fc.array(fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 60 }), fc.constantFrom('a', 'b')), { maxLength: 30 })
  fc.assert(fc.property(spans, fc.nat({ max: 100 }), fc.nat({ max: 40 }), fc.nat({ max: 5 }), (list, from, length, slack) => {
    const all = list.map(([start, long, of]) => annotation(start, start + long, '', { tier: of })).sort((a, b) => a.from.t - b.from.t)
    const range = { from, to: from + length }
    laneLists(all, lanes).forEach((lane, i) => {
      expect(lane.annotations).toEqual(all.filter(one => one.tier === 'ab'[i]))
      const [first, end] = inView(lane, range, slack)
      lane.annotations.forEach((one, at) => {
        if (one.from.t <= range.to && one.to.t + slack >= range.from)
          expect(at >= first && at < end).toBe(true)
      })
      // None before the first reaches into the view, none from the end on begins in it.
      expect(lane.annotations.slice(0, first).every(one => one.to.t + slack < range.from)).toBe(true)
      expect(lane.annotations.slice(end).every(one => one.from.t > range.to)).toBe(true)
    })
  }))
})
