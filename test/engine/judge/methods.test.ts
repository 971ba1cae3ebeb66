/** Every method against plain loops in doubles: forward passes of the reference, gradients by finite differences, removals one by one. */
import type { Items, Tensor } from '../../../preload/contract/engine'
import type { Baseline } from '../../../preload/contract/intervention'
import type { JudgeMethod, JudgeRequest, JudgeResult } from '../../../preload/contract/judge'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { SiteSelection } from '../../../preload/contract/sweep'
import { afterEach, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { judge } from '../../../main/engine/judge/judge'
import { parameterShapes } from '../../../main/engine/primary/mlp'
import { logSoftmax } from '../../../main/lib/logits'
import { randomStream } from '../../../main/lib/random'
import { expandSites } from '../../../preload/contract/sweepSites'
import { referenceForward } from '../reference'

const executor = createWasmExecutor()
const mlp: MlpArchitecture = { kind: 'mlp', inputs: 4, hidden: [5, 3], outputs: 4, activation: 'tanh' }
/** The task answers with two of the four classes. */
const CLASSES = [1, 3]
const N = 10
/** τ of greedy removal. */
const LADDER = Array.from({ length: 12 }, (_, i) => 10 ** (0.5 - i / 2))

function random(size: number, name: string, scale: number): Float32Array<ArrayBuffer> {
  const { normal } = randomStream(11, name)
  return Float32Array.from({ length: size }, () => scale * normal())
}

function weightsOf(architecture: MlpArchitecture): Record<string, Tensor> {
  return Object.fromEntries(parameterShapes(architecture).map(([name, shape]) => [name, { shape, data: random(shape.reduce((a, b) => a * b), name, 0.8) }]))
}

function itemsOf({ inputs }: MlpArchitecture, n = N): Items {
  return { inputs: { shape: [n, inputs], data: random(n * inputs, 'items', 1) }, scale: 1, targets: Int32Array.from({ length: n }, (_, i) => CLASSES[(i * i + 1) % 2]) }
}

const weights = weightsOf(mlp)
const items = itemsOf(mlp)

function run(methods: JudgeMethod[], sites: SiteSelection, baseline: Baseline = 'zero', more: Partial<JudgeRequest> = {}, cancelled = () => false): Promise<JudgeResult> {
  return judge(executor, { judge: 'test', architecture: mlp, weights, sites, baseline, train: items, methods, seed: 1, ...more }, { progress: () => {}, ready: async () => {}, cancelled, now: () => 0 })
}

async function scoresOf(method: JudgeMethod, sites: SiteSelection, baseline: Baseline = 'zero'): Promise<Float64Array> {
  const { methods: [{ name, scores, reason }], classes } = await run([method], sites, baseline)
  expect([name, reason]).toEqual([method, undefined])
  expect(classes).toEqual(CLASSES)
  return scores!
}

/** Log-probabilities of the task's classes for an item, with every candidate gated. */
type Answer = (item: number, gates: readonly number[]) => Float64Array

function oracle(sites: 'weights' | 'units' | 'edges', baseline: Baseline): { answer: Answer, addresses: string[] } {
  const addresses = expandSites(sites, mlp)
  const index = new Map(addresses.map((address, i) => [address, i]))
  const input = (item: number): Float32Array => (items.inputs.data as Float32Array).subarray(item * mlp.inputs, (item + 1) * mlp.inputs)
  const plain = Array.from({ length: N }, (_, item) => referenceForward(mlp, weights, input(item)))
  const fallback = (layer: number, unit: number): number => baseline === 'zero' ? 0 : plain.reduce((sum, layers) => sum + layers[layer][unit], 0) / N
  const answer: Answer = (item, gates) => {
    const gate = (address: string): number => gates[index.get(address) ?? -1] ?? 1
    const layers = referenceForward(mlp, weights, input(item), (layer, unit, value) => {
      const b = fallback(layer, unit)
      return sites === 'units' ? b + gate(`layers.${layer}.unit[${unit}]`) * (value - b) : value
    }, (layer, to, from, contribution) => {
      if (sites === 'weights') return contribution * gate(`layers.${layer}.weight[${to},${from}]`)
      const edge = gate(`layers.${layer - 1}.unit[${from}] -> layers.${layer}.unit[${to}]`)
      return edge === 1 || layer === 0 ? contribution : edge * contribution + (1 - edge) * fallback(layer - 1, from) * weights[`layers.${layer}.weight`].data[to * plain[0][layer - 1].length + from]
    })
    return logSoftmax(CLASSES.map(c => layers.at(-1)![c]))
  }
  return { answer, addresses }
}

function divergence(answer: Answer, gates: readonly number[]): number {
  const open = gates.map(() => 1)
  let sum = 0
  for (let item = 0; item < N; item++) {
    const [full, circuit] = [answer(item, open), answer(item, gates)]
    full.forEach((log, c) => { sum += Math.exp(log) * (log - circuit[c]) / N })
  }
  return sum
}

/** Central, of every gate. */
function differences(gates: readonly number[], loss: (gates: readonly number[]) => number): number[] {
  const h = 1e-4
  return gates.map((gate, i) => (loss(gates.with(i, gate + h)) - loss(gates.with(i, gate - h))) / (2 * h))
}

function expectClose(found: Float64Array, expected: readonly number[], tolerance = 1e-4): void {
  expect(found).toHaveLength(expected.length)
  // A test of nothing but zeros would pass, too.
  expect(Math.max(...expected)).toBeGreaterThan(0.001)
  found.forEach((value, i) => expect(Math.abs(value - expected[i]), `candidate ${i}`).toBeLessThan(tolerance))
}

afterEach(() => expect(executor.alive()).toBe(0))

const CASES = [['weights', 'zero'], ['units', 'zero'], ['units', 'mean'], ['edges', 'mean']] as const

describe.each(CASES)('%s, %s', (sites, baseline) => {
  const { answer, addresses } = oracle(sites, baseline)
  const open = addresses.map(() => 1)

  it('gradient × weight, item by item', async () => {
    const expected = addresses.map(() => 0)
    for (let item = 0; item < N; item++)
      differences(open, gates => -answer(item, gates)[CLASSES.indexOf(items.targets[item])]).forEach((d, i) => { expected[i] += Math.abs(d) / N })
    expectClose(await scoresOf('gradient', sites, baseline), expected)
  })

  it('integrated gradients of KL', async () => {
    const expected = addresses.map(() => 0)
    for (let step = 0; step < 16; step++)
      differences(open.map(() => (step + 0.5) / 16), gates => divergence(answer, gates)).forEach((d, i) => { expected[i] += d / 16 })
    expectClose(await scoresOf('integrated', sites, baseline), expected.map(Math.abs))
  })

  it('exact ablation', async () => {
    expectClose(await scoresOf('ablation', sites, baseline), addresses.map((_, i) => divergence(answer, open.with(i, 0))))
  })

  it('greedy removal', async () => {
    const expected = addresses.map(() => 0)
    for (const [rung, threshold] of LADDER.entries()) {
      let [gates, at] = [open, 0]
      for (let i = addresses.length - 1; i >= 0; i--) {
        const after = divergence(answer, gates.with(i, 0))
        if (after - at < threshold) [gates, at] = [gates.with(i, 0), after]
        else expected[i] = Math.max(expected[i], 1 - rung / LADDER.length)
      }
    }
    expectClose(await scoresOf('greedy', sites, baseline), expected, 1e-9)
  })
})

it('gives the same over sixty copies of every item, where the last run is not full', async () => {
  const copies = (data: ArrayLike<number>): number[] => Array.from({ length: 60 * data.length }, (_, i) => data[i % data.length])
  const many: Items = { inputs: { shape: [60 * N, mlp.inputs], data: Float32Array.from(copies(items.inputs.data)) }, scale: 1, targets: Int32Array.from(copies(items.targets)) }
  const { methods, items: count } = await run(['gradient', 'integrated', 'ablation'], 'weights', 'zero', { train: many, items: 60 * N })
  expect(count).toBe(60 * N)
  for (const { name, scores } of methods) expectClose(scores!, [...await scoresOf(name, 'weights')], 1e-6)
})

describe('gradients under resampling', () => {
  it('see another item\'s value: with two items each is the other\'s', async () => {
    const two: Items = { ...items, inputs: { shape: [2, 4], data: items.inputs.data.slice(0, 8) }, targets: items.targets.slice(0, 2) }
    const { methods: [{ scores }] } = await run(['gradient'], 'units', { resample: 3 }, { train: two })
    const { answer, addresses } = oracle('units', 'zero')
    const expected = addresses.map((address) => {
      const [, layer, unit] = /^layers\.(\d)\.unit\[(\d)\]$/.exec(address)!.map(Number)
      const values = [0, 1].map(item => referenceForward(mlp, weights, (two.inputs.data as Float32Array).subarray(item * 4, item * 4 + 4))[layer][unit])
      // At an open gate, what a change of the gate does is (a − b) of what a change of the unit does, which is a of the gate to zero.
      return [0, 1].reduce((sum, item) => {
        const i = addresses.indexOf(address)
        const own = differences(addresses.map(() => 1), gates => -answer(item, gates)[CLASSES.indexOf(items.targets[item])])[i]
        return sum + Math.abs(own * (values[item] - values[1 - item]) / values[item]) / 2
      }, 0)
    })
    expectClose(scores!, expected)
  })
})

describe('magnitude', () => {
  it('is the size of a weight, and of the weight that an edge is', async () => {
    const all = ['layers.0.weight', 'layers.1.weight', 'layers.2.weight'].map(name => Array.from(weights[name].data, Math.abs))
    expectClose(await scoresOf('magnitude', 'weights'), all.flat(), 1e-7)
    // Edges are listed source by source, weights by reader.
    const edges = expandSites('edges', mlp)
    const found = await scoresOf('magnitude', 'edges')
    const at = edges.indexOf('layers.0.unit[4] -> layers.1.unit[2]')
    expect(found[at]).toBeCloseTo(all[1][2 * 5 + 4], 6)
  })

  it('says that a unit has none', async () => {
    const { methods: [{ scores, reason }] } = await run(['magnitude'], 'units')
    expect(scores).toBeUndefined()
    expect(reason).toContain('layers.0.unit[0] is no weight')
  })
})

it('random is the same for a seed, and another for another', async () => {
  const [first, again, other] = await Promise.all([1, 1, 2].map(async seed => (await run(['random'], 'weights', 'zero', { seed })).methods[0].scores))
  expect(first).toEqual(again)
  expect(first).not.toEqual(other)
})

describe('a primary that is too large for a method', () => {
  const wide: MlpArchitecture = { kind: 'mlp', inputs: 90, hidden: [60], outputs: 4, activation: 'relu' }

  it('has it named with the reason, and the others go on', async () => {
    const { state, methods } = await run(['greedy', 'random'], 'weights', 'zero', { architecture: wide, weights: weightsOf(wide), train: itemsOf(wide) })
    expect(state).toBe('finished')
    expect(methods[0]).toMatchObject({ name: 'greedy', reason: 'it removes one of 5,640 sites after the other; 5,000 at most' })
    expect(methods[1].scores).toHaveLength(5640)
  })
})

it('cancelled, keeps the methods that were over', async () => {
  let turns = 0
  // The first two methods take a turn each before they begin; ablation is cancelled in its second.
  const { state, methods } = await run(['magnitude', 'random', 'ablation', 'gradient'], 'weights', 'zero', {}, () => ++turns > 3)
  expect(state).toBe('cancelled')
  expect(methods.map(({ name }) => name)).toEqual(['magnitude', 'random'])
})
