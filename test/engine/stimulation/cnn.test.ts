import type { OpenPatient, PatientRequest } from '../../../main/engine/stimulation/patient'
import type { Intervention } from '../../../preload/contract/intervention'
import type { CnnArchitecture } from '../../../preload/contract/primary'
import type { CnnTouch, CnnTouchEdge } from '../referenceCnn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { numbers } from '../reference'
import { cnnWeights, referenceCnn } from '../referenceCnn'

const architecture: CnnArchitecture = { kind: 'cnn', input: [1, 7, 6], conv: [{ out: 3, kernel: 3, stride: 1 }, { out: 2, kernel: 2, stride: 2 }], hidden: [4], outputs: 3, activation: 'tanh' }
const weights = cnnWeights(modelOf(architecture).parameters)
const N = 20
const SIZE = 42
const [inputs, partners] = [numbers(N * SIZE, 7), numbers(N * SIZE, 8)]
// Maps are 5 × 4, then 2 × 2.
const PIXELS = { 'conv.0': 20, 'conv.1': 4 }
const patient: PatientRequest = {
  architecture,
  weights,
  items: { inputs: { shape: [N, 7, 6], data: inputs }, scale: 1, targets: Int32Array.from({ length: N }, (_, i) => i % 3), counterfactual: { shape: [N, 7, 6], data: partners } },
  calibration: Int32Array.from({ length: 10 }, (_, i) => i),
}
const battery = Int32Array.of(10, 11, 12, 13)
const rows = [15, ...battery]
const run = (item: number, touch?: CnnTouch, edge?: CnnTouchEdge, from = inputs): Record<string, number[]> => referenceCnn(architecture, weights, from.subarray(item * SIZE, (item + 1) * SIZE), touch, edge)
const calibrated = (hook: string, i: number): number[] => Array.from(patient.calibration, item => run(item)[hook][i])
const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
const deviation = (values: number[]): number => Math.sqrt(mean(values.map(v => (v - mean(values)) ** 2)))

const executor = createWasmExecutor()
let open: OpenPatient
beforeAll(async () => { open = await openPatient(executor, patient) })
afterAll(() => open.dispose())

async function agrees(intervention: Intervention, expected: (item: number) => Record<string, number[]>): Promise<void> {
  const { outputs, pairedOutputs, after } = await open.stimulate({ set: { interventions: [intervention], compose: false }, focus: 15, battery }, () => 0)
  const logits = rows.flatMap(item => expected(item)['layers.1'])
  close(outputs, logits)
  close(pairedOutputs, rows.flatMap(item => run(item)['layers.1']))
  expect(Math.max(...logits.map((v, i) => Math.abs(v - pairedOutputs[i])))).toBeGreaterThan(1e-3)
  const shown = expected(15)
  close(after.activations[0], [0, 1, 2].map(c => mean(shown['conv.0'].slice(c * 20, (c + 1) * 20))))
  close(after.activations[2], shown['layers.0'])
}

function close(actual: ArrayLike<number>, expected: number[]): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value), `entry ${i}: ${actual[i]} against ${value}`).toBeLessThan(2e-5 * (1 + Math.abs(value))))
}

describe.each<[string, 'conv.0' | 'conv.1', number]>([['conv.0.channel[1]', 'conv.0', 1], ['conv.1.channel[0]', 'conv.1', 0]])('%s as a whole map', (site, hook, channel) => {
  const inside = (f: (a: number, i: number, item: number) => number) => (item: number): Record<string, number[]> =>
    run(item, (here, i, a) => here === hook && Math.floor(i / PIXELS[hook]) === channel ? f(a, i, item) : a)
  it.each<[string, object, (a: number, i: number, item: number) => number]>([
    ['gate', { op: 'gate', strength: 0, baseline: 'zero' }, () => 0],
    ['gate to the mean of each pixel', { op: 'gate', strength: 0.5, baseline: 'mean' }, (a, i) => 0.5 * a + 0.5 * mean(calibrated(hook, i))],
    ['drive by each pixel’s σ', { op: 'drive', strength: 2 }, (a, i) => a + 2 * deviation(calibrated(hook, i))],
    ['clamp', { op: 'clamp', strength: 0.3 }, () => 0.3],
    ['patch', { op: 'patch' }, (_a, i, item) => run(item, undefined, undefined, partners)[hook][i]],
  ])('%s', (_name, operation, f) => agrees({ site, ...operation } as Intervention, inside(f)))
})

describe.each<[string, string, number, number, number]>([
  ['conv.0.channel[2] -> conv.1.channel[1]', 'conv.1', 1, 2, 4],
  ['conv.1.channel[1] -> layers.0.unit[3]', 'layers.0', 3, 1, 1],
  ['layers.0.unit[2] -> layers.1.unit[0]', 'layers.1', 0, 2, 1],
])('%s', (site, module, to, from, width) => {
  const acts = (f: (c: number, pixel: number, item: number) => number) => (item: number): Record<string, number[]> =>
    run(item, undefined, (m, t, s, pixel, c) => m === module && t === to && s === from ? f(c, pixel, item) : c)
  /** What the edge carries to a pixel, by looking on. */
  const carried = (item: number, pixel: number, source = inputs): number => {
    let seen = 0
    run(item, undefined, (m, t, s, p, c) => {
      if (m === module && t === to && s === from && p === pixel) seen = c
      return c
    }, source)
    return seen
  }
  it('is gated, driven, clamped and patched', async () => {
    const pixels = Array.from({ length: width }, (_, p) => Array.from(patient.calibration, item => carried(item, p)))
    await agrees({ site, op: 'gate', strength: 0, baseline: 'zero' }, acts(() => 0))
    await agrees({ site, op: 'gate', strength: 3, baseline: 'mean' }, acts((c, p) => mean(pixels[p]) + 3 * (c - mean(pixels[p]))))
    await agrees({ site, op: 'drive', strength: -2 }, acts((c, p) => c - 2 * deviation(pixels[p])))
    await agrees({ site, op: 'clamp', strength: 0.7 }, acts(() => 0.7))
    await agrees({ site, op: 'patch' }, acts((_c, p, item) => carried(item, p, partners)))
  })
})

it('gates a whole kernel', async () => {
  const data = Float32Array.from(weights['conv.1.weight'].data)
  for (let i = 0; i < 4; i++) data[(1 * 3 + 2) * 4 + i] *= -1
  await agrees({ site: 'conv.1.weight[1,2]', op: 'gate', strength: -1, baseline: 'zero' }, item =>
    referenceCnn(architecture, { ...weights, 'conv.1.weight': { ...weights['conv.1.weight'], data } }, inputs.subarray(item * SIZE, (item + 1) * SIZE)))
})

it('nothing is bit-identical to nothing, and nothing leaks', async () => {
  const before = executor.alive()
  const { outputs, pairedOutputs } = await open.stimulate({
    set: {
      interventions: [
        { site: 'conv.0.channel[1]', op: 'gate', strength: 1, baseline: 'mean' },
        { site: 'conv.0.channel[2] -> conv.1.channel[1]', op: 'drive', strength: 0 },
        { site: 'conv.0.weight[0,0]', op: 'gate', strength: 1, baseline: 'zero' },
      ],
      compose: false,
    },
    focus: 15,
    battery,
  }, () => 0)
  expect(new Uint32Array(outputs.slice().buffer)).toEqual(new Uint32Array(pairedOutputs.slice().buffer))
  expect(executor.alive()).toBe(before)
})
