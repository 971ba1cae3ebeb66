import { expect, it } from 'vitest'
import { ngramBits } from '../../main/lib/ngram'

it('counts by hand: one symbol back, Witten–Bell', () => {
  // Train 0 1 0 1 0 0. After nothing: 0 four times, 1 twice, two types: p(1) = (2 + 2·½)/8 = 3/8, p(0) = 5/8.
  // After 0: 1 twice, 0 once, two types: p(1) = (2 + 2·3/8)/5 = 0.55, p(0) = (1 + 2·5/8)/5 = 0.45.
  // After 1: 0 twice, one type: p(0) = (2 + 5/8)/3 = 0.875.
  const bits = ngramBits([0, 1, 0, 1, 0, 0], [1, 0, 0, 1], 1, 2)
  expect(bits).toBeCloseTo(-(Math.log2(3 / 8) + Math.log2(0.875) + Math.log2(0.45) + Math.log2(0.55)) / 4, 12)
})

it('falls back to shorter contexts where the longer was never seen', () => {
  const train = Array.from({ length: 300 }, (_, i) => i % 3)
  // A cycle of three is certain but for the unseen; the first character of the test has no context.
  expect(ngramBits(train, [0, 1, 2, 0, 1, 2], 5, 3)).toBeLessThan(0.35)
  expect(ngramBits(train, [2, 1, 0, 2, 1, 0], 5, 3)).toBeGreaterThan(4)
})

it('gives every character a probability: the whole alphabet sums to one', () => {
  const train = [0, 1, 2, 2, 1, 0, 0, 1]
  const total = [0, 1, 2, 3].reduce((sum, next) => {
    // The last character's own bits, from the mean of four and of three.
    const bits = 4 * ngramBits(train, [1, 2, 1, next], 2, 4) - 3 * ngramBits(train, [1, 2, 1], 2, 4)
    return sum + 2 ** -bits
  }, 0)
  expect(total).toBeCloseTo(1, 10)
})
