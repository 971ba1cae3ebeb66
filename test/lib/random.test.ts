import { describe, expect, it } from 'vitest'
import { randomField, randomStream } from '../../main/lib/random'

const N = 50_000

describe('named streams', () => {
  it('repeat for a seed and name, and differ for another of either', () => {
    const draw = (seed: number, name: string): number[] => Array.from({ length: 8 }, randomStream(seed, name).uniform)
    expect(draw(1, 'init')).toEqual(draw(1, 'init'))
    const others = [draw(2, 'init'), draw(1, 'order'), draw(1 + 2 ** 32, 'init'), draw(1, 'inis')]
    for (const other of others) expect(other.filter(v => draw(1, 'init').includes(v))).toEqual([])
  })

  it('are uniform: ten bins by χ² with 9 degrees of freedom', () => {
    const bins = Array.from<number>({ length: 10 }).fill(0)
    const { uniform } = randomStream(3, 'bins')
    for (let i = 0; i < N; i++) bins[Math.floor(uniform() * 10)]++
    const chi2 = bins.reduce((sum, count) => sum + (count - N / 10) ** 2 / (N / 10), 0)
    // 99.9 % point of χ²(9).
    expect(chi2).toBeLessThan(27.9)
  })

  it('are normal: mean, variance and kurtosis within five standard errors', () => {
    const { normal } = randomStream(4, 'normal')
    const draws = Array.from({ length: N }, normal)
    const moment = (k: number): number => draws.reduce((sum, v) => sum + v ** k, 0) / N
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(N))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / N))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / N))
  })

  it('of neighbouring seeds are uncorrelated', () => {
    const a = randomStream(10, 'x')
    const b = randomStream(11, 'x')
    let sum = 0
    for (let i = 0; i < N; i++) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5)
    expect(Math.abs(sum / N * 12)).toBeLessThan(5 / Math.sqrt(N))
  })

  it('permute: every number once, first places evenly spread', () => {
    const stream = randomStream(5, 'shuffle')
    const firsts = Array.from<number>({ length: 6 }).fill(0)
    for (let i = 0; i < 6000; i++) {
      const order = stream.permutation(6)
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5])
      firsts[order[0]]++
    }
    // 99.9 % point of χ²(5).
    expect(firsts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(20.5)
  })
})

describe('random fields', () => {
  it('are normal over their index, and their neighbours uncorrelated', () => {
    const { normal } = randomField(9, 'noise/layers.0.unit[3]')
    const draws = Array.from({ length: N }, (_, i) => normal(i))
    const moment = (k: number): number => draws.reduce((sum, v) => sum + v ** k, 0) / N
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(N))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / N))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / N))
    const lag = draws.slice(1).reduce((sum, v, i) => sum + v * draws[i], 0) / N
    expect(Math.abs(lag)).toBeLessThan(5 / Math.sqrt(N))
    const other = randomField(9, 'noise/layers.0.unit[4]')
    expect(Math.abs(draws.reduce((sum, v, i) => sum + v * other.normal(i), 0) / N)).toBeLessThan(5 / Math.sqrt(N))
  })

  it('choose evenly: ten bins by χ² with 9 degrees of freedom', () => {
    const bins = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    const { integer } = randomField(2, 'resample')
    for (let i = 0; i < N; i++) bins[integer(i, 10)]++
    expect(bins.reduce((sum, count) => sum + (count - N / 10) ** 2 / (N / 10), 0)).toBeLessThan(27.9)
  })
})
