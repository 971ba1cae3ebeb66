import { describe, expect, it } from 'vitest'
import { binomialLower, binomialUpper, clopperPearson } from '../../../main/lib/statistics/binomial'
import { benjaminiHochberg, holm } from '../../../main/lib/statistics/corrections'
import { absent, alwaysValid, confidenceSequence, logAbsence, logInterference, mcNemar } from '../../../main/lib/statistics/paired'
import { power, trialsNeeded } from '../../../main/lib/statistics/power'
import { ranks, spearman } from '../../../main/lib/statistics/ranks'
import { signFlip } from '../../../main/lib/statistics/signFlip'
import { thresholdOf } from '../../../main/lib/statistics/staircase'
import { studentDistribution, studentQuantile } from '../../../main/lib/statistics/student'
import { fisherGreater, newcombe, normalDistribution, normalQuantile, wilson } from '../../../main/lib/statistics/twoShares'

/** Every sequence of n right–wrong items with its probability. */
function enumerate(n: number, p: number, visit: (lost: number, probability: number) => void): void {
  for (let bits = 0; bits < 2 ** n; bits++) {
    const lost = Array.from({ length: n }, (_, i) => bits >> i & 1).reduce((a, b) => a + b, 0)
    visit(lost, p ** lost * (1 - p) ** (n - lost))
  }
}

/** By Simpson's rule. */
function integral(f: (x: number) => number, from: number, to: number, parts = 2000): number {
  const h = (to - from) / parts
  let sum = f(from) + f(to)
  for (let i = 1; i < parts; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * h)
  return sum * h / 3
}

describe('binomial tails and intervals', () => {
  it('sum what enumeration sums', () => {
    for (const [k, p] of [[0, 0.2], [3, 0.2], [7, 0.5], [10, 0.9]] as const) {
      let [upper, lower] = [0, 0]
      enumerate(10, p, (lost, probability) => {
        upper += lost >= k ? probability : 0
        lower += lost <= k ? probability : 0
      })
      expect(binomialUpper(k, 10, p)).toBeCloseTo(upper, 12)
      expect(binomialLower(k, 10, p)).toBeCloseTo(lower, 12)
    }
  })

  it('give published and closed-form intervals', () => {
    // No event in n: 1 − (α/2)^(1/n). 7 of 10: 0.3475 to 0.9333 in tables of Clopper and Pearson.
    expect(clopperPearson(0, 24)[1]).toBeCloseTo(1 - 0.025 ** (1 / 24), 10)
    expect(clopperPearson(7, 10)[0]).toBeCloseTo(0.3475, 4)
    expect(clopperPearson(7, 10)[1]).toBeCloseTo(0.9333, 4)
    expect(clopperPearson(0, 0)).toEqual([0, 1])
  })

  it('give Wilson’s and Newcombe’s published examples', () => {
    // Newcombe 1998, example (a), method 10: 56/70 − 48/80 = 0.2000, 0.0524 to 0.3339.
    const [low, high] = newcombe({ lost: 56, items: 70 }, { lost: 48, items: 80 })
    expect([low, high].map(x => Number(x.toFixed(4)))).toEqual([0.0524, 0.3339])
    // Newcombe 1998 (single proportion), method 3: 81/263, 0.2553 to 0.3662.
    expect(wilson({ lost: 81, items: 263 }).map(x => Number(x.toFixed(4)))).toEqual([0.2553, 0.3662])
  })
})

describe('distributions', () => {
  it('are those of the tables', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 8)
    expect(normalDistribution(1)).toBeCloseTo(0.841344746, 8)
    for (const [p, degrees, t] of [[0.975, 1, 12.7062], [0.975, 2, 4.3027], [0.975, 9, 2.2622], [0.975, 10, 2.2281], [0.995, 63, 2.6561]] as const) {
      expect(studentQuantile(p, degrees)).toBeCloseTo(t, 3)
      expect(studentDistribution(studentQuantile(p, degrees), degrees)).toBeCloseTo(p, 9)
    }
  })

  it('fisher’s tea test', () => {
    expect(fisherGreater({ lost: 3, items: 4 }, { lost: 1, items: 4 })).toBeCloseTo(17 / 70, 12)
    expect(fisherGreater({ lost: 4, items: 4 }, { lost: 0, items: 4 })).toBeCloseTo(1 / 70, 12)
  })
})

describe('paired tests', () => {
  it('mcNemar: a fair coin', () => {
    expect(mcNemar(10, 0)).toBeCloseTo(2 ** -10, 12)
    expect(mcNemar(8, 2)).toBeCloseTo(56 / 1024, 12)
    expect(mcNemar(0, 0)).toBe(1)
  })

  it('e-processes are the integrals they say', () => {
    for (const [b, c] of [[0, 0], [5, 0], [8, 2], [3, 4]]) {
      expect(Math.exp(logInterference(b, c))).toBeCloseTo(2 * integral(x => (2 * x) ** b * (2 - 2 * x) ** c, 0.5, 1), 6)
    }
    expect(Math.exp(logInterference(9, 0))).toBeCloseTo((2 ** 10 - 1) / 10, 6)
    for (const [k, n] of [[0, 24], [2, 30], [9, 20]]) {
      expect(Math.exp(logAbsence(k, n, 0.25))).toBeCloseTo(integral(x => (x / 0.25) ** k * ((1 - x) / 0.75) ** (n - k), 0, 0.25) / 0.25, 4)
    }
  })

  it('are fair games under the null, and losing ones inside it', () => {
    const expected = (n: number, p: number, e: (lost: number) => number): number => {
      let sum = 0
      enumerate(n, p, (lost, probability) => { sum += probability * e(lost) })
      return sum
    }
    expect(expected(12, 0.5, lost => Math.exp(logInterference(lost, 12 - lost)))).toBeCloseTo(1, 10)
    expect(expected(12, 0.4, lost => Math.exp(logInterference(lost, 12 - lost)))).toBeLessThan(1)
    expect(expected(12, 0.25, lost => Math.exp(logAbsence(lost, 12, 0.25)))).toBeCloseTo(1, 10)
    expect(expected(12, 0.4, lost => Math.exp(logAbsence(lost, 12, 0.25)))).toBeLessThan(1)
  })

  it('hold their level wherever one stops: every path of 14 pairs', () => {
    const level = 0.05
    let crossed = 0
    for (let path = 0; path < 2 ** 14; path++) {
      let lost = 0
      for (let n = 1; n <= 14; n++) {
        lost += path >> (n - 1) & 1
        if (alwaysValid(logInterference(lost, n - lost)) > level) continue
        crossed++
        break
      }
    }
    expect(crossed / 2 ** 14).toBeLessThanOrEqual(level)
    expect(crossed).toBeGreaterThan(0)
  })

  it('absence is a binomial tail, and its interval covers at every number of items at once', () => {
    expect(absent(0, 24, 0.25)).toBeCloseTo(0.75 ** 24, 12)
    for (const p of [0.1, 0.5]) {
      let missed = 0
      for (let path = 0; path < 2 ** 9; path++) {
        let [lost, outside] = [0, false]
        for (let n = 1; n <= 9; n++) {
          lost += path >> (n - 1) & 1
          const [low, high] = confidenceSequence(lost, n, 0.9)
          outside ||= p < low || p > high
        }
        missed += outside ? p ** lost * (1 - p) ** (9 - lost) : 0
      }
      expect(missed).toBeLessThanOrEqual(0.1)
    }
    expect(confidenceSequence(0, 0)).toEqual([0, 1])
  })

  it('sign flips count all signs', () => {
    expect(signFlip([1, 1, 1, 1, 1], 1)).toBeCloseTo(2 / 32, 12)
    expect(signFlip([1, -1, 2, -2], 1)).toBe(1)
    // 40 equal differences: none of 9,999 random signs comes near.
    expect(signFlip(Array.from<number>({ length: 40 }).fill(0.5), 1)).toBeCloseTo(1e-4, 10)
  })
})

describe('corrections', () => {
  it('are R’s p.adjust', () => {
    const p = [0.01, 0.04, 0.03, 0.005]
    expect(holm(p).map(x => Number(x.toFixed(4)))).toEqual([0.03, 0.06, 0.06, 0.02])
    expect(benjaminiHochberg(p).map(x => Number(x.toFixed(4)))).toEqual([0.02, 0.04, 0.04, 0.02])
    expect(holm([])).toEqual([])
  })
})

describe('power', () => {
  const plan = { rule: 'fixed', items: 2, least: 3, level: 0.05 / 40, interference: 0.8, baselineError: 0 } as const

  it('of fixed trials is a binomial tail', () => {
    // 16 items, none gained: 10 lost make 2^-10 ≤ 0.00125.
    expect(power({ ...plan, most: 8 })).toBeCloseTo(binomialUpper(10, 16, 0.8), 10)
  })

  it('of a sequence is what enumeration finds', () => {
    const level = 0.05
    let found = 0
    for (let path = 0; path < 2 ** 12; path++) {
      const items = Array.from({ length: 12 }, (_, i) => path >> i & 1)
      const probability = items.reduce((product, lost) => product * (lost ? 0.6 : 0.4), 1)
      const crosses = [2, 3, 4].some(trial => alwaysValid(logInterference(items.slice(0, 3 * trial).reduce((a, b) => a + b, 0), 0)) <= level)
      found += crosses ? probability : 0
    }
    expect(power({ rule: 'always-valid', items: 3, least: 2, most: 4, level, interference: 0.6, baselineError: 0 })).toBeCloseTo(found, 10)
  })

  it('says how many trials it takes, and one fewer is not enough', () => {
    const needed = trialsNeeded(plan, 0.9)!
    expect(power({ ...plan, most: needed })).toBeGreaterThanOrEqual(0.9)
    expect(power({ ...plan, most: needed - 1 })).toBeLessThan(0.9)
    expect(trialsNeeded({ ...plan, interference: 0.001 }, 0.9)).toBeUndefined()
  })
})

describe('staircases and ranks', () => {
  it('bracket the threshold with the steps that exclude the criterion', () => {
    const steps = [{ strength: 0.5, items: 20, lost: 0 }, { strength: 0.25, items: 20, lost: 9 }, { strength: 0, items: 20, lost: 20 }]
    const { threshold, bracket, intervals } = thresholdOf(steps, 0.5, 0.95)
    expect(threshold).toBe(0)
    expect(bracket).toEqual({ from: 0.5, to: 0 })
    expect(intervals[0]).toEqual(clopperPearson(0, 20, 1 - 0.05 / 3))
    expect(thresholdOf([steps[0]], 0.5, 0.95, 3)).toMatchObject({ bracket: { from: 0.5 } })
  })

  it('share tied ranks', () => {
    expect([...ranks([3, 1, 3])]).toEqual([2.5, 1, 2.5])
    expect(spearman([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12)
    expect(spearman([1, 1], [1, 2])).toBeUndefined()
  })
})
