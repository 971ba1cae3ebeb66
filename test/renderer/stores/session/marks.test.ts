/** A mapping's events as marks of the timeline: what is marked, in which order, and what it says to whoever points at it. */
import type { EventBody, EventOf } from '../../../../preload/contract/session'
import { expect, it } from 'vitest'
import { MARK_KINDS, MARK_MEANINGS, marksFrom } from '../../../../renderer/stores/session/marks'
import { nextId } from '../../sessionFixture'

const at = <B extends EventBody>(t: number, body: B) => ({ id: nextId(), t, step: 0, ...body })
const M = nextId()
const transition = (t: number, what: EventOf<'mapping.transition'>['what'], more: Partial<EventOf<'mapping.transition'>> = {}): EventOf<'mapping.transition'> => ({ ...at(t, { kind: 'mapping.transition', mapping: M, from: 'calibrate', to: 'map', what }), ...more })
const verdict = (t: number, verdict: EventOf<'verdict'>['verdict'], more: Partial<EventOf<'verdict'>> = {}): EventOf<'verdict'> => ({
  ...at(t, { kind: 'verdict', mapping: M, site: 'layers.0.unit[3]', verdict, reason: '', k: 2, n: 3, items: 30, lost: 12, gained: 1, p: 0.01, adjusted: 0.0312, absentP: 1, absentAdjusted: 1, test: 'mcnemar-exact', correction: 'holm', effect: 0.3, interval: [0.1, 0.5], logProbability: { mean: -0.4, se: 0.1 }, strength: 0, largest: true }),
  ...more,
})
const score = (t: number, source: 'auto' | 'human'): EventOf<'score'> => at(t, { kind: 'score', trial: M, code: 'no-answer', source, rater: 'Ada', blind: source === 'human', removed: false })
const ramp = (t: number, threshold?: number): EventOf<'ramp'> => at(t, { kind: 'ramp', mapping: M, site: 'layers.0.unit[3]', steps: [], ...(threshold === undefined ? {} : { threshold }), bracket: {}, working: -2, largest: -4 })
const none = { transitions: [], ramps: [], verdicts: [], scores: [], unblindings: [] }

it('lie in order of time, whatever table they come from', () => {
  const marks = marksFrom({
    transitions: [transition(1, 'advance'), transition(9, 'end', { reason: 'all sites are done' })],
    ramps: [ramp(3, -1.5)],
    verdicts: [verdict(7, 'positive', { tag: 4 }), verdict(6, 'not-tested')],
    scores: [score(5, 'human'), score(4, 'auto')],
    unblindings: [at(8, { kind: 'mapping.unblinded', mapping: M, by: 'Ada', reason: 'the last trial is done', early: false })],
  })
  expect(marks.map(({ t, what }) => [t, what])).toEqual([[1, 'phase'], [3, 'threshold'], [5, 'scored'], [6, 'undecided'], [7, 'positive'], [8, 'unblinded'], [9, 'phase']])
  expect(marks.map(({ text }) => text)).toEqual([
    'map begins',
    'layers.0.unit[3]: threshold −1.5, tested at −2',
    'scored “no-answer” by Ada, blind',
    'layers.0.unit[3]: not tested',
    'layers.0.unit[3]: positive, ticket 4, 2 of 3, p = 0.031',
    'unblinded by Ada: the last trial is done',
    'end of the mapping: all sites are done',
  ])
})

it('say what stopped it and where it stood', () => {
  const texts = marksFrom({ ...none, transitions: [
    transition(1, 'interrupt', { from: 'map', interrupt: 'after-discharge', reason: 'two states differ' }),
    transition(2, 'pause', { from: 'map' }),
    transition(3, 'resume', { to: 'map' }),
    transition(4, 'interrupt', { from: 'map' }),
  ] })
  expect(texts.map(({ what, text }) => `${what}: ${text}`)).toEqual(['interrupt: interrupted in map, after discharge: two states differ', 'pause: paused in map', 'pause: went on in map', 'interrupt: interrupted in map, unknown cause'])
})

it('a site without a threshold, an early unblinding and a p too small to write are told as that', () => {
  expect(marksFrom({ ...none, ramps: [ramp(1)], verdicts: [verdict(2, 'negative', { adjusted: 0.0004 })], unblindings: [at(3, { kind: 'mapping.unblinded', mapping: M, by: 'Ben', reason: 'curious', early: true })] }).map(({ text }) => text)).toEqual([
    'layers.0.unit[3]: no threshold up to the largest strength; tested at −2',
    'layers.0.unit[3]: negative, 2 of 3, p < 0.001',
    'unblinded early by Ben: curious',
  ])
})

it('every kind has its meaning in the legend', () => {
  expect(Object.keys(MARK_MEANINGS)).toEqual([...MARK_KINDS])
})
