import type { Items, Tensor } from '../../../preload/contract/engine'
import type { Baseline } from '../../../preload/contract/intervention'
import type { Architecture, MlpArchitecture, TransformerArchitecture } from '../../../preload/contract/primary'
import type { SiteSelection } from '../../../preload/contract/sweep'
import { describe, expect, it } from 'vitest'
import { uploadTensor } from '../../../main/engine/executor/executor'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { openCircuits } from '../../../main/engine/symbiote/circuits'
import { slotsOf } from '../../../main/engine/symbiote/slots'
import { randomStream } from '../../../main/lib/random'
import { referenceForward } from '../reference'
import { transformerWeights } from '../referenceTransformer'

const executor = createWasmExecutor()
const mlp: MlpArchitecture = { kind: 'mlp', inputs: 5, hidden: [6, 4], outputs: 3, activation: 'relu' }
const cnn: Architecture = { kind: 'cnn', input: [1, 8, 8], conv: [{ out: 3, kernel: 3, stride: 2 }, { out: 2, kernel: 2, stride: 1 }], hidden: [5], outputs: 3, activation: 'relu' }
const transformer: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 6, heads: 2, dHead: 3, dMlp: 5, vocab: 7, context: 4, attention: 'causal', norm: 'layer', activation: 'tanh', outputs: 'tokens' }
const N = 12

function random(size: number, name: string): Float32Array {
  const { normal } = randomStream(3, name)
  return Float32Array.from({ length: size }, () => 0.7 * normal())
}

function weightsFor(architecture: Architecture): Record<string, Tensor> {
  if (architecture.kind === 'transformer') return transformerWeights(architecture)
  return Object.fromEntries(modelOf(architecture).parameters.map(([name, shape]) => [name, { shape: [...shape], data: random(shape.reduce((a, b) => a * b, 1), name) }]))
}

function itemsFor(architecture: Architecture, n = N): Items {
  if (architecture.kind === 'transformer')
    return { inputs: { shape: [n, 4], data: Int32Array.from({ length: n * 4 }, (_, i) => (i * 37 + (i * i) % 13) % 7) }, scale: 1, targets: new Int32Array(n * 4) }
  const size = architecture.kind === 'mlp' ? architecture.inputs : 64
  return { inputs: { shape: [n, size], data: random(n * size, 'items') }, scale: 1, targets: new Int32Array(n) }
}

/** The same gates one by one through the path that stimulations take, which is held against plain loops elsewhere. */
async function agrees(architecture: Architecture, sites: SiteSelection, baseline: Baseline): Promise<void> {
  const [weights, items] = [weightsFor(architecture), itemsFor(architecture)]
  const rows = Int32Array.from({ length: N }, (_, i) => i)
  const patient = await openPatient(executor, { architecture, weights, items, calibration: rows })
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: items.inputs.shape[1] })
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const slots = slotsOf(sites, model)
  const circuits = await openCircuits(executor, model, parameters, slots, baseline, items)
  const { uniform } = randomStream(5, 'gates')
  const gates = [0, 1].map(() => slots.addresses.map(() => uniform() < 0.4 ? 1 : uniform() < 0.5 ? 0 : 1.5 * uniform()))
  const found = await circuits.logits(items, rows, gates)
  for (const [k, own] of gates.entries()) {
    const interventions = slots.addresses.map((site, i) => ({ site, op: 'gate' as const, strength: own[i], baseline }))
    const { outputs } = await patient.stimulate({ set: { interventions, compose: false }, focus: 0, battery: rows.subarray(1) }, () => 0)
    expect(found[k].length).toBe(outputs.length)
    const worst = outputs.reduce((most, value, i) => Math.max(most, Math.abs(value - found[k][i])), 0)
    expect(worst).toBeLessThan(2e-5)
  }
  // A test of gates that do nothing would pass too.
  expect(found[0]).not.toEqual(found[1])
  circuits.dispose()
  patient.dispose()
  executor.free(...parameters)
}

describe('a primary under gates computes what stimulations compute', () => {
  it.each<[string, Architecture, SiteSelection, Baseline]>([
    ['weights of an mlp', mlp, 'weights', 'zero'],
    ['some weights of one layer, in no order', mlp, ['layers.1.weight[3,2]', 'layers.1.weight[0,5]', 'layers.0.weight[2,*]'], 'zero'],
    ['units of an mlp, zero', mlp, 'units', 'zero'],
    ['units of an mlp, mean', mlp, 'units', 'mean'],
    ['edges of an mlp, zero', mlp, 'edges', 'zero'],
    ['edges of an mlp, mean', mlp, 'edges', 'mean'],
    ['kernels of a cnn', cnn, 'weights', 'zero'],
    ['channels and units of a cnn, mean', cnn, 'units', 'mean'],
    ['edges between feature maps', cnn, 'edges', 'zero'],
    ['weights of a transformer', transformer, 'weights', 'zero'],
    ['heads, zero', transformer, 'heads', 'zero'],
    ['heads, mean', transformer, 'heads', 'mean'],
    ['mlp units, mean', transformer, 'units', 'mean'],
    ['edges of a transformer, zero', transformer, 'edges', 'zero'],
    ['edges of a transformer, mean', transformer, 'edges', 'mean'],
    ['modules of a transformer', transformer, 'layers', 'mean'],
  ])('%s', (_name, architecture, sites, baseline) => agrees(architecture, sites, baseline))
})

it('takes another item for its baseline under resampling: with two items each is the other\'s', async () => {
  const [weights, items] = [weightsFor(mlp), itemsFor(mlp, 2)]
  const model = modelOf(mlp)
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const slots = slotsOf('units', model)
  const circuits = await openCircuits(executor, model, parameters, slots, { resample: 7 }, items)
  const [logits] = await circuits.logits(items, Int32Array.of(0, 1), [slots.addresses.map(address => address === 'layers.0.unit[2]' ? 0.25 : 1)])
  const input = (i: number): Float32Array => (items.inputs.data as Float32Array).subarray(i * 5, (i + 1) * 5)
  for (const i of [0, 1]) {
    const other = referenceForward(mlp, weights, input(1 - i))[0][2]
    const expected = referenceForward(mlp, weights, input(i), (layer, unit, value) => layer === 0 && unit === 2 ? other + 0.25 * (value - other) : value)
    expected[expected.length - 1].forEach((value, c) => expect(logits[i * 3 + c]).toBeCloseTo(value, 4))
  }
  circuits.dispose()
  executor.free(...parameters)
})
