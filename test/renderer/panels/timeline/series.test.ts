import type { Series } from '../../../../renderer/stores/session/monitors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { figureText, marksOf, scaleOf, valueAt } from '../../../../renderer/panels/timeline/series'
import { Column } from '../../../../renderer/stores/session/columns'
import { Spans } from '../../../../renderer/stores/session/spans'

function series(points: [number, number][], rest?: number[]): Series {
  const times = new Column(Float64Array)
  const values = new Spans()
  for (const [t, value] of points) {
    times.push(t)
    values.push(value)
  }
  const without = new Spans()
  rest?.forEach(value => without.push(value))
  return { times, values, ...(rest === undefined ? {} : { rest: without }) }
}

describe('a series in pixels', () => {
  it('is points where they can be told apart, with one more on either side', () => {
    const ten = series(Array.from({ length: 10 }, (_, i) => [i * 100, i]))
    expect(marksOf(ten, { from: 250, to: 650 }, 300)).toEqual({ kind: 'points', first: 2, end: 8 })
    expect(marksOf(ten, { from: 0, to: 1000 }, 30)).toEqual({ kind: 'points', first: 0, end: 10 })
    expect(marksOf(ten, { from: 0, to: 1000 }, 29).kind).toBe('envelope')
  })

  it('else the extremes of each pixel, as found by looking at all', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: -50, max: 50 })), { minLength: 40, maxLength: 200 })
    fc.assert(fc.property(values, (points) => {
      const sorted = points.toSorted((a, b) => a[0] - b[0])
      const marks = marksOf(series(sorted), { from: 0, to: 1000 }, 10)
      if (marks.kind !== 'envelope')
        throw new Error('forty values do not fit ten pixels')
      for (let x = 0; x < 10; x++) {
        const inside = sorted.filter(([t]) => Math.floor(t / 100) === x).map(([, value]) => value)
        expect(marks.pixels.find(pixel => pixel.x === x)?.value).toEqual(inside.length === 0 ? undefined : { min: Math.min(...inside), max: Math.max(...inside) })
      }
    }))
  })

  it('a place without a value counts for nothing, whatever lies beside it', () => {
    const some = series(Array.from({ length: 100 }, (_, i) => [i, i === 42 ? 7 : Number.NaN]), Array.from({ length: 100 }, (_, i) => i === 88 ? -7 : Number.NaN))
    expect(marksOf(some, { from: 0, to: 100 }, 10)).toEqual({ kind: 'envelope', pixels: [{ x: 4, value: { min: 7, max: 7 } }, { x: 8, rest: { min: -7, max: -7 } }] })
  })
})

describe('its scale', () => {
  it('spans all values, with and without stimulation, and takes in 0 where that lies close', () => {
    expect(scaleOf(series([[0, 1], [1, 4]]))).toEqual({ min: 0, max: 4 })
    expect(scaleOf(series([[0, 10], [1, 14]]))).toEqual({ min: 10, max: 14 })
    expect(scaleOf(series([[0, -1], [1, -4]]))).toEqual({ min: -4, max: 0 })
    expect(scaleOf(series([[0, 10], [1, 14]], [20, 12]))).toEqual({ min: 10, max: 20 })
  })

  it('gives one value alone room, and nothing none', () => {
    expect(scaleOf(series([[0, 3], [1, 3]]))).toEqual({ min: 0, max: 6 })
    const { min, max } = scaleOf(series([[0, 0]]))!
    expect(min < 0 && max > 0).toBe(true)
    expect(scaleOf(series([[0, Number.NaN]]))).toBeUndefined()
  })
})

describe('what it reads', () => {
  const some = series([[10, 1], [20, Number.NaN], [30, 3]], [5, 5, Number.NaN])
  it('at a moment is the last value at or before it', () => {
    expect(valueAt(some, 9)).toBeUndefined()
    expect(valueAt(some, 10)).toEqual({ value: 1, rest: 5, t: 10 })
    expect(valueAt(some, 29)).toBeUndefined()
    expect(valueAt(some, 1000)).toEqual({ value: 3, t: 30 })
  })

  it('is written with as many digits as its scale calls for', () => {
    expect(figureText(-1.23456, { min: -2, max: 1 })).toBe('−1.23')
    expect(figureText(123.456, { min: 0, max: 200 })).toBe('123')
    expect(figureText(12.34, { min: 0, max: 20 })).toBe('12.3')
    expect(figureText(0.01234, { min: 0, max: 0.02 })).toBe('0.0123')
    expect(figureText(5, undefined)).toBe('5.00')
    expect(figureText(2, { min: 0, max: 4 }, true)).toBe('2')
  })
})
