import type { SweepSubject } from '../../../main/engine/sweep/subject'
import type { Items, Measure } from '../../../preload/contract/engine'
import type { Architecture, CnnArchitecture, TransformerArchitecture } from '../../../preload/contract/primary'
import type { SiteOperation, SiteSelection, SweepMethod, SweepResult } from '../../../preload/contract/sweep'
import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { sweep } from '../../../main/engine/sweep/sweep'
import { expandSites } from '../../../preload/contract/sweepSites'
import { numbers } from '../reference'

const executor = createWasmExecutor()
const N = 24
const T = 6
const rows = Int32Array.from({ length: 14 }, (_, i) => 20 - i)

const transformer: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 8, heads: 2, dHead: 4, dMlp: 5, vocab: 7, context: T, attention: 'causal', norm: 'layer', activation: 'gelu', outputs: 'tokens' }
const classifier: TransformerArchitecture = { ...transformer, dMlp: 0, norm: 'rms', attention: 'bidirectional', outputs: { classes: 3, position: 'last' } }
const cnn: CnnArchitecture = { kind: 'cnn', input: [1, 8, 8], conv: [{ out: 3, kernel: 3, stride: 1 }, { out: 4, kernel: 3, stride: 2 }], hidden: [6], outputs: 3, activation: 'relu' }

const tokens = (seed: number): Int32Array => Int32Array.from(numbers(N * T, seed), x => Math.floor(Math.abs(x) * 6.999))

function itemsOf(architecture: Architecture): Items {
  if (architecture.kind !== 'transformer') {
    return { inputs: { shape: [N, 1, 8, 8], data: numbers(N * 64, 5).map(Math.abs) }, scale: 1, targets: Int32Array.from({ length: N }, (_, i) => i % 3), counterfactual: { shape: [N, 1, 8, 8], data: numbers(N * 64, 6).map(Math.abs) } }
  }
  const answers = architecture.outputs === 'tokens'
  return {
    inputs: { shape: [N, T], data: tokens(3) },
    scale: 1,
    targets: answers ? tokens(4) : Int32Array.from({ length: N }, (_, i) => i % 3),
    // Every item counts at other positions, some at a single one, none at the first or the last.
    ...(answers ? { mask: Float32Array.from({ length: N * T }, (_, i) => i % T === 4 || (i % T > 0 && i % T < 5 && (i * 7) % 5 > 2) ? 1 : 0) } : {}),
    counterfactual: { shape: [N, T], data: tokens(9) },
  }
}

async function subjectOf(architecture: Architecture): Promise<SweepSubject & { dispose: () => void }> {
  const model = modelOf(architecture)
  // Larger than initial weights, so that sites matter.
  const weights = Object.fromEntries(Object.entries(model.initialWeights(3)).map(([name, { shape, data }], i) => [name, { shape, data: shape.length === 1 ? Float32Array.from(numbers(data.length, i + 1), x => (/ln.*w$/.test(name) ? 1 : 0) + 0.3 * x) : Float32Array.from(data, x => 2 * x) }]))
  const items = itemsOf(architecture)
  const patient = await openPatient(executor, { architecture, weights, items, calibration: Int32Array.from({ length: 12 }, (_, i) => i) })
  return { model: patient.model, knowledge: patient.knowledge, observer: patient.observer, weights, items, stimulate: request => patient.stimulate(request, () => 0), dispose: () => patient.dispose() }
}

function run(subject: SweepSubject, sites: SiteSelection, operation: SiteOperation, method: SweepMethod = 'exact', measure: Measure = 'loss', steps?: number): Promise<SweepResult> {
  return sweep(executor, subject, { sweep: 'a', sites, operation, measure, items: rows, method, ...(steps === undefined ? {} : { steps }) }, { progress: () => {}, ready: async () => {}, cancelled: () => false, now: () => performance.now() })
}

async function expectExact(subject: SweepSubject, sites: SiteSelection, operation: SiteOperation, measure: Measure = 'loss'): Promise<void> {
  const [exact, slow] = [await run(subject, sites, operation, 'exact', measure), await run(subject, sites, operation, 'slow', measure)]
  expect(exact.done).toBe(exact.sites)
  for (let i = 0; i < exact.sites; i++) {
    expect(Math.abs(exact.mean[i] - slow.mean[i]), `site ${i}: ${exact.mean[i]} against ${slow.mean[i]}`).toBeLessThan(1e-5 * (1 + Math.abs(slow.mean[i])))
    expect(Math.abs(exact.se[i] - slow.se[i])).toBeLessThan(1e-5 * (1 + slow.se[i]))
  }
  // Answers may all hold; a loss never does.
  if (measure !== 'accuracy') expect(slow.mean.some(value => Math.abs(value) > 1e-4)).toBe(true)
  expect(Math.abs(exact.baseline.loss - slow.baseline.loss)).toBeLessThan(1e-6)
}

const operations: SiteOperation[] = [
  { op: 'gate', strength: 0, baseline: 'zero' },
  { op: 'gate', strength: 0.5, baseline: 'mean' },
  { op: 'gate', strength: 0, baseline: { resample: 5 } },
  { op: 'drive', strength: 2 },
  { op: 'noise', strength: 1, seed: 2 },
  { op: 'patch' },
]

describe('exact equals a full run per site', () => {
  it.each([
    ['heads of a decoder', transformer, 'heads'],
    ['mlp units of a decoder', transformer, 'units'],
    ['layers of a decoder', transformer, 'layers'],
    ['parts of heads and streams, at positions', transformer, ['blocks.1.attn.head[*].k', 'blocks.0.attn.head[1].q@2', 'blocks.1.resid_pre@1:3', 'blocks.0.resid_post']],
    ['heads of a classifier', classifier, 'heads'],
    ['heads and units of a classifier with an mlp', { ...classifier, dMlp: 5, norm: 'layer' }, ['blocks.0.attn.head[*]', 'blocks.1.attn.head[*]', 'blocks.0.mlp.unit[*]', 'blocks.1.mlp.unit[*]']],
    ['channels and units of a cnn', cnn, 'units'],
    ['layers of a cnn', cnn, 'layers'],
  ] as [string, Architecture, SiteSelection][])('%s', async (_name, architecture, sites) => {
    const subject = await subjectOf(architecture)
    for (const operation of operations) await expectExact(subject, sites, operation)
    await expectExact(subject, sites, operations[0], 'kl')
    await expectExact(subject, sites, { op: 'drive', strength: 6 }, 'accuracy')
    subject.dispose()
  }, 120_000)

  it('edges of a decoder and weights anywhere', async () => {
    const subject = await subjectOf(transformer)
    await expectExact(subject, ['embed -> blocks.1.attn.head[0].q', 'blocks.0.attn.head[1] -> blocks.1.mlp', 'blocks.1.mlp.W_in[2,3]'], operations[0])
    subject.dispose()
    const other = await subjectOf(cnn)
    await expectExact(other, ['layers.0.weight[2,*]', 'layers.0.unit[1] -> layers.1.unit[*]', 'conv.1.channel[2] -> layers.0.unit[3]', 'conv.0.weight[1,0]'], operations[0])
    other.dispose()
  }, 120_000)
})

describe('estimates', () => {
  it.each([['heads', transformer], ['units', transformer], ['units', cnn]] as [SiteSelection, Architecture][])('of %s follow the gradient', async (sites, architecture) => {
    const subject = await subjectOf(architecture)
    // Small enough for the answer to be linear in the site.
    const small: SiteOperation = { op: 'gate', strength: 0.999, baseline: 'zero' }
    const [exact, estimate] = [await run(subject, sites, small), await run(subject, sites, small, 'attribution')]
    const largest = Math.max(...exact.mean.map(Math.abs))
    for (let i = 0; i < exact.sites; i++) expect(Math.abs(estimate.mean[i] - exact.mean[i])).toBeLessThan(0.05 * largest + 1e-6)
    expect(estimate.disagreement!.sites).toBe(Math.min(64, exact.sites))
    subject.dispose()
  }, 60_000)

  it('come closer with points of the way', async () => {
    const subject = await subjectOf(transformer)
    const asked = [['blocks.0.mlp.unit[2]'], { op: 'drive', strength: 3 }] as [SiteSelection, SiteOperation]
    const exact = (await run(subject, ...asked)).mean[0]
    const error = async (steps: number): Promise<number> => Math.abs((await run(subject, ...asked, 'integrated', 'loss', steps)).mean[0] - exact)
    expect(await error(32)).toBeLessThan(Math.max(1e-5, 0.1 * await error(1)))
    subject.dispose()
  }, 60_000)

  it('are refused where there are none', async () => {
    const subject = await subjectOf(transformer)
    await expect(run(subject, ['blocks.1.mlp.W_in[2,3]'], operations[0], 'attribution')).rejects.toThrow(/W_in/)
    subject.dispose()
  })
})

it('leaves nothing behind', async () => {
  const before = executor.alive()
  const subject = await subjectOf(transformer)
  await run(subject, 'heads', operations[2])
  await run(subject, 'units', operations[0], 'attribution')
  subject.dispose()
  expect(executor.alive()).toBe(before)
})

it('lists every place of a transformer and a cnn under addresses that exist', () => {
  expect(expandSites('heads', transformer)).toEqual(['blocks.0.attn.head[0]', 'blocks.0.attn.head[1]', 'blocks.1.attn.head[0]', 'blocks.1.attn.head[1]'])
  for (const architecture of [transformer, classifier, cnn]) {
    for (const kind of ['units', 'layers', 'edges', 'weights'] as const) {
      if (architecture === classifier && kind === 'units') continue
      const addresses = expandSites(kind, architecture)
      // Every address means one place, and is spelt as that place is.
      expect(expandSites(addresses.slice(0, 40), architecture)).toEqual(addresses.slice(0, 40))
      expect(expandSites(addresses.slice(-40), architecture)).toEqual(addresses.slice(-40))
    }
  }
})
