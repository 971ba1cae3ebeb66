import { describe, expect, it } from 'vitest'
import { highlight, inOrder, searchAnnotations } from '../../../../renderer/stores/session/search'
import { annotation } from '../../sessionFixture'

const all = [
  annotation(3e9, 3e9, 'Arrest on naming'),
  annotation(1e9, 2e9, 'Slow but right', { author: 'Ada' }),
  annotation(5e9, 5e9, 'réponse 3 → 8', { sites: ['layers.0.unit[37]'] }),
]
const texts = (query: string): string[] => searchAnnotations(all, query).map(({ text }) => text)

describe('search', () => {
  it('wants every word, as the beginning of one', () => {
    expect(texts('arr nam')).toEqual(['Arrest on naming'])
    expect(texts('arr slow')).toEqual([])
    expect(texts('rest')).toEqual([])
  })

  it('ignores case and accents and finds authors and sites', () => {
    expect(texts('REPONSE')).toEqual(['réponse 3 → 8'])
    expect(texts('ada')).toEqual(['Slow but right'])
    expect(texts('layers.0.unit[37]')).toEqual(['réponse 3 → 8'])
    expect(texts('unit[37')).toEqual(['réponse 3 → 8'])
    expect(texts('unit[38]')).toEqual([])
  })

  it('an empty query is everything', () => {
    expect(texts('  ').length).toBe(3)
  })

  it('shows what it found', () => {
    expect(highlight('Arrest on naming', 'nam')).toEqual([{ text: 'Arrest on ', hit: false }, { text: 'naming', hit: true }])
  })

  it('orders by where they begin', () => {
    expect(inOrder(all).map(({ text }) => text)).toEqual(['Slow but right', 'Arrest on naming', 'réponse 3 → 8'])
  })
})
