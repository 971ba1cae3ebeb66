import type { Annotation } from '../../../../renderer/stores/session/search'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnnotationSearch, highlight, inOrder, merged } from '../../../../renderer/stores/session/search'
import { annotation } from '../../sessionFixture'

const all = [
  annotation(3e9, 3e9, 'Arrest on naming'),
  annotation(1e9, 2e9, 'Slow but right', { author: 'Ada' }),
  annotation(5e9, 5e9, 'réponse 3 → 8', { sites: ['layers.0.unit[37]'] }),
  annotation(6e9, 6e9, '', { tier: 'response', term: 'no-answer' }),
]
const search = new AnnotationSearch({ tier: tier => tier === 'response' ? 'Antwort' : tier, term: (_, code) => code === 'no-answer' ? 'keine Antwort' : code })
const found = (query: string): number[] => search.search(all, query).map(({ from }) => from.t / 1e9)

describe('search', () => {
  it('wants every word, as the beginning of one', () => {
    expect(found('arr nam')).toEqual([3])
    expect(found('arr slow')).toEqual([])
    expect(found('rest')).toEqual([])
  })

  it('ignores case and accents and finds authors and sites', () => {
    expect(found('REPONSE')).toEqual([5])
    expect(found('ada')).toEqual([1])
    expect(found('layers.0.unit[37]')).toEqual([5])
    expect(found('unit[37')).toEqual([5])
    expect(found('unit[38]')).toEqual([])
  })

  it('finds terms and tiers by their codes and by what they are called', () => {
    expect(found('no-answer')).toEqual([6])
    expect(found('answer')).toEqual([6])
    expect(found('keine')).toEqual([6])
    expect(found('antw')).toEqual([6])
    expect(found('notes')).toEqual([3, 1, 5])
  })

  it('an empty query is everything', () => {
    expect(found('  ').length).toBe(4)
  })

  it('shows what it found', () => {
    expect(highlight('Arrest on naming', 'nam')).toEqual([{ text: 'Arrest on ', hit: false }, { text: 'naming', hit: true }])
  })
})

describe('a list in order', () => {
  it('is by where they begin', () => {
    expect(inOrder(all).map(({ from }) => from.t / 1e9)).toEqual([1, 3, 5, 6])
  })

  it('stays so when some of it changes, comes or goes, as if it were sorted anew', () => {
    const times = fc.array(fc.nat({ max: 20 }), { maxLength: 12 })
    fc.assert(fc.property(times, times, fc.array(fc.nat({ max: 3 }), { minLength: 12, maxLength: 12 }), (before, added, fate) => {
      const list = inOrder(before.map(t => annotation(t, t, '')))
      const changed = [
        ...list.filter((_, i) => fate[i] > 1).map((one, i): Annotation => ({ ...one, from: { t: (i * 7) % 20, step: 0 }, removed: fate[i] === 3 })),
        ...added.map(t => annotation(t, t, 'new')),
      ]
      const ids = new Set(changed.map(one => one.annotation))
      const anew = inOrder([...list.filter(one => !ids.has(one.annotation)), ...changed.filter(one => !one.removed)])
      expect(merged(list, changed)).toEqual(anew)
    }))
  })
})
