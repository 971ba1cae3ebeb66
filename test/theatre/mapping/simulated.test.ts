import type { Protocol } from '../../../preload/contract/protocol'
import { describe, expect, it } from 'vitest'
import { presetNamed } from '../../../main/theatre/mapping/presets'
import { simulatedMap } from '../../fixtures/simulatedMap'

/** Small versions of `npm run bench -- mapping`; seeds are fixed, so what holds once holds always. */
const standard = presetNamed('standard')
const zeros = Array.from<number>({ length: 40 }).fill(0)

describe('simulated patients', () => {
  it('null maps have hardly ever a false positive, where 2 of 3 has one in most', () => {
    let [positive, twoOfThree] = [0, 0]
    for (let seed = 0; seed < 40; seed++) {
      const map = simulatedMap({ protocol: standard, interference: zeros, baselineError: 0.133, seed })
      positive += map.verdicts.some(({ verdict }) => verdict === 'positive') ? 1 : 0
      twoOfThree += map.twoOfThree.some(Boolean) ? 1 : 0
    }
    expect(positive).toBeLessThanOrEqual(2)
    expect(twoOfThree).toBeGreaterThan(20)
  })

  it.each([['always-valid'], ['fixed']] as const)('interference of 80 %% is found within eight trials (%s)', (rule) => {
    const protocol: Protocol = { ...standard, stopping: { ...standard.stopping, rule } }
    let positive = 0
    for (let seed = 0; seed < 10; seed++) {
      const { verdicts } = simulatedMap({ protocol, interference: zeros.map((_, i) => i < 4 ? 0.8 : 0), baselineError: 0.133, seed })
      expect(Math.max(...verdicts.map(({ n }) => n))).toBeLessThanOrEqual(8)
      positive += verdicts.slice(0, 4).filter(({ verdict }) => verdict === 'positive').length
    }
    expect(positive).toBeGreaterThanOrEqual(36)
  })

  it('never stimulates one site twice running, keeps its sham rate, and every site has trials enough', () => {
    const { trials, verdicts } = simulatedMap({ protocol: standard, interference: zeros.slice(0, 5), baselineError: 0, seed: 3 })
    const sites = trials.map(({ site }) => site)
    expect(sites.filter((site, i) => i > 0 && site === sites[i - 1])).toEqual([])
    expect(trials.filter(({ sham }) => sham).length).toBeGreaterThanOrEqual(standard.shams.least)
    expect(verdicts.every(({ n, verdict }) => n >= standard.trials.least && verdict === 'negative')).toBe(true)
  })

  it('goes on from its events as it would have gone', () => {
    const run = { protocol: standard, interference: zeros.slice(0, 6), baselineError: 0.1, seed: 9 }
    expect(simulatedMap(run).trials).toEqual(simulatedMap(run).trials)
  })

  it('negative only at the largest strength', () => {
    const capped: Protocol = { ...standard, siteCaps: { 'layers.0.unit[0]': 0.5 } }
    const { verdicts } = simulatedMap({ protocol: capped, interference: zeros.slice(0, 3), baselineError: 0, seed: 1 })
    expect(verdicts[0]).toMatchObject({ verdict: 'indeterminate', strength: 0.5, largest: false })
    expect(verdicts[1]).toMatchObject({ verdict: 'negative', strength: 0, largest: true })
  })
})
