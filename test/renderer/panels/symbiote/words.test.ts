import { expect, it } from 'vitest'
import { FIND_PHASES } from '../../../../preload/contract/symbiote'
import { doneText, errorsLine, figure, markOf, phaseText, secondsText, share } from '../../../../renderer/panels/symbiote/words'

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
  expect(secondsText(125)).toBe('2 min 5 s')
})
