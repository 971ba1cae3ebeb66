import { describe, expect, it } from 'vitest'
import { othersDoNotMatter, scoresOf } from '../../../main/theatre/circuits/induction'

/** Tokens 7 1 2 3 1 2: positions 4 and 5 repeat 1 and 2, so they should look at what followed, 2 at 2 and 3 at 3. */
const inputs = { shape: [1, 6], data: Int32Array.of(7, 1, 2, 3, 1, 2) }
const mask = [0, 0, 0, 0, 1, 1]

/** Attention [1, heads, 6, 6], each row looking at one key. */
function looking(...heads: number[][]) {
  const data = new Float32Array(heads.length * 36)
  heads.forEach((keys, h) => keys.forEach((key, query) => { data[(h * 6 + query) * 6 + key] = 1 }))
  return { shape: [1, heads.length, 6, 6], data }
}

describe('scores of heads', () => {
  it('tell a previous-token head, an induction head and one that does neither', () => {
    const [previous, induction, first] = scoresOf(looking([0, 0, 1, 2, 3, 4], [0, 0, 0, 0, 2, 3], [0, 0, 0, 0, 0, 0]), inputs, mask)
    expect(previous).toEqual({ prefix: 0, previous: 1 })
    expect(induction.prefix).toBe(1)
    expect(induction.previous).toBeCloseTo(1 / 5)
    expect(first).toEqual({ prefix: 0, previous: 1 / 5 })
  })

  it('count a head that looks at the earlier token itself as no induction head', () => {
    expect(scoresOf(looking([0, 0, 0, 0, 1, 2]), inputs, mask)[0].prefix).toBe(0)
  })
})

describe('heads outside the circuit', () => {
  const holds = (alone: number[], together: Record<string, number>): boolean[] => othersDoNotMatter(0.99, Object.fromEntries(alone.entries()), together).map(condition => condition.holds)

  it('do not matter where the behaviour stays without them', () => {
    expect(holds([0.98, 0.99], { mean: 0.95, zero: 0.97, resample: 0.92 })).toEqual([true, true])
    expect(holds([], { mean: 0.99 })).toEqual([true, true])
  })

  it('matter where a single one, or any way of taking all away, costs too much', () => {
    expect(holds([0.99, 0.93], { mean: 0.95 })).toEqual([false, true])
    expect(holds([0.98, 0.98], { mean: 0.98, zero: 0.98, resample: 0.65 })).toEqual([true, false])
  })
})
