import type { Certificate } from '../../../../preload/contract/symbiote'
import { expect, it } from 'vitest'
import { FIND_PHASES } from '../../../../preload/contract/symbiote'
import { doneText, errorsLine, figure, headFigures, markOf, phaseText, secondsText, share, verdictText } from '../../../../renderer/panels/symbiote/words'

it('every phase has words of its own', () => {
  expect(new Set(FIND_PHASES.map(phaseText)).size).toBe(FIND_PHASES.length)
})

it('a part without a mark is neither passed nor failed', () => {
  expect([true, false, undefined].map(passed => markOf({ passed }))).toEqual(['passed', 'failed', 'not judged'])
})

it.each([[0.0312, 3, '0.031'], [-0.5, 1, '−0.5'], [Number.NaN, 2, '–'], [undefined, 2, '–'], [null, 2, '–']])('%s is written %s', (value, digits, text) => {
  expect(figure(value, digits)).toBe(text)
})

it('small circuits keep their digits', () => {
  expect(share(12, 235_146)).toBe('0.01 %')
  expect(share(32, 384)).toBe('8.3 %')
  expect(share(0, 0)).toBe('0.0 %')
})

it('a verdict is said once: its first words are the heading, and figures of the failed part stand with it', () => {
  const parts = [{ part: 'controls', passed: false, text: 'Reset weights CERTIFY.' }] as const
  expect(verdictText({ verdict: { certified: false, weakest: 'controls', sentence: 'Not certified: 2 heads fail at controls. Reset weights CERTIFY.' }, parts: [...parts] })).toBe('2 heads fail at controls.')
  expect(verdictText({ verdict: { certified: true, weakest: 'stability', sentence: 'Certified: 2 heads do it alone.' }, parts: [] })).toBe('2 heads do it alone.')
})

it('every objective has the figures that answer it first', () => {
  const measures = { sites: 2, kl: { mean: 0.1, se: 0.01, q10: 0, q50: 0, q90: 0.2, q99: 0 }, accuracy: 0.9, accuracyKept: 0.95, agreement: 1, faithfulness: 1 }
  const of = (objective: 'sufficient' | 'necessary' | 'steer' | 'dissociate') => headFigures({
    gates: Float32Array.of(0, 1.5, 1, 1),
    certificate: { asked: { objective, candidates: 4, task: { heldOut: 1024 } }, circuit: measures, complement: { ...measures, accuracy: 0.1 }, full: { accuracy: 0.95, loss: 0, chance: 0.1 } } as Certificate,
  }).map(({ name, value }) => `${name}: ${value}`)
  expect(of('sufficient')).toEqual(['circuit: 2 of 4 sites, 50.0 %', 'accuracy kept: 95.0 %', 'same mistakes: not measured', 'KL, nats: 0.100 ± 0.010', 'held-out items: 1,024'])
  expect(of('necessary')).toContain('right without it: 10.0 %')
  expect(of('dissociate')).toEqual(of('necessary'))
  expect(of('steer')).toContain('dose: 1.50')
})

it('mistakes are compared only where there are any', () => {
  const measures = { sites: 1, kl: { mean: 0, se: 0, q10: 0, q50: 0, q90: 0, q99: 0 }, accuracy: 1, accuracyKept: 1, agreement: 1, faithfulness: 1 }
  expect(errorsLine(measures)).toBe('not measured')
  expect(errorsLine({ ...measures, errorAgreement: { errors: 0, agree: 0 } })).toBe('no errors to compare')
  expect(errorsLine({ ...measures, errorAgreement: { errors: 181, agree: 139 } })).toBe('139 of 181, 76.8 %')
})

it('how far a phase is', () => {
  expect(doneText({ phase: 'training', done: 1, total: 2, training: { step: 1200, steps: 3000, behaviour: 0, size: 0, pressure: 0 } })).toBe('step 1,200 of 3,000')
  expect(doneText({ phase: 'controls', done: 1, total: 2 })).toBe('1 of 2')
  expect(doneText({ phase: 'checking', done: 0, total: 0 })).toBe('')
  expect(doneText({ phase: 'controls', done: 0.34, total: 1 })).toBe('34 %')
  expect(secondsText(125)).toBe('2 min 5 s')
})
