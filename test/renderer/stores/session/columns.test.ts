import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Column, MaxPyramid } from '../../../../renderer/stores/session/columns'

describe('column', () => {
  it('keeps what was pushed past its first capacity', () => {
    const column = new Column(Float64Array, 2)
    for (let i = 0; i < 1000; i++)
      column.push(i * 3)
    expect(column.length).toBe(1000)
    expect([...column.view()]).toEqual(Array.from({ length: 1000 }, (_, i) => i * 3))
    expect(column.at(1000)).toBeNaN()
    expect(() => column.set(1000, 1)).toThrow(RangeError)
  })

  it('finds the first value at or after another', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: -5, max: 55 }), (values, wanted) => {
      const sorted = values.toSorted((a, b) => a - b)
      const column = new Column(Float64Array)
      sorted.forEach(value => column.push(value))
      const slow = sorted.findIndex(value => value >= wanted)
      expect(column.lowerBound(wanted)).toBe(slow < 0 ? sorted.length : slow)
    }))
  })
})

describe('range maximum', () => {
  it('equals the slow one for any range, at any size', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 700 }), fc.nat(700), fc.nat(700), (values, a, b) => {
      const pyramid = new MaxPyramid()
      values.forEach(value => pyramid.push(value))
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      expect(pyramid.max(from, to)).toBe(Math.max(0, ...values.slice(from, to)))
    }), { numRuns: 400 })
  })

  it('finds one spike among 300,000', () => {
    const pyramid = new MaxPyramid()
    for (let i = 0; i < 300_000; i++)
      pyramid.push(i === 123_457 ? 9 : 1)
    expect(pyramid.max(0, 300_000)).toBe(9)
    expect(pyramid.max(123_458, 300_000)).toBe(1)
    expect(pyramid.max(5, 123_457)).toBe(1)
    expect(pyramid.max(123_457, 123_458)).toBe(9)
  })
})
