import type { Items, Tensor } from '../../../preload/contract/engine'
import type { ReadPrimary, ReadRequest } from '../../../preload/contract/reader'
import type { FindRequest } from '../../../preload/contract/symbiote'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { plant } from '../../../main/engine/planted/plant'
import { DESCRIPTORS } from '../../../main/engine/symbiote/descriptors'
import { distil } from '../../../main/engine/symbiote/distil'
import { findCircuit } from '../../../main/engine/symbiote/find'
import { trainReader } from '../../../main/engine/symbiote/readerTraining'
import { withSubject } from '../../../main/engine/symbiote/subject'
import { viewsOf } from '../../../main/engine/symbiote/views'
import { randomStream } from '../../../main/lib/random'
import { scoresOf } from '../../../main/lib/scores'
import { membershipOf } from '../../../main/theatre/judge'
import { referenceForward } from '../reference'

const executor = createWasmExecutor()
const quiet = { progress: () => {}, ready: async () => {}, cancelled: () => false, now: () => performance.now() }

afterEach(() => expect(executor.alive()).toBe(0))

describe('what a reader sees', () => {
  const architecture = { kind: 'mlp' as const, inputs: 4, hidden: [5, 3], outputs: 4, activation: 'tanh' as const }
  const draw = (size: number, name: string): Float32Array<ArrayBuffer> => {
    const { normal } = randomStream(5, name)
    return Float32Array.from({ length: size }, () => 0.9 * normal())
  }
  const weights: Record<string, Tensor> = Object.fromEntries([[5, 4], [3, 5], [4, 3]].flatMap(([out, from], l) => [
    [`layers.${l}.weight`, { shape: [out, from], data: draw(out * from, `w${l}`) }],
    [`layers.${l}.bias`, { shape: [out], data: draw(out, `b${l}`) }],
  ]))
  const inputs = draw(12 * 4, 'items')
  const logits = (i: number, of: Record<string, Tensor>): number[] => [...referenceForward(architecture, of, inputs.subarray(i * 4, (i + 1) * 4)).at(-1)!]
  const best = (i: number): number => {
    const own = logits(i, weights)
    return own.indexOf(Math.max(...own))
  }
  const items: Items = { inputs: { shape: [12, 4], data: inputs }, scale: 1, targets: Int32Array.from({ length: 12 }, (_, i) => best(i)) }

  it('of the primary as it is: the gradient of the margin by the gate, item by item', async () => {
    const request: FindRequest = { find: 'v', architecture, weights, task: { name: 't', train: items, test: items }, references: [], sites: ['layers.0.weight[2,1]', 'layers.1.weight[0,4]', 'layers.2.weight[3,2]'], objective: 'sufficient', family: 'reader', baseline: 'zero', budget: 'auto', seeds: 1, seed: 1, certificate: 'fast' }
    const { open, scattered, lesioned } = await withSubject(executor, request, async subject => viewsOf(await subject()))
    const classes = [...new Set(items.targets)]
    const margin = (i: number, of: Record<string, Tensor>): number => {
      const all = logits(i, of)
      const others = classes.filter(c => c !== best(i))
      return all[best(i)] - others.reduce((sum, c) => sum + all[c], 0) / others.length
    }
    const gated = (tensor: string, at: number, gate: number): Record<string, Tensor> => ({ ...weights, [tensor]: { ...weights[tensor], data: weights[tensor].data.map((w, j) => j === at ? w * gate : w) } })
    for (const [k, [tensor, at]] of ([['layers.0.weight', 2 * 4 + 1], ['layers.1.weight', 4], ['layers.2.weight', 3 * 3 + 2]] as const).entries()) {
      const slopes = Array.from({ length: 12 }, (_, i) => Math.abs(margin(i, gated(tensor, at, 1.01)) - margin(i, gated(tensor, at, 0.99))) / 0.02)
      expect(open.mean[k]).toBeCloseTo(slopes.reduce((a, b) => a + b) / 12, 3)
      expect(open.size[k]).toBeCloseTo(Math.sqrt(slopes.reduce((a, b) => a + b ** 2, 0) / 12), 3)
      expect(open.most[k]).toBeCloseTo(Math.max(...slopes), 3)
    }
    for (const drawn of [scattered, lesioned]) drawn.mean.forEach((mean, i) => expect(drawn.most[i]).toBeGreaterThanOrEqual(mean))
  })
})

describe('teaching', () => {
  it('gives back an order that one descriptor has, where another is louder', async () => {
    const { normal, uniform } = randomStream(3, 'table')
    const table = (n: number) => {
      const descriptors = Float32Array.from({ length: n * DESCRIPTORS.length }, normal)
      // The third tells; the first is noise, three times as large.
      const targets = Float32Array.from({ length: n }, (_, i) => descriptors[i * DESCRIPTORS.length + 2] > 1.2 ? 0.8 + 0.2 * uniform() : 0.1 * uniform())
      for (let i = 0; i < n; i++) descriptors[i * DESCRIPTORS.length] *= 3
      return { descriptors, targets }
    }
    const learned = await distil(executor, [table(1500), table(2500)], 1, async () => {})
    const { descriptors, targets } = table(400)
    // By hand, from the arrays alone: tanh, tanh, linear.
    const [w1, b1, w2, b2, w3] = learned
    const hidden = b1.length
    const logits = Array.from(targets, (_, i) => {
      const first = Array.from(b1, (bias, h) => Math.tanh(bias + DESCRIPTORS.reduce((sum, _, d) => sum + descriptors[i * DESCRIPTORS.length + d] * w1[d * hidden + h], 0)))
      const second = Array.from(b2, (bias, h) => Math.tanh(bias + first.reduce((sum, value, g) => sum + value * w2[g * hidden + h], 0)))
      return second.reduce((sum, value, h) => sum + value * w3[h], 0)
    })
    expect(scoresOf(logits, Array.from(targets, target => target > 0.5 ? 'site' : 'other')).ap).toBeGreaterThan(0.95)
  }, 30_000)
})

describe('a reader of several primaries', () => {
  const primary = async (seed: number, width?: number): Promise<ReadPrimary & { truth: { sites: string[], inert: string[] } }> => {
    const { architecture, weights, tasks: [{ file, train, test, truths }] } = await plant(executor, { design: 'backup', seed, ...(width === undefined ? {} : { width }) }, quiet.ready)
    return { name: `backup-${seed}`, architecture, weights, task: { name: file.name, train, test }, truth: truths[0] }
  }
  let request: ReadRequest
  let trained: Awaited<ReturnType<typeof trainReader>>
  beforeAll(async () => {
    const primaries: ReadPrimary[] = []
    for (const seed of [1, 3]) {
      const { name, architecture, weights, task } = await primary(seed)
      primaries.push({ name, architecture, weights, task })
    }
    request = { read: 'r', sites: 'weights', baseline: 'zero', seed: 1, seeds: 3, steps: 300, primaries }
    trained = await trainReader(executor, request, quiet)
  }, 120_000)

  it('says how one of the others does on each', () => {
    expect(trained.primaries.map(({ name }) => name)).toEqual(['backup-1', 'backup-3'])
    for (const { ap, members, candidates } of trained.primaries) {
      // Learned from one other primary alone; luck is worth 0.03.
      expect(ap).toBeGreaterThan(0.6)
      expect(members).toBeGreaterThan(8)
      expect(candidates).toBeGreaterThan(700)
    }
    expect(trained.file).toMatchObject({ sites: 'weights', primaries: ['backup-1', 'backup-3'], baseline: 'zero' })
  })

  it('reads one of another seed and another width without training, redundant copies included, and its circuit does the task alone', async () => {
    const { truth, name: _, ...other } = await primary(9, 28)
    const found = await findCircuit(executor, { ...other, find: 'z', references: [], sites: 'weights', objective: 'sufficient', family: 'reader', baseline: 'zero', budget: 'auto', seeds: 1, seed: 1, certificate: 'fast', reader: trained.file }, quiet)
    expect(scoresOf(found.score, membershipOf(found.addresses, truth)).ap).toBeGreaterThan(0.9)
    expect(found.history).toEqual([])
    const { circuit } = found.certificate
    expect(circuit.accuracyKept).toBeGreaterThan(0.95)
    expect(circuit.sites).toBeLessThan(30)
  }, 60_000)

  it('is cancelled between turns, and frees what it held', async () => {
    let turns = 0
    await expect(trainReader(executor, request, { ...quiet, cancelled: () => ++turns > 40 })).rejects.toMatchObject({ code: 'cancelled' })
  }, 60_000)

  it('says of which primary a find went wrong', async () => {
    const contrary = { ...request.primaries[0], name: 'contrary' }
    contrary.task = { ...contrary.task, test: { ...contrary.task.test, targets: contrary.task.test.targets.map(target => 1 - target) } }
    await expect(trainReader(executor, { ...request, primaries: [contrary] }, quiet)).rejects.toThrow(/^contrary: The primary does not do the task/)
  }, 60_000)
})
