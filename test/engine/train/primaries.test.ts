import type { TrainerHooks } from '../../../main/engine/train/trainer'
import type { Checkpoint, Items, TrainRequest } from '../../../preload/contract/engine'
import type { Architecture } from '../../../preload/contract/primary'
import { describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { stepSize } from '../../../main/engine/train/adam'
import { train } from '../../../main/engine/train/trainer'
import { numbers } from '../reference'
import { referenceTransformer } from '../referenceTransformer'

const executor = createWasmExecutor()

function hooks(kept: Checkpoint[] = []): TrainerHooks {
  let t = 0
  return { progress: () => {}, checkpoint: c => void kept.push(c), ready: async () => {}, cancelled: () => false, now: () => t++ }
}

/** Says which of two tokens came first, at every position after it; the first position does not count. */
const N = 64
const sequences = Int32Array.from({ length: N * 4 }, (_, i) => i % 4 === 0 ? (i >> 2) % 2 : (i * 7 + (i >> 4)) % 3)
const recall: Items = {
  inputs: { shape: [N, 4], data: sequences },
  scale: 1,
  targets: Int32Array.from({ length: N * 4 }, (_, i) => (i >> 2) % 2),
  mask: Float32Array.from({ length: N * 4 }, (_, i) => i % 4 === 0 ? 0 : 1),
}
const transformer: Architecture = { kind: 'transformer', layers: 1, dModel: 8, heads: 2, dHead: 4, dMlp: 8, vocab: 3, context: 4, attention: 'causal', norm: 'layer', activation: 'gelu', outputs: 'tokens' }
const pictures = numbers(N * 36, 2)
const cnn: Architecture = { kind: 'cnn', input: [1, 6, 6], conv: [{ out: 4, kernel: 3, stride: 1 }], hidden: [8], outputs: 2, activation: 'relu' }
/** Which half of the picture is brighter. */
const halves: Items = {
  inputs: { shape: [N, 6, 6], data: pictures },
  scale: 1,
  targets: Int32Array.from({ length: N }, (_, i) => pictures.subarray(i * 36, i * 36 + 18).reduce((a, b) => a + b) > pictures.subarray(i * 36 + 18, i * 36 + 36).reduce((a, b) => a + b) ? 1 : 0),
}

const request = (architecture: Architecture, items: Items): TrainRequest => ({ run: 'r', architecture, train: items, test: items, seed: 2, steps: 150, batch: 16, learningRate: 0.01, schedule: 'linear', optimiser: { beta1: 0.9, beta2: 0.98, weightDecay: 0.01 }, checkpointEvery: 50 })

describe.each<[string, TrainRequest]>([['a transformer', request(transformer, recall)], ['a cnn', request(cnn, halves)]])('%s', (_, asked) => {
  it('learns, frees everything, and continued ends where an unbroken run ends', async () => {
    const alive = executor.alive()
    const kept: Checkpoint[] = []
    const whole = await train(executor, asked, hooks(kept))
    expect(whole.metrics.testAccuracy).toBeGreaterThan(0.9)
    const continued = await train(executor, { ...asked, from: kept[0] }, hooks())
    expect(continued.checkpoint).toEqual(whole.checkpoint)
    expect(executor.alive()).toBe(alive)
  })
})

it('the loss is the mean over the positions that count', async () => {
  // A rate of zero: the loss told is that of the initial weights.
  const result = await train(executor, { ...request(transformer, recall), steps: 1, batch: N, learningRate: 0 }, hooks())
  const losses = Array.from({ length: N }, (_, i) => {
    const { logits } = referenceTransformer(transformer as never, result.checkpoint.weights, [...sequences.subarray(i * 4, i * 4 + 4)])
    return [1, 2, 3].map(t => Math.log(logits[t].reduce((s, v) => s + Math.exp(v), 0)) - logits[t][i % 2])
  }).flat()
  expect(result.metrics.trainLoss).toBeCloseTo(losses.reduce((a, b) => a + b) / losses.length, 5)
  expect(result.metrics.testLoss).toBeCloseTo(result.metrics.trainLoss, 5)
})

it('weight decay takes its share of every parameter before the step, written out for one weight', async () => {
  const tensor = (...data: number[]) => ({ shape: data.length === 2 ? [2] : [2, 1], data: Float32Array.from(data) })
  const zeros = { 'layers.0.weight': { shape: [2, 1], data: new Float32Array(2) }, 'layers.0.bias': tensor(0, 0) }
  const one: Items = { inputs: { shape: [1, 1], data: Float32Array.of(1) }, scale: 1, targets: Int32Array.of(1) }
  const result = await train(executor, {
    ...request({ kind: 'mlp', inputs: 1, hidden: [], outputs: 2, activation: 'relu' }, one),
    batch: 1,
    steps: 20,
    learningRate: 0.1,
    schedule: 'constant',
    optimiser: { beta1: 0.8, beta2: 0.9, weightDecay: 0.5 },
    from: { step: 0, weights: zeros, first: zeros, second: zeros },
  }, hooks())
  // By symmetry all four parameters are ±x, and the logit difference is 4x.
  let [x, m, v] = [0, 0, 0]
  for (let t = 1; t <= 20; t++) {
    const gradient = 1 / (1 + Math.exp(-4 * x)) - 1
    m = 0.8 * m + 0.2 * gradient
    v = 0.9 * v + 0.1 * gradient ** 2
    x = x * (1 - 0.1 * 0.5) - 0.1 * (m / (1 - 0.8 ** t)) / (Math.sqrt(v / (1 - 0.9 ** t)) + 1e-8)
  }
  expect(result.checkpoint.weights['layers.0.weight'].data[1]).toBeCloseTo(x, 5)
  expect(stepSize(0.1, 1, { beta1: 0.8, beta2: 0.9, weightDecay: 0.5 })[2]).toBeCloseTo(0.95, 7)
})
