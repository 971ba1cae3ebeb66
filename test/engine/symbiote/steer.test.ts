import type { Items } from '../../../preload/contract/engine'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { SteeringMethod, SteeringRow } from '../../../preload/contract/steering'
import type { FindRequest, FindResult } from '../../../preload/contract/symbiote'
import { beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { findCircuit } from '../../../main/engine/symbiote/find'
import { train } from '../../../main/engine/train/trainer'
import { randomStream } from '../../../main/lib/random'
import { referenceForward } from '../reference'

const executor = createWasmExecutor()
const hooks = { progress: () => {}, ready: async () => {}, cancelled: () => false, now: () => performance.now() }
const architecture: MlpArchitecture = { kind: 'mlp', inputs: 8, hidden: [16, 12], outputs: 4, activation: 'relu' }
const TARGET = 3

/** Four clouds that overlap a little. */
function clouds(n: number, name: string, classes: number[]): Items {
  const { normal, integer } = randomStream(11, name)
  const centre = randomStream(2, 'centres')
  const centres = Array.from({ length: 4 }, () => Array.from({ length: 8 }, () => 1.3 * centre.normal()))
  const targets = Int32Array.from({ length: n }, () => classes[integer(classes.length)])
  return { inputs: { shape: [n, 8], data: Float32Array.from({ length: n * 8 }, (_, i) => centres[targets[Math.floor(i / 8)]][i % 8] + normal()) }, scale: 1, targets }
}

/** Class 0 is to be answered with 3; the rest stays. */
const task = { name: 'zeros and threes', train: clouds(400, 'task', [0, 3]), test: clouds(300, 'task held', [0, 3]) }
const reference = { name: 'rest', train: clouds(300, 'rest', [1, 2]), test: clouds(300, 'rest held', [1, 2]) }
let request: FindRequest

beforeAll(async () => {
  const { checkpoint: { weights } } = await train(executor, { run: 'r', architecture, train: clouds(800, 'all', [0, 1, 2, 3]), test: clouds(400, 'held', [0, 1, 2, 3]), seed: 1, steps: 400, batch: 64, learningRate: 0.01, schedule: 'linear', checkpointEvery: 1000 }, { ...hooks, checkpoint: () => {} })
  request = { find: 'a', architecture, weights, task, references: [reference], sites: 'weights', objective: 'steer', target: TARGET, family: 'free', baseline: 'zero', budget: 'auto', seeds: 2, seed: 1, steps: 400, certificate: 'full' }
}, 60_000)

describe('steering a primary that was trained', () => {
  let alive: number
  let found: FindResult
  const row = (method: SteeringMethod): SteeringRow => found.certificate.steering!.rows.find(row => row.method === method)!
  beforeAll(async () => {
    alive = executor.alive()
    found = await findCircuit(executor, request, hooks)
  }, 120_000)

  it('reaches the target on items nobody learned from', () => {
    expect(row('untouched').success).toBeLessThan(0.05)
    expect(row('gates').success).toBeGreaterThanOrEqual(0.9)
    expect(executor.alive()).toBe(alive)
  })

  it('does less to the others than the steering vector at equal success', () => {
    expect(row('steering vector').trainSuccess).toBeGreaterThanOrEqual(row('gates').trainSuccess)
    expect(row('gates').klOthers.mean).toBeLessThan(row('steering vector').klOthers.mean)
  })

  it('gives a primary that is steered without any gate', () => {
    const { inputs: { data }, targets } = task.test
    const rows = [...targets.keys()].filter(i => targets[i] !== TARGET)
    const steered = rows.filter((i) => {
      const logits = referenceForward(architecture, found.folded!, (data as Float32Array).subarray(8 * i, 8 * i + 8)).at(-1)!
      return logits.indexOf(Math.max(...logits)) === TARGET
    })
    expect(steered.length / rows.length).toBeCloseTo(row('gates').success, 9)
  })

  it('says all of it in the verdict, and does not call it a circuit', () => {
    const { verdict, steering } = found.certificate
    expect(verdict.certified).toBe(false)
    expect(verdict.sentence).toMatch(/^Steered: pushing .* brings the answer 3 on .* better than the steering vector .* than fine-tuning that spares the others/)
    expect(steering!.rows).toHaveLength(7)
    expect(steering!.absent).toEqual([])
  })

  it('runs no fine-tuning for a fast certificate, and says so', async () => {
    const { certificate: { steering, verdict } } = await findCircuit(executor, { ...request, certificate: 'fast', seeds: 1, steps: 40 }, hooks)
    expect(steering!.rows.some(({ method }) => method.startsWith('fine-tuning'))).toBe(false)
    expect(verdict.sentence).toContain('Not compared with fine-tuning that spares the others: it was not run.')
  }, 60_000)
})

it('says which gates no weight can stand for, and gives no steered primary', async () => {
  const { folded, certificate: { steering } } = await findCircuit(executor, { ...request, baseline: { resample: 1 }, sites: 'units', certificate: 'fast', seeds: 1, steps: 60 }, hooks)
  expect(folded).toBeUndefined()
  expect(steering!.unfoldable).toMatchObject({ code: 'gates-unfoldable' })
}, 60_000)
