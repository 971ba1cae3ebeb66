import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanText, timeText } from '../../../../renderer/components/clock'
import { following, panBy, ticksOf, tOf, whole, xOf, zoomAt } from '../../../../renderer/panels/timeline/timeScale'

const S = 1e9

describe('axis', () => {
  it('pixels and times are inverse', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 1e6, max: 1e12 }), fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 2000, noNaN: true }), (from, span, width, x) => {
      const range = { from, to: from + span }
      expect(Math.abs(xOf(tOf(x, range, width), range, width) - x)).toBeLessThan(0.01)
    }))
  })

  it('zooming keeps the time under the pointer where it is', () => {
    const range = { from: 10 * S, to: 20 * S }
    const next = zoomAt(range, 4, 12.5 * S, 100 * S)
    expect(next.to - next.from).toBeCloseTo(2.5 * S)
    expect(xOf(12.5 * S, next, 1000)).toBeCloseTo(xOf(12.5 * S, range, 1000))
  })

  it('zooms from a millisecond to the whole, and no further', () => {
    const duration = 3 * 3600 * S
    let range = whole(duration)
    range = zoomAt(range, 1e12, 5000 * S, duration)
    expect(range.to - range.from).toBeCloseTo(1e6, 3)
    range = zoomAt(range, 1e-12, 5000 * S, duration)
    expect(range.from).toBe(0)
    expect(range.to).toBeCloseTo(whole(duration).to)
  })

  it('never pans before the beginning or past the end', () => {
    const range = { from: 10 * S, to: 20 * S }
    expect(panBy(range, -100 * S, 60 * S)).toEqual({ from: 0, to: 10 * S })
    expect(panBy(range, 100 * S, 60 * S).to).toBeCloseTo(whole(60 * S).to)
  })

  it('turns the page only when the playhead leaves it', () => {
    const range = { from: 10 * S, to: 20 * S }
    expect(following(range, 15 * S, 60 * S)).toBe(range)
    const next = following(range, 21 * S, 60 * S)
    expect(next.from).toBeCloseTo(20 * S)
    expect(next.to - next.from).toBeCloseTo(10 * S)
  })
})

describe('ticks', () => {
  it('are round, in range, and at least 84 pixels apart', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e13 }), fc.integer({ min: 1e6, max: 1e13 }), fc.integer({ min: 200, max: 2000 }), (from, span, width) => {
      const ticks = ticksOf({ from, to: from + span }, width)
      expect(ticks.length).toBeLessThanOrEqual(width / 84 + 1)
      for (const { t } of ticks) {
        expect(t).toBeGreaterThanOrEqual(from - 1)
        expect(t).toBeLessThanOrEqual(from + span + 1)
      }
      expect(new Set(ticks.map(tick => tick.label)).size).toBe(ticks.length)
    }))
  })

  it('read like a clock', () => {
    expect(timeText(0)).toBe('0:00')
    expect(timeText(125 * S)).toBe('2:05')
    expect(timeText(3725 * S)).toBe('1:02:05')
    expect(timeText(1.25 * S, 1e8)).toBe('0:01.2')
    expect(timeText(61.0025 * S, 1e6)).toBe('1:01.002')
    expect(timeText(59.999 * S)).toBe('0:59')
  })

  it('says spans with their unit', () => {
    expect(spanText(12e6)).toBe('12 ms')
    expect(spanText(3.44e9)).toBe('3.4 s')
    expect(spanText(125e9)).toBe('2 min 5 s')
    expect(spanText(3840e9)).toBe('1 h 4 min')
  })
})
