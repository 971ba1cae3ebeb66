import type { Tensor } from '../../../preload/contract/engine'
import type { MatchRequest, MatchSide } from '../../../preload/contract/match'
import type { MlpArchitecture, TransformerArchitecture } from '../../../preload/contract/primary'
import { afterEach, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { matchCircuits } from '../../../main/engine/matching/match'
import { plant } from '../../../main/engine/planted/plant'
import { randomStream } from '../../../main/lib/random'
import { transformerTensors } from '../../../preload/contract/primary'
import { expandSites } from '../../../preload/contract/sweepSites'
import { referenceForward } from '../reference'

const executor = createWasmExecutor()
const atOnce = { progress: () => {}, ready: async () => {}, cancelled: () => false, now: () => 0 }
const matchOf = (asked: Omit<MatchRequest, 'match'>) => matchCircuits(executor, { match: 'm', ...asked }, atOnce)
afterEach(() => expect(executor.alive()).toBe(0))

describe('a primary and the same with its units in another order and of another scale', () => {
  const orders = [randomStream(1, 'first').permutation(20), randomStream(1, 'second').permutation(20)]
  const scale = 2.5

  /** Unit i of a layer becomes unit orders[layer][i], of the first layer 2.5 times as large. */
  function moved(weights: Record<string, Tensor>): Record<string, Tensor> {
    const places = (layer: number, i: number): number => layer < 0 || layer === 2 ? i : orders[layer][i]
    return Object.fromEntries([0, 1, 2].flatMap((l) => {
      const { shape: [out, from], data } = weights[`layers.${l}.weight`]
      const weight = new Float32Array(data.length)
      const bias = new Float32Array(out)
      for (let to = 0; to < out; to++) {
        bias[places(l, to)] = weights[`layers.${l}.bias`].data[to] * (l === 0 ? scale : 1)
        for (let i = 0; i < from; i++) weight[places(l, to) * from + places(l - 1, i)] = data[to * from + i] * (l === 0 ? scale : l === 1 ? 1 / scale : 1)
      }
      return [[`layers.${l}.weight`, { shape: [out, from], data: weight }], [`layers.${l}.bias`, { shape: [out], data: bias }]]
    }))
  }

  it('finds where each unit of the circuit went, by weights or by units, and random circuits do not', async () => {
    const { architecture, weights, tasks: [{ test, truths }] } = await plant(executor, { design: 'split', seed: 2 }, async () => {})
    const twin = moved(weights)
    const mlp = architecture as MlpArchitecture
    // They are twins, as the reference has it.
    const input = test.inputs.data.subarray(0, mlp.inputs)
    expect([...referenceForward(mlp, twin, input).at(-1)!].every((value, i) => Math.abs(value - referenceForward(mlp, weights, input).at(-1)![i]) < 1e-4)).toBe(true)
    for (const kind of ['units', 'weights'] as const) {
      const members = new Set(truths.find(truth => truth.kind === kind)!.sites)
      const there = (address: string): string => address.replace(/layers\.(\d)\.(unit|weight)\[(\d+)(?:,(\d+))?\]/, (_, l: string, what: string, to: string, from?: string) => {
        const layer = Number(l)
        const place = layer < 2 ? orders[layer][Number(to)] : to
        return `layers.${l}.${what}[${place}${from === undefined ? '' : `,${layer > 0 ? orders[layer - 1][Number(from)] : from}`}]`
      })
      const candidates = expandSites(kind, architecture)
      const sides: [MatchSide, MatchSide] = [
        { architecture, weights, sites: candidates.map(address => ({ address, member: members.has(address) })) },
        { architecture, weights: twin, sites: candidates.map(address => ({ address: there(address), member: members.has(address) })) },
      ]
      const { pairs, unmatched, mean, random, compared, verdict } = await matchOf({ sides, items: test, most: 200, seed: 1 })
      expect(compared).toBe('activations')
      expect(pairs.length).toBeGreaterThanOrEqual(4)
      for (const { a, b, r } of pairs) {
        expect(b).toBe(there(a))
        expect(r).toBeCloseTo(1, 4)
      }
      expect(unmatched).toEqual({ a: [], b: [] })
      expect(mean).toBeCloseTo(1, 4)
      expect(random.mean).toBeLessThan(0.95)
      expect(random.p).toBeLessThan(0.02)
      expect(verdict.alike).toBe('yes')
    }
  }, 60_000)
})

describe('heads', () => {
  const architecture: TransformerArchitecture = { kind: 'transformer', layers: 1, dModel: 8, heads: 3, dHead: 4, dMlp: 0, vocab: 7, context: 6, attention: 'causal', norm: 'none', activation: 'relu', outputs: 'tokens' }
  const { normal, integer } = randomStream(4, 'heads')
  const weights: Record<string, Tensor> = Object.fromEntries(transformerTensors(architecture).filter(({ optional }) => !optional).map(({ name, shape }) => [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 1.2 * normal()) }]))
  const items = { inputs: { shape: [20, 6], data: Int32Array.from({ length: 120 }, () => integer(7)) }, scale: 1, targets: new Int32Array(120) }

  it('are matched by where they look', async () => {
    // Heads 0, 1, 2 become 2, 0, 1.
    const turned = Object.fromEntries(Object.entries(weights).map(([name, { shape, data }]) => {
      if (!/attn\.[Wb]_[QKVO]$/.test(name) || shape[0] !== 3) return [name, { shape, data }]
      const each = data.length / 3
      const other = new Float32Array(data.length)
      for (let h = 0; h < 3; h++) other.set(data.subarray(h * each, (h + 1) * each), (h + 2) % 3 * each)
      return [name, { shape, data: other }]
    }))
    const sites = (members: number[]) => [0, 1, 2].map(h => ({ address: `blocks.0.attn.head[${h}]`, member: members.includes(h) }))
    const { pairs, compared, random, verdict } = await matchOf({ sides: [{ architecture, weights, sites: sites([0, 1]) }, { architecture, weights: turned, sites: sites([0, 2]) }], items, most: 20, seed: 1 })
    expect(compared).toBe('attention patterns')
    expect(pairs.map(({ a, b }) => [a, b].map(address => address.at(-2))).sort()).toEqual([['0', '2'], ['1', '0']])
    for (const { r } of pairs) expect(r).toBeCloseTo(1, 4)
    // Two of three on each side make nine pairs of circuits, and three of them go together: counted, not drawn.
    expect(random).toMatchObject({ draws: 8, all: true, best: expect.closeTo(1, 4) as number, p: 3 / 9 })
    expect(verdict).toMatchObject({ alike: 'no', sentence: expect.stringMatching(/^No more alike than chance: 2 of the 8 other pairs/) as string })
    // All of them leave nothing to compare with, and one of three on each side too little.
    expect(await matchOf({ sides: [{ architecture, weights, sites: sites([0, 1, 2]) }, { architecture, weights: turned, sites: sites([0, 1, 2]) }], items, most: 20, seed: 1 })).toMatchObject({ random: { draws: 0, p: 1 }, verdict: { alike: 'undecided' } })
  })

  it('tells how far it is, and ends when it is cancelled', async () => {
    const told: number[] = []
    const sites = [0, 1, 2].map(h => ({ address: `blocks.0.attn.head[${h}]`, member: h < 2 }))
    let [time, turns] = [0, 0]
    const request: MatchRequest = { match: 'm', sides: [{ architecture, weights, sites }, { architecture, weights, sites }], items, most: 20, seed: 1 }
    await matchCircuits(executor, request, { progress: ({ share }) => told.push(share), ready: async () => void (time += 1000), cancelled: () => false, now: () => time })
    expect(told.length).toBeGreaterThan(3)
    expect(told).toEqual([...told].sort((x, y) => x - y))
    await expect(matchCircuits(executor, request, { ...atOnce, cancelled: () => ++turns > 4 })).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('do not compare with units', async () => {
    const { architecture: mlp, weights: own, tasks: [{ test }] } = await plant(executor, { design: 'backup', seed: 2 }, async () => {})
    await expect(matchOf({ sides: [{ architecture: mlp, weights: own, sites: [{ address: 'layers.0.unit[1]', member: false }] }, { architecture: mlp, weights: own, sites: [{ address: 'layers.0.unit[1]', member: true }] }], items: test, most: 20, seed: 1 })).rejects.toThrow(/none of its members/)
  })
})
