import type { MlpArchitecture } from '../../../preload/contract/primary'
import { describe, expect, it } from 'vitest'
import { expandSites } from '../../../preload/contract/sweepSites'
import { choicesOf, decimalsFor, mapOf, scaleOf, strongest } from '../../../renderer/stores/sweepMap'

const architecture: MlpArchitecture = { kind: 'mlp', inputs: 4, hidden: [3, 2], outputs: 2, activation: 'relu' }

describe('the map', () => {
  it('puts every unit at its place, and what was not reached nowhere', () => {
    const { perSheet, scale, gathered } = mapOf({ addresses: ['layers.0.unit[2]', 'layers.1.unit[0]', 'layers.1.unit[1]'], mean: Float64Array.of(0.3, -0.02, Number.NaN) }, architecture)
    expect(perSheet.map(sheet => [...sheet].map(x => Number(x.toFixed(6))))).toEqual([[0, 0, 0, 0], [0, 0, 0.3], [-0.02, 0], [0, 0]])
    expect(scale).toBe(0.5)
    expect(gathered).toBe(false)
  })

  it('shows the strongest of several weights where they lead to, and says that it does', () => {
    const addresses = expandSites(['layers.1.weight[*,*]'], architecture)
    const { perSheet, gathered } = mapOf({ addresses, mean: Float64Array.from(addresses, (_, i) => [0.1, -0.4, 0.2, 0.05, 0.06, -0.01][i]) }, architecture)
    expect([...perSheet[2]].map(x => Number(x.toFixed(6)))).toEqual([-0.4, 0.06])
    expect(gathered).toBe(true)
  })

  it('colours a layer as a whole', () => {
    expect([...mapOf({ addresses: ['layers.0'], mean: Float64Array.of(1) }, architecture).perSheet[1]]).toEqual([1, 1, 1])
  })
})

it.each([[0.0053, 0.01], [0.02, 0.02], [0.021, 0.05], [7, 10], [0, 1]])('a scale for %d ends at %d', (largest, end) => {
  expect(scaleOf([0, -largest, Number.NaN])).toBe(end)
})

it('ranks by size, without what has no effect', () => {
  const ranked = strongest({ addresses: ['a', 'b', 'c', 'd'], mean: Float64Array.of(0.1, -0.5, 0, Number.NaN), se: Float64Array.of(0.01, 0.02, 0, Number.NaN) }, 3)
  expect(ranked.map(({ address }) => address)).toEqual(['b', 'a'])
  expect(decimalsFor(ranked)).toBe(3)
})

it('offers only what the primary has', () => {
  for (const { sites } of choicesOf(architecture)) expect(expandSites(sites, architecture).length).toBeGreaterThan(0)
  const attentionOnly = { kind: 'transformer', layers: 1, dModel: 4, heads: 2, dHead: 2, dMlp: 0, vocab: 5, context: 4, attention: 'causal', norm: 'rms', activation: 'relu', outputs: 'tokens' } as const
  for (const { sites } of choicesOf(attentionOnly)) expect(expandSites(sites, attentionOnly).length).toBeGreaterThan(0)
})
