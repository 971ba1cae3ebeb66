import type { Membership } from '../../main/lib/scores'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../main/lib/random'
import { meanAndLeast, scoresOf } from '../../main/lib/scores'

const of = (text: string): Membership[] => [...text].map(letter => letter === '+' ? 'site' : letter === '-' ? 'other' : 'inert')

describe('a list of scores', () => {
  it.each<[string, number[], string, number, number]>([
    ['all sites first', [4, 3, 2, 1], '++--', 1, 1],
    // (1/3 + 2/4) / 2.
    ['all sites last', [4, 3, 2, 1], '--++', 0, (1 / 3 + 2 / 4) / 2],
    // scikit-learn's own example: 0.75 and 0.8333….
    ['one other between', [0.1, 0.4, 0.35, 0.8], '--++', 0.75, 5 / 6],
    ['one score for all: as if drawn at random', [1, 1, 1, 1, 1], '+----', 0.5, 1 / 5],
    // Pairs: 2 > 1 once, ties with the other 2; AP: both of the tie at precision 1/2.
    ['a site that ties with an other', [2, 2, 1], '+--', 0.75, 1 / 2],
    // Distinct scores 3: one of one; 1: three of four, of which one was there before.
    ['ties below', [3, 1, 1, 1], '++-+', (0.5 + 1 + 0.5) / 3, 1 / 3 + 2 / 3 * 3 / 4],
    ['inert ones are not there', [9, 4, 8, 3, 2, 1], '.+.+--', 1, 1],
    ['no number is the least of all', [Number.NaN, 5, -7], '+--', 0, 1 / 3],
  ])('%s', (_what, scores, members, auroc, ap) => {
    const found = scoresOf(scores, of(members))
    expect(found.auroc).toBeCloseTo(auroc, 12)
    expect(found.ap).toBeCloseTo(ap, 12)
  })

  it('has neither without sites', () => {
    expect(scoresOf([1, 2], of('--'))).toEqual({ auroc: Number.NaN, ap: Number.NaN, sites: 0, others: 2 })
  })
})

it('is what counting every pair and every threshold gives', () => {
  const { integer, uniform } = randomStream(3, 'scores')
  for (let round = 0; round < 50; round++) {
    const n = 5 + integer(40)
    const scores = Array.from({ length: n }, () => integer(8))
    const members = Array.from({ length: n }, (): Membership => uniform() < 0.3 ? 'site' : uniform() < 0.2 ? 'inert' : 'other')
    members[0] = 'site'
    members[1] = 'other'
    const those = (wanted: Membership): number[] => scores.filter((_, i) => members[i] === wanted)
    const [sites, others] = [those('site'), those('other')]
    const pairs = sites.flatMap(a => others.map(b => a > b ? 1 : a === b ? 0.5 : 0))
    let [recall, ap] = [0, 0]
    for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
      const [hits, alarms] = [sites, others].map(values => values.filter(value => value >= threshold).length)
      if (hits + alarms > 0) ap += (hits / sites.length - recall) * hits / (hits + alarms)
      recall = hits / sites.length
    }
    const found = scoresOf(scores, members)
    expect(found.auroc).toBeCloseTo(pairs.reduce((a: number, b) => a + b, 0) / pairs.length, 12)
    expect(found.ap).toBeCloseTo(ap, 12)
    expect(found).toMatchObject({ sites: sites.length, others: others.length })
  }
})

it('is summed up over primaries by mean and worst', () => {
  expect(meanAndLeast([1, 0.5, 0.75])).toEqual({ mean: 0.75, least: 0.5 })
})
