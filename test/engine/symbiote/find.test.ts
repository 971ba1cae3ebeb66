import type { Items, Tensor } from '../../../preload/contract/engine'
import type { FindProgress, FindRequest } from '../../../preload/contract/symbiote'
import { beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { findCircuit } from '../../../main/engine/symbiote/find'
import { randomStream } from '../../../main/lib/random'

const executor = createWasmExecutor()
const quiet = { progress: () => {}, ready: async () => {}, cancelled: () => false, now: () => performance.now() }

/**
 * Written by hand: 8 inputs of ±1, 6 units, 4 classes. Classes 0 and 1 say whether inputs 2 and 5 are both 1: units 0 and 3 are two
 * copies of that, and a bias saturates. Classes 2 and 3 are another task, on input 7 by unit 4. The rest is noise.
 */
const architecture = { kind: 'mlp' as const, inputs: 8, hidden: [6, 4], outputs: 4, activation: 'relu' as const }
const truth = ['layers.0.weight[0,2]', 'layers.0.weight[0,5]', 'layers.0.weight[3,2]', 'layers.0.weight[3,5]', 'layers.1.weight[1,0]', 'layers.1.weight[1,3]', 'layers.1.weight[2,0]', 'layers.1.weight[2,3]', 'layers.2.weight[0,1]', 'layers.2.weight[1,1]', 'layers.2.weight[0,2]', 'layers.2.weight[1,2]']

function weights(): Record<string, Tensor> {
  const { normal } = randomStream(4, 'noise')
  const tensor = (shape: number[], entries: [number[], number][]): Tensor => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => shape.length === 2 ? 0.02 * normal() : 0)
    for (const [at, value] of entries) data[at.reduce((flat, index, axis) => flat * shape[axis] + index, 0)] = value
    return { shape, data }
  }
  return {
    'layers.0.weight': tensor([6, 8], [[[0, 2], 1], [[0, 5], 1], [[3, 2], 1], [[3, 5], 1], [[4, 7], 2]]),
    'layers.0.bias': tensor([6], [[[0], -1], [[3], -1]]),
    // min(1, copies): relu(c) − relu(c − 1).
    'layers.1.weight': tensor([4, 6], [[[1, 0], 1], [[1, 3], 1], [[2, 0], 1], [[2, 3], 1], [[3, 4], 1]]),
    'layers.1.bias': tensor([4], [[[2], -1]]),
    'layers.2.weight': tensor([4, 4], [[[0, 1], -5], [[1, 1], 5], [[0, 2], 5], [[1, 2], -5], [[2, 3], -3], [[3, 3], 3]]),
    'layers.2.bias': tensor([4], [[[0], 2.5], [[1], -2.5], [[2], 3], [[3], -3]]),
  }
}

function items(n: number, name: string): Items {
  const { uniform } = randomStream(2, name)
  const data = Float32Array.from({ length: n * 8 }, () => uniform() < 0.5 ? -1 : 1)
  return { inputs: { shape: [n, 8], data }, scale: 1, targets: Int32Array.from({ length: n }, (_, i) => data[i * 8 + 2] > 0 && data[i * 8 + 5] > 0 ? 1 : 0) }
}

const request: FindRequest = {
  find: 'a',
  architecture,
  weights: weights(),
  task: { name: 'both', train: items(600, 'train'), test: items(300, 'test') },
  references: [],
  sites: 'weights',
  objective: 'sufficient',
  family: 'free',
  baseline: 'zero',
  budget: 'auto',
  seeds: 5,
  seed: 1,
  steps: 400,
  certificate: 'full',
}

describe('a circuit that is known', () => {
  let found: Awaited<ReturnType<typeof findCircuit>>
  const told: FindProgress[] = []
  beforeAll(async () => { found = await findCircuit(executor, request, { ...quiet, progress: progress => told.push(progress) }) }, 120_000)

  it('is scored above everything else, both copies of it, and no budget was given', () => {
    const order = [...found.addresses.keys()].sort((a, b) => found.score[b] - found.score[a])
    expect(new Set(order.slice(0, truth.length).map(i => found.addresses[i]))).toEqual(new Set(truth))
  })

  it('does the task alone on items nobody learned from', () => {
    const { circuit, full, complement } = found.certificate
    expect(full.accuracy).toBe(1)
    expect(circuit.accuracyKept).toBeGreaterThanOrEqual(0.95)
    expect(circuit.sites).toBeLessThanOrEqual(truth.length)
    // Always "no" is right on three items of four.
    expect(complement.accuracy).toBeLessThanOrEqual(full.chance + 0.1)
  })

  it('compares the answers of the task and not those of the other one', () => {
    expect(found.certificate.asked.classes).toEqual([0, 1])
  })

  it('finds nothing where there is nothing to find', () => {
    const { controls } = found.certificate
    expect(controls!.resetWeights.certified).toBe(false)
    expect(controls!.shuffledLabels.certified).toBe(false)
  })

  it('says every part, and its verdict follows from them', () => {
    const { parts, verdict } = found.certificate
    expect(parts.map(({ part }) => part)).toEqual(['faithfulness', 'complement', 'random', 'minimality', 'controls', 'stability', 'agreement'])
    expect(verdict.certified).toBe(parts.every(({ part, passed }) => part === 'agreement' || passed === true))
    if (!verdict.certified) expect(parts.find(({ part }) => part === verdict.weakest)!.passed).not.toBe(true)
  })

  it('streams gates and what it is doing', () => {
    expect(told.some(({ gates, training }) => gates?.length === found.addresses.length && training !== undefined)).toBe(true)
    expect(told.map(({ share }) => share)).toEqual([...told.map(({ share }) => share)].sort((a, b) => a - b))
  })
})

it('leaves nothing on the executor', async () => {
  const before = executor.alive()
  await findCircuit(executor, { ...request, steps: 20, seeds: 2 }, quiet)
  expect(executor.alive()).toBe(before)
}, 60_000)

it('refuses a task that the primary cannot do, with its accuracy', async () => {
  const upside = (of: Items): Items => ({ ...of, targets: of.targets.map((target, i) => i % 2 === 0 ? target : 1 - target) })
  await expect(findCircuit(executor, { ...request, task: { name: 'coin', train: upside(request.task.train), test: upside(request.task.test) } }, quiet)).rejects.toThrow(/does not do the task coin: it is right on \d+\.\d %/)
})

it('refuses what cannot be a gate', async () => {
  await expect(findCircuit(executor, { ...request, baseline: 'mean' }, quiet)).rejects.toThrow(/no baseline but zero/)
  await expect(findCircuit(executor, { ...request, sites: 'heads' }, quiet)).rejects.toThrow(/no heads/)
})

it('says when nothing could be left out', async () => {
  await expect(findCircuit(executor, { ...request, sites: ['layers.1.unit[1]', 'layers.2.weight[1,1]'], seeds: 2, steps: 100 }, quiet)).rejects.toThrow(/needs all 2 candidates/)
}, 60_000)

it('stops when it is cancelled and says so', async () => {
  let steps = 0
  const result = await findCircuit(executor, request, { ...quiet, ready: async () => { steps++ }, cancelled: () => steps > 30 })
  expect(result.state).toBe('cancelled')
  expect(result.certificate.verdict.certified).toBe(false)
  expect(result.certificate.controls).toBeUndefined()
}, 60_000)

it('dissociates two tasks: each lesion takes one and spares the other', async () => {
  const other = (of: Items): Items => ({ ...of, targets: Int32Array.from(of.targets, (_, i) => (of.inputs.data as Float32Array)[i * 8 + 7] > 0 ? 3 : 2) })
  const reference = { name: 'seven', train: other(items(600, 'train of the other')), test: other(items(300, 'test of the other')) }
  const { certificate } = await findCircuit(executor, { ...request, objective: 'dissociate', references: [reference], certificate: 'fast' }, quiet)
  const { lesions, tasks, accuracy } = certificate.matrix!
  expect(tasks).toEqual(['both', 'seven'])
  expect(lesions).toEqual(['none', 'takes both', 'takes seven'])
  const [none, first, second] = accuracy
  expect(none).toEqual([1, 1])
  // Chance is three in four on the one, one in two on the other.
  expect(first[0]).toBeLessThan(0.85)
  expect(first[1]).toBeGreaterThan(0.95)
  expect(second[0]).toBeGreaterThan(0.95)
  expect(second[1]).toBeLessThan(0.65)
}, 120_000)
