import type { Items, Tensor } from '../../../preload/contract/engine'
import type { Baseline } from '../../../preload/contract/intervention'
import type { Architecture, MlpArchitecture, TransformerArchitecture } from '../../../preload/contract/primary'
import type { SiteSelection } from '../../../preload/contract/sweep'
import { describe, expect, it } from 'vitest'
import { uploadTensor } from '../../../main/engine/executor/executor'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { Observer } from '../../../main/engine/stimulation/observing'
import { openCircuits } from '../../../main/engine/symbiote/circuits'
import { doseOf, foldCircuit, foldGates, weightChange } from '../../../main/engine/symbiote/fold'
import { slotsOf } from '../../../main/engine/symbiote/slots'
import { allRows } from '../../../main/engine/task/items'
import { checkTensors } from '../../../main/files/architecture'
import { randomStream } from '../../../main/lib/random'
import { numbers, smallWeights } from '../reference'
import { transformerWeights } from '../referenceTransformer'

const executor = createWasmExecutor()
const mlp: MlpArchitecture = { kind: 'mlp', inputs: 5, hidden: [6, 4], outputs: 3, activation: 'gelu' }
const cnn: Architecture = { kind: 'cnn', input: [1, 8, 8], conv: [{ out: 3, kernel: 3, stride: 2 }, { out: 2, kernel: 2, stride: 1 }], hidden: [5], outputs: 3, activation: 'relu' }
const transformer: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 6, heads: 2, dHead: 3, dMlp: 5, vocab: 7, context: 4, attention: 'causal', norm: 'layer', activation: 'tanh', outputs: 'tokens' }
const classifier: TransformerArchitecture = { ...transformer, layers: 1, outputs: { classes: 3, position: 'last' } }
const N = 12

function weightsFor(architecture: Architecture, optional = true): Record<string, Tensor> {
  switch (architecture.kind) {
    case 'mlp': return smallWeights(architecture)
    case 'transformer': return transformerWeights(architecture, optional)
    default: return Object.fromEntries(modelOf(architecture).parameters.map(([name, shape], i) => [name, { shape: [...shape], data: numbers(shape.reduce((a, b) => a * b, 1), i + 1) }]))
  }
}

function itemsFor(architecture: Architecture): Items {
  if (architecture.kind === 'transformer')
    return { inputs: { shape: [N, 4], data: Int32Array.from({ length: N * 4 }, (_, i) => (i * 37 + (i * i) % 13) % 7) }, scale: 1, targets: new Int32Array(architecture.outputs === 'tokens' ? N * 4 : N) }
  const size = architecture.kind === 'mlp' ? architecture.inputs : 64
  return { inputs: { shape: [N, size], data: numbers(N * size, 40) }, scale: 1, targets: new Int32Array(N) }
}

/** Gates with ones, zeros and doses between 0 and 1.5. */
function gatesFor(n: number): number[] {
  const { uniform } = randomStream(5, 'gates')
  return Array.from({ length: n }, () => uniform() < 0.4 ? 1 : uniform() < 0.4 ? 0 : 1.5 * uniform())
}

async function fold(architecture: Architecture, sites: SiteSelection, baseline: Baseline, optional = true) {
  const [weights, items] = [weightsFor(architecture, optional), itemsFor(architecture)]
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: items.inputs.shape[1] })
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const slots = slotsOf(sites, model)
  const circuits = await openCircuits(executor, model, parameters, slots, baseline, items)
  try {
    const gates = gatesFor(slots.addresses.length)
    const folded = await foldCircuit(executor, circuits, weights, gates, baseline, items)
    const [gated, plain] = await circuits.logits(items, allRows(N), [gates, gates.map(() => 1)])
    return { weights, items, slots, gates, folded, gated, plain }
  }
  finally {
    circuits.dispose()
    executor.free(...parameters)
  }
}

async function outputsOf(architecture: Architecture, weights: Record<string, Tensor>, items: Items): Promise<Float32Array> {
  checkTensors(Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape])), architecture, 'folded')
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: items.inputs.shape[1] })
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const { outputs } = await new Observer(executor, model, parameters).observe(items, allRows(N), [])
  executor.free(...parameters)
  return outputs
}

describe('a folded primary answers as the gated one does', () => {
  it.each<[string, Architecture, SiteSelection, Baseline, boolean?]>([
    ['weights of an mlp', mlp, 'weights', 'zero'],
    ['units of an mlp, zero', mlp, 'units', 'zero'],
    ['units of an mlp, mean', mlp, 'units', 'mean'],
    ['units and their layer, mean', mlp, ['layers.0.unit[*]', 'layers.0', 'layers.1.unit[2]'], 'mean'],
    ['outputs of an mlp, mean', mlp, ['layers.1.unit[*]', 'layers.2.unit[*]'], 'mean'],
    ['edges of an mlp, zero', mlp, 'edges', 'zero'],
    ['edges of an mlp, mean', mlp, 'edges', 'mean'],
    ['edges and the units they begin at, mean', mlp, ['layers.0.unit[*] -> layers.1.unit[*]', 'layers.0.unit[*]'], 'mean'],
    ['kernels of a cnn', cnn, 'weights', 'zero'],
    ['channels and units of a cnn, zero', cnn, 'units', 'zero'],
    ['the last channels and units of a cnn, mean', cnn, ['conv.1.channel[*]', 'layers.0.unit[*]'], 'mean'],
    ['edges between feature maps', cnn, 'edges', 'zero'],
    ['weights of a transformer', transformer, 'weights', 'zero'],
    ['heads, zero', transformer, 'heads', 'zero'],
    ['what heads ask, look for and pass on, zero', transformer, ['blocks.0.attn.head[*].q', 'blocks.1.attn.head[*].k', 'blocks.1.attn.head[*].v'], 'zero'],
    ['mlp units, zero', transformer, 'units', 'zero'],
    ['modules of a transformer, zero', transformer, 'layers', 'zero'],
    ['heads of a transformer without biases, zero', transformer, 'heads', 'zero', false],
    ['heads and units of a classifier, mean', classifier, ['blocks.0.attn.head[*]', 'blocks.0.mlp.unit[*]'], 'mean'],
    ['heads, units and modules of a classifier that gets its biases, mean', classifier, ['blocks.0.attn.head[*]', 'blocks.0.mlp.unit[*]', 'blocks.0.attn', 'blocks.0.attn.head[*].q'], 'mean', false],
  ])('%s', async (_name, architecture, sites, baseline, optional) => {
    const alive = executor.alive()
    const { folded, gated, plain, items, weights, gates } = await fold(architecture, sites, baseline, optional)
    const outputs = await outputsOf(architecture, folded, items)
    expect(outputs.length).toBe(gated.length)
    const worst = outputs.reduce((most, value, i) => Math.max(most, Math.abs(value - gated[i])), 0)
    expect(worst).toBeLessThan(2e-5)
    // Gates that do nothing would pass too.
    expect(gated.reduce((most, value, i) => Math.max(most, Math.abs(value - plain[i])), 0)).toBeGreaterThan(0.01)
    expect(doseOf(gates)).toBeGreaterThan(0)
    expect(weightChange(weights, folded)).toBeGreaterThan(0)
    expect(executor.alive()).toBe(alive)
  })

  it('weights to the bit, and leaves the others and the original alone', async () => {
    const { folded, weights, gates, slots } = await fold(mlp, ['layers.1.weight[*,*]'], 'zero')
    const { data } = weights['layers.1.weight']
    expect(slots.addresses[7]).toBe('layers.1.weight[1,1]')
    expect(folded['layers.1.weight'].data).toEqual(Float32Array.from(data, (w, i) => w * Math.fround(gates[i])))
    expect(weights).toEqual(smallWeights(mlp))
    expect(folded['layers.0.weight']).toBe(weights['layers.0.weight'])
  })
})

describe('gates that no weight stands for are refused', () => {
  it.each<[string, Architecture, SiteSelection, Baseline, RegExp, RegExp]>([
    ['edges of the residual stream', transformer, 'edges', 'zero', /^embed -> .*one writer/, /heads, units or weights/],
    ['another item\'s values', mlp, 'units', { resample: 3 }, /^layers\.0\.unit\[\d\].*another value for every item/, /zero or mean/],
    ['means of feature maps', cnn, 'units', 'mean', /^conv\.0\.channel.*pixel to pixel/, /baseline zero/],
    ['means of heads', transformer, 'heads', 'mean', /^blocks\.0\.attn\.head.*position to position/, /baseline zero/],
    ['the residual stream', transformer, ['blocks.0.resid_post'], 'zero', /^blocks\.0\.resid_post.*past every weight/, /heads, units or weights/],
  ])('%s', async (_name, architecture, sites, baseline, message, remedy) => {
    const weights = weightsFor(architecture)
    const model = modelOf(architecture, { tensors: Object.keys(weights), positions: itemsFor(architecture).inputs.shape[1] })
    const slots = slotsOf(sites, model)
    const gates = slots.addresses.map((_, i) => i === 0 ? 0.5 : 1)
    const means = Object.fromEntries(model.hooks.map(({ name, shape }) => [name, numbers(shape.reduce((a, b) => a * b, 1), 9)]))
    expect(() => foldGates(model, weights, slots, gates, baseline, means)).toThrow(expect.objectContaining({ code: 'gates-unfoldable', message: expect.stringMatching(message) as string, remedy: expect.stringMatching(remedy) as string }))
    // What leaves everything as it is can be folded anywhere.
    expect(foldGates(model, weights, slots, gates.map(() => 1), baseline, means)).toEqual(weights)
  })
})
