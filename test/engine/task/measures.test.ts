import { describe, expect, it } from 'vitest'
import { effectOf, klDivergence, measurePaired } from '../../../main/engine/task/measures'
import { argmax, logSoftmax, margin } from '../../../main/lib/logits'

describe('measures against closed forms', () => {
  it('log-softmax of log-probabilities gives them back, at any offset', () => {
    const p = [0.5, 0.3, 0.2]
    for (const offset of [0, 1000, -1000])
      logSoftmax(p.map(v => Math.log(v) + offset)).forEach((v, i) => expect(v).toBeCloseTo(Math.log(p[i]), 10))
  })

  it('kL of two coins', () => {
    const kl = klDivergence(Float64Array.of(Math.log(0.5), Math.log(0.5)), Float64Array.of(Math.log(0.25), Math.log(0.75)))
    expect(kl).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 12)
    expect(klDivergence(Float64Array.of(0, -Infinity), Float64Array.of(Math.log(0.5), Math.log(0.5)))).toBeCloseTo(Math.log(2), 12)
  })

  it('margin is positive exactly when the answer is right', () => {
    expect(margin([1, 4, 2], 1)).toBe(2)
    expect(margin([1, 4, 2], 0)).toBe(-3)
    expect(argmax([2, 7, 7])).toBe(1)
  })

  it('standard error of paired differences, by hand', () => {
    // 1, 2, 3, 6: mean 3, squares 4+1+0+9 = 14, sample variance 14/3, se = √(14/3/4).
    expect(effectOf([1, 2, 3, 6])).toEqual({ mean: 3, se: Math.sqrt(14 / 12), n: 4 })
    expect(effectOf([5])).toEqual({ mean: 5, se: 0, n: 1 })
  })

  it('pairs items: an answer that flips each way changes no accuracy but all agreement', () => {
    const before = Float32Array.of(2, 0, 0, 2)
    const after = Float32Array.of(0, 2, 2, 0)
    const result = measurePaired(before, after, { targets: [0, 0], classes: 2 })
    expect(result.accuracy.effect).toEqual({ mean: 0, se: 1, n: 2 })
    expect(result.agreement.after).toBe(0)
    expect(result.margin.before).toBe(0)
    const p = 1 / (1 + Math.exp(-2))
    expect(result.loss.before).toBeCloseTo(-(Math.log(p) + Math.log(1 - p)) / 2, 10)
    expect(result.kl.effect.mean).toBeCloseTo(p * Math.log(p / (1 - p)) + (1 - p) * Math.log((1 - p) / p), 10)
  })
})
