import { describe, expect, it } from 'vitest'
import { departureLines, filters, headline } from '../../../../renderer/panels/replay/verdict'

describe('a verification in words', () => {
  it('says how many of how many', () => {
    expect(headline({ trials: 1000, classes: { 'bit-exact': 1000, 'ulp': 0, 'same-decision': 0, 'different': 0 } })).toBe('1,000 of 1,000 bit-exact')
  })

  it('offers the classes that occurred, best first, between what departed and all', () => {
    expect(filters({ trials: 8, maxUlp: 12, classes: { 'different': 1, 'bit-exact': 5, 'ulp': 2, 'same-decision': 0 } })).toEqual([
      { id: 'departed', name: 'departed', count: 3 },
      { id: 'bit-exact', name: 'bit-exact', count: 5 },
      { id: 'ulp', name: 'within 12 ulp', count: 2 },
      { id: 'different', name: 'different decision', count: 1 },
      { id: 'all', name: 'all', count: 8 },
    ])
    expect(filters({ trials: 4, maxUlp: 0, classes: { 'different': 0, 'bit-exact': 4, 'ulp': 0, 'same-decision': 0 } })).toEqual([{ id: 'all', name: 'bit-exact', count: 4 }])
  })

  it('lays out the first departure: when and where, then the two values in full', () => {
    expect(departureLines({ trial: 'x', class: 'ulp', ulp: 2, item: 141, expected: 1.25, got: 1.250000238418579, t: 68e9, sites: ['layers.0.unit[3]'] })).toEqual([
      { name: 'at', value: '1:08.0' },
      { name: 'on', value: 'layers.0.unit[3]' },
      { name: 'item', value: '141' },
      { name: 'recorded', value: '1.25' },
      { name: 'got', value: '1.250000238418579' },
      { name: 'apart', value: '2 ulp, the decision the same' },
    ])
    // As an earlier version stored it.
    expect(departureLines({ trial: 'x', class: 'different', ulp: 1e6, item: 3, expected: 1, got: 2 }).map(({ name, value }) => `${name} ${value}`)).toEqual(['item 3', 'recorded 1', 'got 2', 'apart 1,000,000 ulp, different decision'])
  })
})
