import type { MappingMark } from '../../../../renderer/stores/session/marks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { marksOfTrials } from '../../../../renderer/panels/timeline/departures'
import { markAt, marksInView } from '../../../../renderer/panels/timeline/drawMarks'
import { xOf } from '../../../../renderer/panels/timeline/timeScale'
import { Column } from '../../../../renderer/stores/session/columns'
import { departuresOf, trialsIn } from '../../../../renderer/stores/session/departures'
import { MARK_KINDS } from '../../../../renderer/stores/session/marks'

const mark = (t: number, what: MappingMark['what'] = 'scored'): MappingMark => ({ t, what, text: `${what} at ${t}` })
const range = { from: 0, to: 1000 }

describe('marks of a mapping', () => {
  it('are those in view, at most one of a kind for every few pixels', () => {
    const marks = [mark(-1), mark(0), mark(1), mark(2, 'interrupt'), mark(29), mark(30), mark(31), mark(1000), mark(1001)]
    // A hundred pixels: ten units each; three pixels apart at least.
    expect(marksInView(marks, range, 100).filter(({ mark }) => mark.what === 'scored').map(({ x }) => x)).toEqual([0, 3, 100])
    expect(marksInView(marks, range, 100).filter(({ mark }) => mark.what === 'interrupt').map(({ x }) => x)).toEqual([0.2])
  })

  it('no kind hides another, and later kinds lie over earlier ones', () => {
    const marks = MARK_KINDS.toReversed().map((what, i) => mark(500 + i / 100, what))
    expect(marksInView(marks, range, 100).map(({ mark }) => mark.what)).toEqual([...MARK_KINDS])
  })

  it('the nearest within reach is the one pointed at', () => {
    const marks = [mark(100), mark(200), mark(230)]
    expect(markAt(marks, 212, 20)?.t).toBe(200)
    expect(markAt(marks, 220, 20)?.t).toBe(230)
    expect(markAt(marks, 130, 20)).toBeUndefined()
    expect(markAt([], 0, 20)).toBeUndefined()
  })
})

describe('trials that departed', () => {
  const classes = Uint8Array.from([0, 1, 2, 3, 0, 3, 1])

  it('are told apart by whether the decision is another, and listed by class', () => {
    expect(departuresOf(classes)).toEqual({ classes, near: Uint32Array.of(1, 2, 6), different: Uint32Array.of(3, 5) })
    expect([...trialsIn(classes, 'departed')]).toEqual([1, 2, 3, 5, 6])
    expect([...trialsIn(classes, 'ulp')]).toEqual([1, 6])
    expect([...trialsIn(classes, 'bit-exact')]).toEqual([0, 4])
    expect(trialsIn(classes, 'all').length).toBe(7)
  })

  it('are marked where they lie: none in view is without a mark near it, and no two marks lie on each other', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: -200, max: 1200 }), fc.boolean()), { maxLength: 80 }), (trials) => {
      const sorted = trials.toSorted((a, b) => a[0] - b[0])
      const times = new Column(Float64Array)
      sorted.forEach(([t]) => times.push(t))
      const indices = sorted.flatMap(([, departed], i) => departed ? [i] : [])
      const marks = marksOfTrials(indices, times, range, 100)
      marks.forEach((x, i) => expect(i === 0 || x - marks[i - 1] > 4.999).toBe(true))
      const there = new Set(indices.map(i => xOf(times.at(i), range, 100)))
      expect(marks.every(x => there.has(x))).toBe(true)
      for (const i of indices) {
        const t = times.at(i)
        if (t >= 0 && t <= 1000)
          expect(marks.some(x => t / 10 > x - 0.001 && t / 10 - x < 5.001)).toBe(true)
      }
    }))
  })

  it('a million of them cost what the width does', () => {
    const times = new Column(Float64Array)
    for (let i = 0; i < 1_000_000; i++)
      times.push(i)
    const all = trialsIn(new Uint8Array(1_000_000).fill(1), 'departed')
    let reads = 0
    const read = (i: number): number => {
      reads++
      return times.at(i)
    }
    const counted = { get length() { return times.length }, at: read, lowerBound: (t: number) => times.lowerBound(t) } as unknown as typeof times
    expect(marksOfTrials(all, counted, { from: 0, to: 1_000_000 }, 1000).length).toBe(200)
    expect(reads).toBeLessThan(1000)
  })
})
