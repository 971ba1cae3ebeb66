import { expect, it } from 'vitest'
import { count, digitsFor, effectText, minus, percent, shortHash, signed } from '../../../renderer/components/format'

it('an effect shows as many digits as its standard error has', () => {
  expect(effectText({ mean: -1.3712, se: 0.0912, n: 256 })).toBe('−1.371 ± 0.091')
  expect(effectText({ mean: 12.34567, se: 2.6, n: 10 })).toBe('+12.35 ± 2.60')
  expect(effectText({ mean: 0, se: 0, n: 256 })).toBe('0.000 ± 0.000')
  expect(effectText({ mean: 0.000012, se: 0.0000034, n: 256 })).toBe('0.0000 ± 0.0000')
})

it('digits stay between two and what fits', () => {
  expect([3, 0.2, 0.03, 0.004, 0.00005].map(se => digitsFor(se))).toEqual([2, 2, 3, 4, 4])
  expect(digitsFor(0.00005, 5)).toBe(5)
})

it('a rounded nothing has no sign; a loss has a real minus', () => {
  expect(signed(-0.0004, 2)).toBe('0.00')
  expect(signed(-0.4, 1)).toBe('−0.4')
  expect(signed(0.4, 1)).toBe('+0.4')
  expect(minus(-3, 0)).toBe('−3')
})

it('shares, counts and hashes', () => {
  expect(percent(0.9766)).toBe('97.7 %')
  expect(count(235146)).toBe('235,146')
  expect(shortHash('0123456789abcdef')).toBe('012345…cdef')
})
