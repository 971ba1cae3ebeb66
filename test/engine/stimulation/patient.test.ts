import type { OpenPatient, PatientRequest } from '../../../main/engine/stimulation/patient'
import type { Intervention } from '../../../preload/contract/intervention'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { numbers, referenceForward, smallWeights } from '../reference'

const architecture: MlpArchitecture = { kind: 'mlp', inputs: 9, hidden: [7, 5], outputs: 3, activation: 'relu' }
const weights = smallWeights(architecture)
const N = 40
const inputs = numbers(N * 9, 7).map(Math.abs)
const partners = numbers(N * 9, 8).map(Math.abs)
const patient: PatientRequest = {
  architecture,
  weights,
  items: { inputs: { shape: [N, 9], data: inputs }, scale: 1, targets: Int32Array.from({ length: N }, (_, i) => i % 3), counterfactual: { shape: [N, 9], data: partners } },
  calibration: Int32Array.from({ length: 20 }, (_, i) => i),
}
const battery = Int32Array.from({ length: 12 }, (_, i) => 20 + i)
const row = (i: number, from = inputs): Float32Array => from.subarray(i * 9, (i + 1) * 9)
const clean = (i: number): number[][] => referenceForward(architecture, weights, row(i))
const calibrated = (layer: number, unit: number): number[] => Array.from(patient.calibration, i => clean(i)[layer][unit])
const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
const deviation = (values: number[]): number => Math.sqrt(mean(values.map(v => (v - mean(values)) ** 2)))

const executor = createWasmExecutor()
let open: OpenPatient
beforeAll(async () => { open = await openPatient(executor, patient) })
afterAll(() => open.dispose())

const stimulate = (interventions: Intervention[], compose = false) =>
  open.stimulate({ set: { interventions, compose }, focus: 33, battery }, () => 0)

function close(actual: ArrayLike<number>, expected: number[]): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value), `entry ${i}: ${actual[i]} against ${value}`).toBeLessThan(1e-5 * (1 + Math.abs(value))))
}

const unit = 'layers.0.unit[2]'
const at = (layer: number, u: number, f: (a: number) => number) => (l: number, v: number, a: number): number => l === layer && v === u ? f(a) : a

describe('every operation against plain loops', () => {
  const sigma = deviation(calibrated(0, 2))
  const cases: [string, Intervention, (a: number, item: number) => number][] = [
    ['gate to zero', { site: unit, op: 'gate', strength: 0.25, baseline: 'zero' }, a => 0.25 * a],
    ['gate to the mean', { site: unit, op: 'gate', strength: 0.25, baseline: 'mean' }, a => mean(calibrated(0, 2)) + 0.25 * (a - mean(calibrated(0, 2)))],
    ['gate above one', { site: unit, op: 'gate', strength: 3, baseline: 'zero' }, a => 3 * a],
    ['drive', { site: unit, op: 'drive', strength: -1.5 }, a => a - 1.5 * sigma],
    ['clamp', { site: unit, op: 'clamp', strength: 0.7 }, () => 0.7],
    ['patch', { site: unit, op: 'patch' }, (_a, item) => referenceForward(architecture, weights, row(item, partners))[0][2]],
  ]
  it.each(cases)('%s', async (_name, intervention, f) => {
    const result = await stimulate([intervention])
    const rows = [33, ...battery]
    const expected = rows.map(item => referenceForward(architecture, weights, row(item), at(0, 2, a => f(a, item))))
    result.after.activations.forEach((layer, l) => close(layer, expected[0][l]))
    close(result.outputs, expected.flatMap(layers => layers[2]))
    close(result.pairedOutputs, rows.flatMap(item => clean(item)[2]))
  })

  it('reads σ and means over the calibration items only', () => {
    close(open.calibration.mean[1], [0, 1, 2, 3, 4].map(u => mean(calibrated(1, u))))
    close(open.calibration.sigma[1], [0, 1, 2, 3, 4].map(u => deviation(calibrated(1, u))))
  })

  it('takes a whole layer, a range and an output', async () => {
    const whole = await stimulate([{ site: 'layers.1', op: 'gate', strength: 0, baseline: 'zero' }])
    close(whole.after.activations[2], Array.from(weights['layers.2.bias'].data))
    const range = await stimulate([{ site: 'layers.0.unit[1:4]', op: 'clamp', strength: 0.5 }])
    close(range.after.activations[2], referenceForward(architecture, weights, row(33), (l, u, a) => l === 0 && u >= 1 && u < 4 ? 0.5 : a)[2])
    const output = await stimulate([{ site: 'layers.2.unit[1]', op: 'clamp', strength: 9 }])
    expect(output.after.activations[2][1]).toBe(9)
  })

  it('gates and drives a weight', async () => {
    const w = weights['layers.1.weight'].data
    const spread = deviation(Array.from(w))
    const edge = (f: (w: number) => number) => (l: number, to: number, from: number, c: number): number => l === 1 && to === 3 && from === 2 ? c / w[3 * 7 + 2] * f(w[3 * 7 + 2]) : c
    const gated = await stimulate([{ site: 'layers.1.weight[3,2]', op: 'gate', strength: -2, baseline: 'zero' }])
    close(gated.after.activations[1], referenceForward(architecture, weights, row(33), undefined, edge(v => -2 * v))[1])
    const driven = await stimulate([{ site: 'layers.1.weight[3,2]', op: 'drive', strength: 2 }])
    close(driven.after.activations[1], referenceForward(architecture, weights, row(33), undefined, edge(v => v + 2 * spread))[1])
  })

  it('acts on an edge without touching the source', async () => {
    const m = mean(calibrated(0, 2))
    const w = weights['layers.1.weight'].data[3 * 7 + 2]
    const result = await stimulate([{ site: 'layers.0.unit[2] -> layers.1.unit[3]', op: 'gate', strength: 0, baseline: 'mean' }])
    const expected = referenceForward(architecture, weights, row(33), undefined, (l, to, from, c) => l === 1 && to === 3 && from === 2 ? w * m : c)
    expected.forEach((layer, l) => close(result.after.activations[l], layer))
  })

  it('resamples whole runs, never the item itself', async () => {
    const result = await stimulate([{ site: 'layers.0', op: 'gate', strength: 0, baseline: { resample: 5 } }])
    const donors = Array.from(patient.calibration, i => clean(i)[0])
    const fits = donors.filter(donor => donor.every((v, u) => Math.abs(v - result.after.activations[0][u]) < 1e-5))
    expect(fits).toHaveLength(1)
    const again = await stimulate([{ site: 'layers.0', op: 'gate', strength: 0, baseline: { resample: 5 } }])
    expect(again.outputs).toEqual(result.outputs)
    const other = await stimulate([{ site: 'layers.0', op: 'gate', strength: 0, baseline: { resample: 6 } }])
    expect(other.outputs).not.toEqual(result.outputs)
  })

  it('applies a composed set in order', async () => {
    const result = await stimulate([{ site: unit, op: 'clamp', strength: 2 }, { site: unit, op: 'gate', strength: 0.5, baseline: 'zero' }], true)
    expect(result.after.activations[0][2]).toBe(1)
    const reversed = await stimulate([{ site: unit, op: 'gate', strength: 0.5, baseline: 'zero' }, { site: unit, op: 'clamp', strength: 2 }], true)
    expect(reversed.after.activations[0][2]).toBe(2)
  })

  it('draws noise with the asked-for spread, the same for the same seed and item', async () => {
    const noisy = (seed: number, rows = battery) => open.stimulate({ set: { interventions: [{ site: 'layers.2.unit[0]', op: 'noise', strength: 2, seed }], compose: false }, focus: 33, battery: rows }, () => 0)
    const draws: number[] = []
    for (let seed = 0; seed < 300; seed++) {
      const { outputs, pairedOutputs } = await noisy(seed)
      for (let i = 0; i < 13; i++) draws.push((outputs[3 * i] - pairedOutputs[3 * i]) / (2 * open.calibration.sigma[2][0]))
    }
    // The mean within 4 standard errors, the deviation within 5 %.
    expect(Math.abs(mean(draws))).toBeLessThan(4 / Math.sqrt(draws.length))
    expect(Math.abs(deviation(draws) - 1)).toBeLessThan(0.05)
    const [a, again, other, alone] = [await noisy(1), await noisy(1), await noisy(2), await noisy(1, battery.slice(3, 4))]
    expect(again.outputs).toEqual(a.outputs)
    expect(other.outputs).not.toEqual(a.outputs)
    expect(Math.abs(alone.outputs[3] - a.outputs[3 * 4])).toBeLessThan(1e-6)
  })
})

describe('zero strength', () => {
  const nothing: Intervention[] = [
    { site: unit, op: 'gate', strength: 1, baseline: 'mean' },
    { site: 'layers.1.unit[1]', op: 'drive', strength: 0 },
    { site: 'layers.0.unit[4]', op: 'noise', strength: 0, seed: 3 },
    { site: 'layers.1.weight[0,0]', op: 'gate', strength: 1, baseline: 'zero' },
    { site: 'layers.0.unit[0] -> layers.1.unit[4]', op: 'drive', strength: 0 },
  ]
  it('is bit-identical to nothing', async () => {
    const result = await stimulate(nothing)
    expect(new Uint32Array(result.outputs.buffer.slice(0))).toEqual(new Uint32Array(result.pairedOutputs.buffer.slice(0)))
    expect(result.changed).toEqual([])
    expect(result.measures.kl.effect).toEqual({ mean: 0, se: 0, n: 12 })
  })

  it('is bit-identical to the primary without the intervention program', async () => {
    const presented = await open.present(33)
    const { before } = await stimulate([])
    expect(presented.activations).toEqual(before.activations)
  })
})

describe('what makes no sense', () => {
  it.each<[string, Intervention[], RegExp]>([
    ['two on one unit', [{ site: unit, op: 'drive', strength: 1 }, { site: 'layers.0.unit[0:3]', op: 'drive', strength: 1 }], /intervened on already/],
    ['an edge and its weight', [{ site: 'layers.1.weight[3,2]', op: 'drive', strength: 1 }, { site: 'layers.0.unit[2] -> layers.1.unit[3]', op: 'drive', strength: 1 }], /intervened on already/],
    ['a unit beyond the layer', [{ site: 'layers.0.unit[7]', op: 'drive', strength: 1 }], /layers\.0/],
    ['a patched weight', [{ site: 'layers.1.weight[3,2]', op: 'patch' }], /same value in every run/],
  ])('%s is refused by name', async (_name, interventions, message) => {
    await expect(stimulate(interventions)).rejects.toThrow(message)
  })
})

it('leaks nothing over many calls', async () => {
  const before = executor.alive()
  for (let i = 0; i < 200; i++) await stimulate([{ site: unit, op: 'drive', strength: i / 100 }, { site: 'layers.1.weight[3,2]', op: 'gate', strength: i, baseline: 'zero' }])
  await stimulate([{ site: 'nowhere', op: 'drive', strength: 1 }]).catch(() => {})
  expect(executor.alive()).toBe(before)
})

it('ranks connections as a full sort does', async () => {
  const found = await open.connections({ item: 5, perLayer: 6 })
  const values = clean(5)
  const all = Array.from({ length: 35 }, (_, i) => ({ to: Math.floor(i / 7), from: i % 7, flow: weights['layers.1.weight'].data[i] * values[0][i % 7] }))
    .filter(c => c.flow !== 0)
    .sort((a, b) => Math.abs(b.flow) - Math.abs(a.flow))
    .slice(0, 6)
  const got = Array.from(found.layer.keys()).filter(i => found.layer[i] === 1).map(i => [found.to[i], found.from[i]])
  expect(got).toEqual(all.map(c => [c.to, c.from]))
  const around = await open.connections({ item: 5, perLayer: 100, unit: { layer: 1, index: 3 } })
  for (const i of around.layer.keys()) expect(around.layer[i] === 1 ? around.to[i] : around.from[i]).toBe(3)
})
