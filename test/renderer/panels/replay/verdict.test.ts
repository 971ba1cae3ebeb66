import { describe, expect, it } from 'vitest'
import { classCounts, departureText, headline } from '../../../../renderer/panels/replay/verdict'

describe('a verification in words', () => {
  it('says how many of how many', () => {
    expect(headline({ trials: 1000, classes: { 'bit-exact': 1000, 'ulp': 0, 'same-decision': 0, 'different': 0 } })).toBe('1,000 of 1,000 bit-exact')
  })

  it('lists the classes that occurred, best first', () => {
    expect(classCounts({ maxUlp: 12, classes: { 'different': 1, 'bit-exact': 5, 'ulp': 2, 'same-decision': 0 } })).toEqual([
      { name: 'bit-exact', count: 5 },
      { name: 'within 12 ulp', count: 2 },
      { name: 'different decision', count: 1 },
    ])
  })

  it('names the first departure', () => {
    expect(departureText({ trial: 'x', class: 'ulp', ulp: 1, item: 141, expected: 0.25, got: 0.5 })).toBe('The first trial to depart does so at item 141: recorded 0.25, got 0.5, 1 ulp apart (within 1 ulp).')
  })
})
