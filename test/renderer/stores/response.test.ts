import type { Presentation } from '../../../preload/contract/engine'
import { expect, it } from 'vitest'
import { leastSure } from '../../../renderer/stores/patient'
import { answerOf, confusions, effectInSigma, niceScale } from '../../../renderer/stores/response'

function presentation(item: number, target: number, probabilities: number[], activations: number[][] = []): Presentation {
  return { item, target, input: new Float32Array(1), activations: activations.map(values => Float32Array.from(values)), probabilities: Float32Array.from(probabilities) }
}

it('an effect is the difference in units of σ, and 0 where a unit never varies', () => {
  const before = presentation(0, 0, [1], [[1, 2], [0.5]])
  const after = presentation(0, 0, [1], [[0, 5], [1]])
  const statistics = { mean: [new Float32Array(2), new Float32Array(1)], sigma: [Float32Array.of(0.5, 0), Float32Array.of(0.25)], items: 10 }
  expect(effectInSigma(before, after, statistics).map(layer => [...layer])).toEqual([[-2, 0], [2]])
})

it('the scale holds the largest effect of either sign', () => {
  expect(niceScale([Float32Array.of(0.3, -0.7)])).toBe(1)
  expect(niceScale([Float32Array.of(-1)])).toBe(1)
  expect(niceScale([Float32Array.of(-1.01)])).toBe(2)
  expect(niceScale([new Float32Array(3)])).toBe(0.1)
  expect(niceScale([Float32Array.of(0.004)])).toBe(0.1)
  expect(niceScale([Float32Array.of(77)])).toBe(10)
})

it('changed answers are grouped by what they changed from and to, the most frequent first', () => {
  const groups = confusions([
    { item: 5, target: 3, before: 3, after: 8 },
    { item: 9, target: 1, before: 1, after: 7 },
    { item: 6, target: 8, before: 3, after: 8 },
  ])
  expect(groups.map(({ before, after, items }) => [before, after, items.map(({ item }) => item)])).toEqual([[3, 8, [5, 6]], [1, 7, [9]]])
})

it('the first of equal probabilities is the answer', () => {
  expect(answerOf(presentation(0, 0, [0.2, 0.4, 0.4]))).toBe(1)
})

it('the first item shown is one answered right, but only just', () => {
  const sure = presentation(0, 0, [0.9, 0.1])
  const unsure = presentation(1, 1, [0.45, 0.55])
  const wrong = presentation(2, 0, [0.49, 0.51])
  expect(leastSure([sure, unsure, wrong])).toBe(1)
  expect(leastSure([wrong])).toBe(2)
  expect(leastSure([])).toBeUndefined()
})
