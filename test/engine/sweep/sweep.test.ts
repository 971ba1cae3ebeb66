import type { SweepSubject } from '../../../main/engine/sweep/subject'
import type { SweepHooks } from '../../../main/engine/sweep/sweep'
import type { Measure } from '../../../preload/contract/engine'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { SiteOperation, SiteSelection, SweepMethod, SweepProgress } from '../../../preload/contract/sweep'
import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { sweep } from '../../../main/engine/sweep/sweep'
import { MEASURES } from '../../../main/engine/task/measures'
import { expandSites } from '../../../preload/contract/sweepSites'
import { numbers, referenceForward, smallWeights } from '../reference'

const executor = createWasmExecutor()
const N = 60
const OUTPUTS = 4
const items = Int32Array.from({ length: 40 }, (_, i) => 59 - i)
const hooks: SweepHooks = { progress: () => {}, ready: async () => {}, cancelled: () => false, now: () => performance.now() }

function architectureOf(activation: MlpArchitecture['activation'], hidden = [7, 6, 5]): MlpArchitecture {
  return { kind: 'mlp', inputs: 8, hidden, outputs: OUTPUTS, activation }
}

async function subjectOf(architecture: MlpArchitecture): Promise<SweepSubject & { dispose: () => void }> {
  const weights = smallWeights(architecture)
  const data = {
    inputs: { shape: [N, 8], data: numbers(N * 8, 3).map(Math.abs) },
    scale: 1,
    targets: Int32Array.from({ length: N }, (_, i) => (i * 7) % OUTPUTS),
    counterfactual: { shape: [N, 8], data: numbers(N * 8, 4).map(Math.abs) },
  }
  const patient = await openPatient(executor, { architecture, weights, items: data, calibration: Int32Array.from({ length: 30 }, (_, i) => i) })
  const { model, knowledge, observer } = patient
  return { model, knowledge, observer, weights, items: data, stimulate: request => patient.stimulate(request, () => 0), dispose: () => patient.dispose() }
}

interface Asked { sites: SiteSelection, operation: SiteOperation, measure?: Measure, method?: SweepMethod, steps?: number }

const run = (subject: SweepSubject, { sites, operation, measure = 'loss', method = 'exact', steps }: Asked, own: Partial<SweepHooks> = {}) =>
  sweep(executor, subject, { sweep: 'a', sites, operation, measure, items, method, ...(steps === undefined ? {} : { steps }) }, { ...hooks, ...own })

async function expectExact(subject: SweepSubject, asked: Asked): Promise<void> {
  const exact = await run(subject, asked)
  const slow = await run(subject, { ...asked, method: 'slow' })
  expect(exact.done).toBe(exact.sites)
  for (let i = 0; i < exact.sites; i++) {
    expect(Math.abs(exact.mean[i] - slow.mean[i]), `mean of site ${i}: ${exact.mean[i]} against ${slow.mean[i]}`).toBeLessThan(2e-6 * (1 + Math.abs(slow.mean[i])))
    expect(Math.abs(exact.se[i] - slow.se[i]), `se of site ${i}`).toBeLessThan(2e-6 * (1 + slow.se[i]))
  }
  expect(slow.mean.some(value => value !== 0)).toBe(true)
}

const operations: SiteOperation[] = [
  { op: 'gate', strength: 0, baseline: 'zero' },
  { op: 'gate', strength: 2.5, baseline: 'mean' },
  { op: 'gate', strength: 0, baseline: { resample: 5 } },
  { op: 'drive', strength: -1.5 },
  { op: 'clamp', strength: 0.4 },
  { op: 'noise', strength: 1, seed: 3 },
]

describe('exact equals a full run per site', () => {
  describe.each(['relu', 'gelu', 'tanh'] as const)('%s', (activation) => {
    it.each(['units', 'weights', 'edges', 'layers'] as const)('%s under every operation', async (sites) => {
      const subject = await subjectOf(architectureOf(activation))
      for (const operation of operations) await expectExact(subject, { sites, operation })
      if (sites !== 'weights') await expectExact(subject, { sites, operation: { op: 'patch' } })
      subject.dispose()
    }, 60_000)
  })

  it('in every measure', async () => {
    const subject = await subjectOf(architectureOf('relu'))
    for (const measure of MEASURES) await expectExact(subject, { sites: ['layers.0.unit[*]', 'layers.1', 'layers.2.weight[0:2,*]', 'layers.3.unit[1]'], operation: { op: 'drive', strength: 4 }, measure })
    subject.dispose()
  })

  it('with one layer, and with no hidden one', async () => {
    for (const hidden of [[6], []]) {
      const subject = await subjectOf(architectureOf('gelu', hidden))
      await expectExact(subject, { sites: 'weights', operation: { op: 'gate', strength: 0, baseline: 'zero' } })
      await expectExact(subject, { sites: [`layers.${hidden.length}.unit[*]`], operation: { op: 'drive', strength: 1 } })
      subject.dispose()
    }
  })
})

it('gives the effect that plain loops give', async () => {
  const architecture = architectureOf('tanh')
  const subject = await subjectOf(architecture)
  const weights = smallWeights(architecture)
  const loss = (item: number, touched?: number): number => {
    const input = (subject.items.inputs.data as Float32Array).subarray(item * 8, item * 8 + 8)
    const logits = referenceForward(architecture, weights, input, (l, u, a) => l === 1 && u === touched ? 0 : a).at(-1)!
    return Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[subject.items.targets[item]]
  }
  const { mean, se, baseline } = await run(subject, { sites: ['layers.1.unit[*]'], operation: { op: 'gate', strength: 0, baseline: 'zero' } })
  for (let unit = 0; unit < 6; unit++) {
    const differences = Array.from(items, item => loss(item, unit) - loss(item))
    const expected = differences.reduce((a, b) => a + b) / items.length
    expect(mean[unit]).toBeCloseTo(expected, 5)
    expect(se[unit]).toBeCloseTo(Math.sqrt(differences.reduce((sum, d) => sum + (d - expected) ** 2, 0) / (items.length - 1) / items.length), 5)
  }
  expect(baseline.loss).toBeCloseTo(Array.from(items, item => loss(item)).reduce((a, b) => a + b) / items.length, 5)
  subject.dispose()
})

describe('estimates', () => {
  it('are the exact effect where the answer is linear in the site', async () => {
    // The target's margin moves linearly with a logit as long as the best other stays the same.
    const subject = await subjectOf(architectureOf('relu', []))
    const asked: Asked = { sites: ['layers.0.weight[0,*]'], operation: { op: 'gate', strength: 0.9999, baseline: 'zero' }, measure: 'margin' }
    const exact = await run(subject, asked)
    const estimate = await run(subject, { ...asked, method: 'attribution' })
    for (let i = 0; i < exact.sites; i++) expect(Math.abs(estimate.mean[i] - exact.mean[i])).toBeLessThan(1e-6)
    subject.dispose()
  })

  it('converge on the exact effect of one site as the points of the way grow', async () => {
    const subject = await subjectOf(architectureOf('tanh'))
    const asked: Asked = { sites: ['layers.1.unit[2]'], operation: { op: 'drive', strength: 3 } }
    const exact = (await run(subject, asked)).mean[0]
    const errors = await Promise.all([1, 4, 64].map(async steps => Math.abs((await run(subject, { ...asked, method: 'integrated', steps })).mean[0] - exact)))
    expect(errors[1]).toBeLessThan(errors[0])
    expect(errors[2]).toBeLessThan(errors[1])
    expect(errors[2]).toBeLessThan(1e-4)
    subject.dispose()
  })

  it('come with their disagreement, and with none they are refused', async () => {
    const subject = await subjectOf(architectureOf('relu'))
    const asked: Asked = { sites: 'weights', operation: { op: 'gate', strength: 0, baseline: 'zero' }, method: 'attribution' }
    const estimate = await run(subject, asked)
    const exact = await run(subject, { ...asked, method: 'exact' })
    expect(estimate.disagreement!.sites).toBe(64)
    expect(estimate.disagreement!.rank).toBeGreaterThan(0.5)
    expect(estimate.disagreement!.maxError).toBeGreaterThan(0)
    expect(estimate.disagreement!.maxError).toBeLessThanOrEqual(Math.max(...exact.mean.map((value, i) => Math.abs(value - estimate.mean[i]))) + 1e-7)
    await expect(run(subject, { ...asked, measure: 'accuracy' })).rejects.toThrow(/no/)
    subject.dispose()
  })
})

it('finds exactly nothing at zero strength', async () => {
  const subject = await subjectOf(architectureOf('gelu'))
  for (const operation of [{ op: 'gate', strength: 1, baseline: 'mean' }, { op: 'drive', strength: 0 }] as SiteOperation[]) {
    for (const sites of ['units', 'weights', 'edges'] as const) {
      const { mean, se } = await run(subject, { sites, operation })
      expect([...mean, ...se].every(value => value === 0)).toBe(true)
    }
  }
  subject.dispose()
})

it('keeps what it has when it is cancelled, and reports how far it is', async () => {
  const subject = await subjectOf(architectureOf('relu'))
  const told: SweepProgress[] = []
  let clock = 0
  const result = await run(subject, { sites: 'units', operation: operations[0], method: 'slow' }, { progress: progress => told.push(progress), cancelled: () => told.length > 4, now: () => (clock += 200) })
  expect(result.state).toBe('cancelled')
  expect(result.done).toBeGreaterThan(0)
  expect(result.done).toBeLessThan(result.sites)
  expect(result.mean.filter(value => !Number.isNaN(value))).toHaveLength(result.done)
  expect(told.map(({ done }) => done)).toEqual([...told.map(({ done }) => done)].sort((a, b) => a - b))
  expect(told.every(({ total }) => total === 18)).toBe(true)
  subject.dispose()
})

it('leaves nothing behind', async () => {
  const before = executor.alive()
  const subject = await subjectOf(architectureOf('tanh'))
  await run(subject, { sites: 'weights', operation: operations[0] })
  await run(subject, { sites: 'units', operation: operations[0], method: 'integrated' })
  await run(subject, { sites: ['nowhere'], operation: operations[0] }).catch(() => {})
  subject.dispose()
  expect(executor.alive()).toBe(before)
})

it('lists every place once, in one order', () => {
  const architecture = architectureOf('relu')
  expect(expandSites('units', architecture)).toHaveLength(18)
  expect(expandSites('weights', architecture)).toHaveLength(8 * 7 + 7 * 6 + 6 * 5 + 5 * 4)
  expect(expandSites('edges', architecture)).toHaveLength(7 * 6 + 6 * 5 + 5 * 4)
  expect(expandSites(['layers.0.unit[2:4]', 'layers.0.unit[3]', 'layers.1'], architecture)).toEqual(['layers.0.unit[2]', 'layers.0.unit[3]', 'layers.1'])
  expect(() => expandSites('heads', architecture)).toThrow(/no heads/)
})
