/** Two raters: what each may see and touch, how a blind rating ends, and what agreement is counted on. */
import type { SessionRecorder } from '../../main/session/recorder'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { agreementOf } from '../../main/session/agreement'
import { addAnnotations, changeAnnotations } from '../../main/session/annotations'
import { visibleTo } from '../../main/session/blinding'
import { beginRating, declareDone, unblindRating } from '../../main/session/ratings'
import { SessionReader } from '../../main/session/reader'
import { create, StillTime, temporaryFolder, ulidOf } from './support'

let recorder: SessionRecorder
let folder: string
beforeEach(() => {
  folder = join(temporaryFolder(), 'rated.session')
  recorder = create(folder, { time: new StillTime() })
  return () => recorder.close()
})

const TRIALS = Array.from({ length: 8 }, (_, i) => ({ trial: ulidOf(i), t: i * 1e9 }))
const code = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  }
  catch (error) {
    return (error as { code?: string }).code
  }
}
const rate = (author: string, trial: number, term: string): string => addAnnotations(recorder, [{ from: { t: trial * 1e9, step: 0 }, tier: 'response', term, text: '', sites: [], trials: [ulidOf(trial)], author }], 0)[0]!.annotation
const stretch = (author: string, from: number, to: number, term: string): string => addAnnotations(recorder, [{ from: { t: from * 1e9, step: 0 }, to: { t: to * 1e9, step: 0 }, tier: 'response', term, text: '', sites: [], trials: [], author }], 0)[0]!.annotation
const seenBy = (viewer: string): string[] => visibleTo(recorder.notes.annotations.present(), recorder.notes.ratings, viewer).map(({ annotation }) => annotation)
const begin = (): string => {
  beginRating(recorder, { tiers: ['response'], raters: ['Ada', 'Ben'] }, 'Ada', 0)
  return recorder.notes.ratings.at(-1)!.rating
}

describe('while they rate blind', () => {
  it('each sees their own on the rated tier, however the name is typed, and everything elsewhere', () => {
    const note = addAnnotations(recorder, [{ tier: 'notes', text: 'for all', sites: [], trials: [], author: 'Cy' }], 0)[0]!.annotation
    begin()
    const a = rate('Ada', 0, 'correct')
    const b = rate('ben', 0, 'slowed')
    expect(seenBy(' ADA ')).toEqual([note, a])
    expect(seenBy('Ben')).toEqual([note, b])
    expect(seenBy('Cy')).toEqual([note])
    expect(seenBy('')).toEqual([note])
  })

  it('neither can change, remove or restore what the other wrote: for them it is not there', () => {
    begin()
    const a = rate('Ada', 0, 'correct')
    for (const change of [{ term: 'error' }, { removed: true }, { removed: false }])
      expect(code(() => changeAnnotations(recorder, [{ annotation: a, change }], 'Ben', 0))).toBe('annotation-unknown')
    expect(code(() => changeAnnotations(recorder, [{ annotation: a, change: { term: 'error' } }], 'Ada', 0))).toBeUndefined()
  })

  it('nobody else adds to the tier, nor moves something into it', () => {
    begin()
    expect(code(() => rate('Cy', 0, 'correct'))).toBe('rating-blind')
    const note = addAnnotations(recorder, [{ tier: 'notes', text: '', sites: [], trials: [], author: 'Cy' }], 0)[0]!.annotation
    expect(code(() => changeAnnotations(recorder, [{ annotation: note, change: { tier: 'response', term: 'correct' } }], 'Cy', 0))).toBe('rating-blind')
  })

  it('there is no agreement to be had', () => {
    begin()
    expect(code(() => agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS))).toBe('rating-blind')
  })

  it.each<[string, () => unknown]>([
    ['raters-same', () => beginRating(recorder, { tiers: ['response'], raters: ['Ada', ' ada'] }, '', 0)],
    ['raters-same', () => beginRating(recorder, { tiers: ['response'], raters: ['Ada', ''] }, '', 0)],
    ['tier-free', () => beginRating(recorder, { tiers: ['notes'], raters: ['Ada', 'Ben'] }, '', 0)],
    ['tier-unknown', () => beginRating(recorder, { tiers: ['speech'], raters: ['Ada', 'Ben'] }, '', 0)],
    ['rating-open', () => [begin(), begin()]],
    ['not-a-rater', () => declareDone(recorder, begin(), 'Cy', true, 0)],
    ['rating-unknown', () => unblindRating(recorder, ulidOf(1), 'Ada', 0)],
  ])('%s is refused', (expected, run) => {
    expect(code(run)).toBe(expected)
  })
})

describe('a blind rating ends', () => {
  it('when both are done, by an event; one who takes it back keeps it blind', () => {
    const rating = begin()
    declareDone(recorder, rating, 'ada', true, 0)
    declareDone(recorder, rating, 'ada', false, 0)
    declareDone(recorder, rating, 'Ben', true, 0)
    expect(recorder.notes.ratings[0]!.unblinded).toBeUndefined()
    declareDone(recorder, rating, 'Ada', true, 0)
    expect(recorder.notes.ratings[0]).toMatchObject({ done: ['Ben', 'Ada'], unblinded: { reason: 'done', by: 'Ada' } })
    expect(code(() => declareDone(recorder, rating, 'Ada', false, 0))).toBe('rating-over')
  })

  it('when somebody opens it, which is kept and told with the agreement', async () => {
    const rating = begin()
    rate('Ada', 0, 'correct')
    unblindRating(recorder, rating, 'Cy', 0)
    expect(seenBy('Ben')).toHaveLength(1)
    recorder.close()
    const { notes } = await SessionReader.open(folder)
    expect(notes.ratings[0]!.unblinded).toMatchObject({ reason: 'opened', by: 'Cy' })
    expect(agreementOf(notes, 'response', ['Ada', 'Ben'], TRIALS).blind).toBe('opened')
  })

  it('and what is changed with the other’s in view counts no more', async () => {
    const rating = begin()
    const [a] = [rate('Ada', 0, 'correct'), rate('Ben', 0, 'slowed'), rate('Ada', 1, 'error'), rate('Ben', 1, 'error')]
    declareDone(recorder, rating, 'Ada', true, 0)
    declareDone(recorder, rating, 'Ben', true, 0)
    const blind = agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS)
    changeAnnotations(recorder, [{ annotation: a!, change: { term: 'slowed' } }], 'Ada', 0)
    expect(agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS)).toEqual(blind)
    recorder.close()
    expect(agreementOf((await SessionReader.open(folder)).notes, 'response', ['Ada', 'Ben'], TRIALS)).toEqual(blind)
    expect(blind).toMatchObject({ n: 2, observed: 0.5, blind: 'done' })
  })
})

describe('agreement', () => {
  it('is counted over trials both rated, the latest rating of each; the rest is listed', () => {
    const ratings: [string, number, string][] = [
      ['Ada', 0, 'correct'],
      ['Ben', 0, 'correct'],
      ['Ada', 1, 'slowed'],
      ['Ada', 1, 'error'],
      ['Ben', 1, 'error'],
      ['Ada', 2, 'error'],
      ['Ben', 2, 'correct'],
      ['Ada', 3, 'correct'],
      ['Ben', 4, 'slowed'],
      ['Cy', 0, 'error'],
    ]
    const ids = ratings.map(([author, trial, term]) => rate(author, trial, term))
    const found = agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS)
    // By hand: 2 of 3 agree; Ada says correct 1, error 2; Ben correct 2, error 1: (1·2 + 2·1)/9 by chance.
    expect(found).toMatchObject({ n: 3, trials: 3, stretches: 0, only: [1, 1], repeated: 1, blind: 'never' })
    expect(found.observed).toBeCloseTo(2 / 3, 12)
    expect(found.expected).toBeCloseTo(4 / 9, 12)
    expect(found.kappa).toBeCloseTo((2 / 3 - 4 / 9) / (5 / 9), 12)
    expect(found.codes).toEqual(['correct', 'slowed', 'error'])
    expect(found.table).toEqual([[1, 0, 0], [0, 0, 0], [1, 0, 1]])
    expect(found.disagreements).toEqual([
      { t: 2e9, trial: ulidOf(2), codes: ['error', 'correct'], annotations: [ids[5], ids[6]] },
      { t: 3e9, trial: ulidOf(3), codes: ['correct', undefined], annotations: [ids[7]] },
      { t: 4e9, trial: ulidOf(4), codes: [undefined, 'slowed'], annotations: [ids[8]] },
    ])
  })

  it('of stretches that name no trial pairs those that overlap, each once, the best first', () => {
    stretch('Ada', 0, 10, 'correct')
    stretch('Ben', 1, 9, 'correct')
    stretch('Ada', 20, 24, 'error')
    stretch('Ben', 23, 33, 'slowed')
    stretch('Ben', 20, 23, 'error')
    // Points within half a second of each other, and two that are not.
    stretch('Ada', 40, 40, 'slowed')
    stretch('Ben', 40.2, 40.2, 'correct')
    stretch('Ada', 50, 50, 'slowed')
    stretch('Ben', 50.6, 50.6, 'slowed')
    const found = agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS)
    expect(found).toMatchObject({ n: 3, trials: 0, stretches: 3, only: [1, 2] })
    expect(found.disagreements.map(({ t, codes }) => [t / 1e9, ...codes])).toEqual([
      [40, 'slowed', 'correct'],
      [23, undefined, 'slowed'],
      [50, 'slowed', undefined],
      [50.6, undefined, 'slowed'],
    ])
  })

  it('names what settled a disagreement, and does not count it as a rating', () => {
    const [a, b] = [rate('Ada', 0, 'correct'), rate('Ben', 0, 'slowed')]
    const before = agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS)
    const [settled] = addAnnotations(recorder, [{ from: { t: 0, step: 0 }, tier: 'response', term: 'slowed', text: 'margin halved', sites: [], trials: [ulidOf(0)], settles: [a, b], author: 'Ada' }], 0)
    const after = agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS)
    expect(after.table).toEqual(before.table)
    expect(after.disagreements[0]!.settled).toEqual({ annotation: settled!.annotation, author: 'Ada', code: 'slowed' })
  })

  it('of a tier nobody rated is not defined, and says so', () => {
    expect(agreementOf(recorder.notes, 'response', ['Ada', 'Ben'], TRIALS)).toMatchObject({ n: 0, kappa: undefined, undefined: 'Nothing was rated by both.', codes: [], table: [] })
    expect(code(() => agreementOf(recorder.notes, 'notes', ['Ada', 'Ben'], TRIALS))).toBe('tier-free')
  })
})

describe('by one act', () => {
  it('many are changed with one mark on all, and none where one cannot be', () => {
    const ids = [0, 1, 2].map(trial => rate('Ada', trial, 'correct'))
    const events = recorder.events
    expect(code(() => changeAnnotations(recorder, [...ids, ulidOf(99)].map(annotation => ({ annotation, change: { term: 'error' } })), 'Ada', 0))).toBe('annotation-unknown')
    expect(recorder.events).toBe(events)
    const changed = changeAnnotations(recorder, ids.map(annotation => ({ annotation, change: { term: 'error' } })), 'Ada', 0)
    expect(new Set(changed.map(({ edit }) => edit)).size).toBe(1)
    expect(changed[0]!.edit).toHaveLength(26)
    const [alone] = changeAnnotations(recorder, [{ annotation: ids[0]!, change: { term: '' } }], 'Ada', 0)
    expect(alone!.edit).toBeUndefined()
    expect(alone).not.toHaveProperty('term')
  })

  it('who removes or restores an annotation does not become its author', () => {
    const id = rate('Ada', 0, 'correct')
    const [removed] = changeAnnotations(recorder, [{ annotation: id, change: { removed: true } }], 'Ben', 0)
    expect(removed!.author).toBe('Ada')
    expect(changeAnnotations(recorder, [{ annotation: id, change: { removed: false, text: 'x' } }], 'Ben', 0)[0]!.author).toBe('Ben')
  })
})
