import type { Circuits } from '../../../main/engine/symbiote/circuits'
import type { Chosen, SteeringQuestion } from '../../../main/engine/symbiote/steering'
import type { SteeringReport } from '../../../main/engine/symbiote/steeringReport'
import type { Items, Tensor } from '../../../preload/contract/engine'
import type { MlpArchitecture, TransformerArchitecture } from '../../../preload/contract/primary'
import type { Measured, SteeringMethod } from '../../../preload/contract/steering'
import type { SiteSelection } from '../../../preload/contract/sweep'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uploadTensor } from '../../../main/engine/executor/executor'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { openCircuits } from '../../../main/engine/symbiote/circuits'
import { tunedTo, tunedWithin } from '../../../main/engine/symbiote/fineTuning'
import { foldGates, weightChange } from '../../../main/engine/symbiote/fold'
import { projectedOntoL1 } from '../../../main/engine/symbiote/l1Ball'
import { slotsOf } from '../../../main/engine/symbiote/slots'
import { openYardstick, questionOf } from '../../../main/engine/symbiote/steering'
import { steeringReport } from '../../../main/engine/symbiote/steeringReport'
import { vectorHooks } from '../../../main/engine/symbiote/steeringVector'
import { train } from '../../../main/engine/train/trainer'
import { randomStream } from '../../../main/lib/random'
import { numbers, referenceForward } from '../reference'
import { transformerWeights } from '../referenceTransformer'
import { learnGates } from './learnGates'

const executor = createWasmExecutor()
const architecture: MlpArchitecture = { kind: 'mlp', inputs: 8, hidden: [16, 12], outputs: 4, activation: 'relu' }
const model = modelOf(architecture)
const TARGET = 3

/** Four clouds that overlap a little; of class c where asked. */
function clouds(n: number, name: string, classes: number[]): Items {
  const { normal, integer } = randomStream(11, name)
  const centre = randomStream(2, 'centres')
  const centres = Array.from({ length: 4 }, () => Array.from({ length: 8 }, () => 1.3 * centre.normal()))
  const targets = Int32Array.from({ length: n }, () => classes[integer(classes.length)])
  return { inputs: { shape: [n, 8], data: Float32Array.from({ length: n * 8 }, (_, i) => centres[targets[Math.floor(i / 8)]][i % 8] + normal()) }, scale: 1, targets }
}

const [all, held] = [clouds(800, 'all', [0, 1, 2, 3]), clouds(400, 'held', [0, 1, 2, 3])]
// Class 0 is to be answered with 3; classes 1 … 3 stay.
const task = { name: 'zeros', train: clouds(200, 'task', [0]), test: clouds(150, 'task held', [0]) }
const reference = { name: 'rest', train: clouds(300, 'rest', [1, 2, 3]), test: clouds(300, 'rest held', [1, 2, 3]) }

let weights: Record<string, Tensor>
let circuits: Circuits
let question: SteeringQuestion
let gates: Float64Array
let report: SteeringReport
let alive: number

beforeAll(async () => {
  alive = executor.alive()
  const trained = await train(executor, { run: 'r', architecture, train: all, test: held, seed: 1, steps: 400, batch: 64, learningRate: 0.01, schedule: 'linear', checkpointEvery: 1000 }, { progress: () => {}, checkpoint: () => {}, ready: async () => {}, cancelled: () => false, now: () => 0 })
  weights = trained.checkpoint.weights
  expect(trained.metrics.testAccuracy).toBeGreaterThan(0.9)
  circuits = await openCircuits(executor, model, model.parameters.map(([name]) => uploadTensor(executor, weights[name])), slotsOf('weights', model), 'zero', all)
  question = questionOf(task, [reference], model, { target: TARGET, seed: 1 })
  gates = await learnGates(executor, circuits, await openYardstick(executor, model, circuits.parameters, question, 'train'), { steps: 300, rate: 0.02, pressure: 0.02, most: 2 })
  report = await steeringReport(executor, circuits, { weights, gates, baseline: 'zero', train: all, question, seed: 1, ready: async () => {} })
}, 120_000)

afterAll(() => {
  circuits.dispose()
  executor.free(...circuits.parameters)
  expect(executor.alive()).toBe(alive)
})

function logSoftmax(logits: number[]): number[] {
  const top = Math.max(...logits)
  const log = Math.log(logits.reduce((sum, l) => sum + Math.exp(l - top), 0))
  return logits.map(l => l - top - log)
}

/** The slow and obvious way: one held-out item after another, in plain loops. */
function slowly(answer: (input: Float32Array) => number[]) {
  const input = ({ inputs }: Items, row: number): Float32Array => (inputs.data as Float32Array).subarray(row * 8, (row + 1) * 8)
  const { steer, others: [{ items, rows }] } = question.test
  const success = [...steer.rows].filter(row => indexOfMost(answer(input(steer.items, row))) === TARGET).length / steer.rows.length
  const accuracyOthers = [...rows].filter(row => indexOfMost(answer(input(items, row))) === items.targets[row]).length / rows.length
  const kl = [...rows].map((row) => {
    const [p, q] = [referenceForward(architecture, weights, input(items, row)).at(-1)!, answer(input(items, row))].map(logSoftmax)
    return p.reduce((sum, lp, c) => sum + Math.exp(lp) * (lp - q[c]), 0)
  })
  return { success, accuracyOthers, kl: kl.reduce((a, b) => a + b, 0) / kl.length }
}

function row(method: SteeringMethod, equal?: 'success' | 'dose') {
  return report.rows.find(row => row.method === method && row.equal === equal)!
}

function agrees(row: Measured, slow: ReturnType<typeof slowly>): void {
  expect(row.success).toBeCloseTo(slow.success, 10)
  expect(row.accuracyOthers).toBeCloseTo(slow.accuracyOthers, 10)
  expect(row.klOthers.mean).toBeCloseTo(slow.kl, 4)
}

describe('the report', () => {
  it('says of the primary as it is that it does not give the target and changes nothing', () => {
    agrees(row('untouched'), slowly(input => referenceForward(architecture, weights, input).at(-1)!))
    expect(row('untouched').success).toBeLessThan(0.05)
    expect(row('untouched').klOthers.mean).toBe(0)
    expect(report).toMatchObject({ target: TARGET, items: { steer: 150, others: 300 }, absent: [] })
  })

  it('measures the gates, and the folded primary is the gated one', () => {
    agrees(row('gates'), slowly(input => referenceForward(architecture, report.folded!, input).at(-1)!))
    expect(row('gates').success).toBeGreaterThan(0.95)
    expect(row('gates').dose).toBeCloseTo(gates.reduce((sum, gate) => sum + Math.abs(gate - 1), 0), 6)
    const byHand = circuits.slots.addresses.reduce((sum, address, i) => {
      const [, l, o, from] = /^layers\.(\d)\.weight\[(\d+),(\d+)\]$/.exec(address)!.map(Number)
      const { shape, data } = weights[`layers.${l}.weight`]
      return sum + Math.abs(gates[i] - 1) * Math.abs(data[o * shape[1] + from])
    }, 0)
    expect(row('gates').weightChange).toBeCloseTo(byHand, 3)
  })

  it('brings the steering vector to the same success, with the least strength', () => {
    const { layer, strength, trainSuccess } = row('steering vector', 'success')
    const l = Number(layer!.slice('layers.'.length))
    const values = ({ items, rows }: Chosen): number[][] => [...rows].map(r => referenceForward(architecture, weights, (items.inputs.data as Float32Array).subarray(r * 8, r * 8 + 8))[l])
    const mean = (of: number[][]): number[] => of[0].map((_, c) => of.reduce((sum, row) => sum + row[c], 0) / of.length)
    const [to, from] = [mean(question.train.examples.flatMap(values)), mean(values(question.train.steer))]
    const steered = (strength: number) => (input: Float32Array): number[] => referenceForward(architecture, weights, input, (layer, unit, value) => layer === l ? value + strength * (to[unit] - from[unit]) : value).at(-1)!
    agrees(row('steering vector', 'success'), slowly(steered(strength!)))
    expect(trainSuccess).toBeGreaterThanOrEqual(row('gates').trainSuccess)
    const { items, rows } = question.train.steer
    const reached = [...rows].filter(r => indexOfMost(steered(0.99 * strength!)((items.inputs.data as Float32Array).subarray(r * 8, r * 8 + 8))) === TARGET).length / rows.length
    expect(reached).toBeLessThan(row('gates').trainSuccess)
  })

  it('steers at less cost to the others with gates than with the vector', () => {
    expect(row('gates').klOthers.mean).toBeLessThan(row('steering vector', 'success').klOthers.mean)
  })

  it('holds fine-tuning to the dose in weights, or to the success', async () => {
    const yardstick = await openYardstick(executor, model, circuits.parameters, question, 'train')
    for (const sparing of [false, true]) {
      const method = sparing ? 'fine-tuning, sparing' : 'fine-tuning'
      const options = { sparing, seed: 1, ready: async () => {} }
      const within = await tunedWithin(executor, model, weights, yardstick, row('gates').weightChange!, options)
      expect(weightChange(weights, within)).toBeLessThan(row('gates').weightChange! + 1e-3)
      agrees(row(method, 'dose'), slowly(input => referenceForward(architecture, within, input).at(-1)!))
      const to = await tunedTo(executor, model, weights, yardstick, row('gates').trainSuccess, options)
      agrees(row(method, 'success'), slowly(input => referenceForward(architecture, to!, input).at(-1)!))
      expect(row(method, 'success').trainSuccess).toBeGreaterThanOrEqual(row('gates').trainSuccess)
      expect(row(method, 'success').weightChange).toBeCloseTo(weightChange(weights, to!), 6)
    }
    expect(row('fine-tuning, sparing', 'dose').klOthers.mean).toBeLessThan(row('fine-tuning', 'dose').klOthers.mean)
  }, 60_000)

  it('shows what less and more of the prescription does', () => {
    const { gates: points, vector } = report.response
    expect(points.map(({ share }) => share)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5])
    expect(points[0]).toMatchObject({ dose: 0, success: row('untouched').success, accuracyOthers: row('untouched').accuracyOthers })
    expect(points[4]).toMatchObject({ dose: row('gates').dose, success: row('gates').success, klOthers: row('gates').klOthers })
    const half = foldGates(model, weights, circuits.slots, gates.map(gate => 1 + 0.5 * (gate - 1)), 'zero')
    agrees(points[2], slowly(input => referenceForward(architecture, half, input).at(-1)!))
    expect(vector!.map(({ share }) => share)).toEqual(points.map(({ share }) => share))
    expect(vector![4].klOthers).toEqual(row('steering vector', 'success').klOthers)
  })
})

describe('a question', () => {
  it('draws items of each kind, and never one to steer that is of the class already', () => {
    const own = questionOf({ name: 'all', train: all, test: held }, [], model, { target: 1, seed: 1, items: { train: 40, test: 30 } })
    for (const [part, items, most] of [['train', all, 40], ['test', held, 30]] as const) {
      const { steer, others } = own[part]
      expect(steer.rows).toHaveLength(most)
      expect([...steer.rows].every(row => items.targets[row] !== 1)).toBe(true)
      // Without a reference task the target's own items are what is to be left alone.
      expect(others).toHaveLength(1)
      expect([...others[0].rows].every(row => items.targets[row] === 1)).toBe(true)
    }
    expect(questionOf({ name: 'all', train: all, test: held }, [], model, { target: 1, seed: 2, items: { train: 40, test: 30 } }).train.steer.rows).not.toEqual(own.train.steer.rows)
  })

  it('without anything to steer or to spare is refused', () => {
    expect(() => questionOf(task, [], model, { target: 0, seed: 1 })).toThrow(expect.objectContaining({ code: 'nothing-to-steer' }))
    expect(() => questionOf(task, [], model, { target: 3, seed: 1 })).toThrow(expect.objectContaining({ code: 'nothing-to-spare', remedy: 'Name a reference task.' }))
  })
})

it('the nearest point within an L1 ball is a soft threshold onto its surface', () => {
  const point = Float64Array.from(numbers(50, 3))
  const sum = (of: Float64Array): number => of.reduce((total, value) => total + Math.abs(value), 0)
  const near = projectedOntoL1(point, 5)
  expect(sum(near)).toBeCloseTo(5, 10)
  const cuts = [...point].flatMap((value, i) => near[i] === 0 ? [] : [Math.abs(value) - Math.abs(near[i])])
  cuts.forEach(cut => expect(cut).toBeCloseTo(cuts[0], 10))
  point.forEach((value, i) => expect(near[i] === 0 ? Math.abs(value) <= cuts[0] + 1e-12 : Math.sign(near[i]) === Math.sign(value)).toBe(true))
  expect(projectedOntoL1(point, 100)).toEqual(point)
  expect(sum(projectedOntoL1(point, 0))).toBe(0)
})

describe('of a transformer', () => {
  const tiny: TransformerArchitecture = { kind: 'transformer', layers: 1, dModel: 6, heads: 2, dHead: 3, dMlp: 0, vocab: 5, context: 4, attention: 'causal', norm: 'layer', activation: 'relu', outputs: 'tokens' }
  const tokens = (n: number, from: number): Int32Array => Int32Array.from({ length: n }, (_, i) => (i * 37 + (i * i) % 13 + from) % 5)

  it.each<[string, TransformerArchitecture, SiteSelection, boolean]>([
    ['that answers with tokens', tiny, 'heads', true],
    ['that classifies, by edges', { ...tiny, outputs: { classes: 3, position: 'last' } }, 'edges', false],
  ])('%s, the same table', async (_name, architecture, sites, foldable) => {
    const before = executor.alive()
    const weights = transformerWeights(architecture)
    const model = modelOf(architecture, { tensors: Object.keys(weights) })
    const each = architecture.outputs === 'tokens' ? 4 : 1
    const lot = (from: number): Items => ({ inputs: { shape: [20, 4], data: tokens(80, from) }, scale: 1, targets: tokens(20 * each, from + 1).map(t => t % 3), ...(each > 1 ? { mask: Float32Array.from({ length: 80 }, (_, i) => i % 4 > 1 ? 1 : 0) } : {}) })
    const circuits = await openCircuits(executor, model, model.parameters.map(([name]) => uploadTensor(executor, weights[name])), slotsOf(sites, model), 'zero', lot(0))
    const gates = circuits.slots.addresses.map((_, i) => i % 3 === 0 ? 0.5 : 1)
    const question = questionOf({ name: 'a', train: lot(0), test: lot(1) }, [{ name: 'b', train: lot(2), test: lot(3) }], model, { target: 2, seed: 1 })
    const report = await steeringReport(executor, circuits, { weights, gates, baseline: 'zero', train: lot(0), question, seed: 1, ready: async () => {} })
    const [untouched, gated] = report.rows
    expect(untouched.klOthers.mean).toBe(0)
    expect(gated.klOthers.mean).toBeGreaterThan(0)
    const vector = report.rows.find(({ method }) => method === 'steering vector')
    // Nothing of the vector is the primary itself, through the program that begins at its layer.
    if (vector) expect(report.response.vector![0].klOthers.mean).toBeCloseTo(0, 6)
    else expect(report.absent).toContainEqual(expect.objectContaining({ method: 'steering vector' }))
    if (foldable) {
      expect(report.folded).toBeDefined()
    }
    else {
      expect(report.unfoldable).toMatchObject({ code: 'gates-unfoldable' })
      expect(report.absent.filter(({ equal }) => equal === 'dose')).toHaveLength(2)
    }
    circuits.dispose()
    executor.free(...circuits.parameters)
    expect(executor.alive()).toBe(before)
  }, 60_000)
})

it('vectors are added at hidden layers and to the stream after each block', () => {
  expect(vectorHooks(model)).toEqual(['layers.0', 'layers.1'])
  expect(vectorHooks(modelOf({ kind: 'cnn', input: [1, 8, 8], conv: [{ out: 2, kernel: 3, stride: 1 }], hidden: [5], outputs: 3, activation: 'relu' }))).toEqual(['conv.0', 'layers.0'])
  expect(vectorHooks(modelOf({ kind: 'transformer', layers: 2, dModel: 6, heads: 2, dHead: 3, dMlp: 4, vocab: 5, context: 4, attention: 'causal', norm: 'none', activation: 'relu', outputs: 'tokens' }))).toEqual(['blocks.0.resid_post', 'blocks.1.resid_post'])
})

function indexOfMost(logits: number[]): number {
  return logits.indexOf(Math.max(...logits))
}
