import type { TrainerHooks } from '../../../main/engine/train/trainer'
import type { Checkpoint, TrainProgress, TrainRequest } from '../../../preload/contract/engine'
import { describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { stepSize } from '../../../main/engine/train/adam'
import { train } from '../../../main/engine/train/trainer'
import { numbers } from '../reference'

const executor = createWasmExecutor()
const N = 200
const inputs = numbers(N * 2, 4)
// Classes by quadrant: learnable, not linearly.
const targets = Int32Array.from({ length: N }, (_, i) => (inputs[2 * i] > 0 ? 1 : 0) ^ (inputs[2 * i + 1] > 0 ? 1 : 0))
const items = { inputs: { shape: [N, 2], data: inputs }, scale: 1, targets }
const request: TrainRequest = {
  run: 'r',
  architecture: { kind: 'mlp', inputs: 2, hidden: [16], outputs: 2, activation: 'relu' },
  train: items,
  test: items,
  seed: 3,
  steps: 120,
  batch: 32,
  learningRate: 0.02,
  schedule: 'linear',
  checkpointEvery: 50,
}

function hooks(over: Partial<TrainerHooks> = {}): TrainerHooks & { seen: TrainProgress[], kept: Checkpoint[] } {
  const seen: TrainProgress[] = []
  const kept: Checkpoint[] = []
  let t = 0
  return { seen, kept, progress: p => void seen.push(p), checkpoint: c => void kept.push(c), ready: async () => {}, cancelled: () => false, now: () => t++, ...over }
}

describe('training', () => {
  it('learns, reports, and frees everything', async () => {
    const alive = executor.alive()
    const h = hooks()
    const result = await train(executor, request, h)
    expect(result.state).toBe('finished')
    expect(result.metrics.testAccuracy).toBeGreaterThan(0.9)
    expect(h.seen.at(-1)).toMatchObject({ step: 120, steps: 120 })
    expect(h.seen.filter(p => p.accuracy !== undefined)).toHaveLength(20)
    expect(h.kept.map(c => c.step)).toEqual([50, 100])
    expect(executor.alive()).toBe(alive)
  })

  it('gives the same weights for the same seed, others for another', async () => {
    const [a, b, c] = [await train(executor, request, hooks()), await train(executor, request, hooks()), await train(executor, { ...request, seed: 4 }, hooks())]
    expect(b.checkpoint.weights).toEqual(a.checkpoint.weights)
    expect(c.checkpoint.weights).not.toEqual(a.checkpoint.weights)
  })

  it('continued from a checkpoint ends where an unbroken run ends, to the bit', async () => {
    const h = hooks()
    const whole = await train(executor, request, h)
    const continued = await train(executor, { ...request, from: h.kept[0] }, hooks())
    expect(continued.checkpoint).toEqual(whole.checkpoint)
  })

  it('stops when cancelled, keeping the step it reached', async () => {
    let steps = 0
    const result = await train(executor, request, hooks({ cancelled: () => steps++ === 30 }))
    expect(result.state).toBe('cancelled')
    expect(result.checkpoint.step).toBe(30)
  })

  it('that diverges keeps the last good checkpoint and leaks nothing', async () => {
    const alive = executor.alive()
    const huge = { ...items, inputs: { ...items.inputs, data: inputs.map(v => v * 3e37) } }
    const result = await train(executor, { ...request, train: huge, learningRate: 1e10, checkpointEvery: 1 }, hooks())
    expect(result.state).toBe('diverged')
    for (const { data } of Object.values(result.checkpoint.weights)) expect(data.every(Number.isFinite)).toBe(true)
    expect(executor.alive()).toBe(alive)
  })
})

it('adam takes the steps of its paper, written out for one weight', async () => {
  // One weight w and class-1 logit w·1 against 0: p = σ(w); loss −log p for target 1, so dL/dw = p − 1.
  const one: TrainRequest = {
    ...request,
    architecture: { kind: 'mlp', inputs: 1, hidden: [], outputs: 2, activation: 'relu' },
    train: { inputs: { shape: [1, 1], data: Float32Array.of(1) }, scale: 1, targets: Int32Array.of(1) },
    test: { inputs: { shape: [1, 1], data: Float32Array.of(1) }, scale: 1, targets: Int32Array.of(1) },
    batch: 1,
    steps: 25,
    learningRate: 0.1,
    schedule: 'constant',
    from: {
      step: 0,
      weights: { 'layers.0.weight': { shape: [2, 1], data: Float32Array.of(0, 0) }, 'layers.0.bias': { shape: [2], data: Float32Array.of(0, 0) } },
      first: { 'layers.0.weight': { shape: [2, 1], data: new Float32Array(2) }, 'layers.0.bias': { shape: [2], data: new Float32Array(2) } },
      second: { 'layers.0.weight': { shape: [2, 1], data: new Float32Array(2) }, 'layers.0.bias': { shape: [2], data: new Float32Array(2) } },
    },
  }
  const result = await train(executor, one, hooks())
  // Four parameters by symmetry: weight and bias of class 1 are x, those of class 0 are −x; logit difference 4x.
  let x = 0
  let m = 0
  let v = 0
  for (let t = 1; t <= 25; t++) {
    const gradient = 1 / (1 + Math.exp(-4 * x)) - 1
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient ** 2
    x -= 0.1 * (m / (1 - 0.9 ** t)) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
  }
  expect(result.checkpoint.weights['layers.0.weight'].data[1]).toBeCloseTo(x, 5)
  expect(result.checkpoint.weights['layers.0.bias'].data[0]).toBeCloseTo(-x, 5)
  expect(stepSize(0.1, 1)[0]).toBeCloseTo(0.1 * Math.sqrt(0.001) / 0.1, 7)
})

describe('an executor that fails in the middle', () => {
  /** wasm until `after` programs have run; then every one fails, and so does reading back if the device is gone. */
  function failing(after: number, gone: boolean): typeof executor {
    let programs = 0
    return {
      ...executor,
      name: 'tensorflow',
      compile: (fn) => {
        const program = executor.compile(fn)
        return async (inputs) => {
          if (++programs > after) throw new Error('OOM when allocating tensor with shape[128,784]')
          return program(inputs)
        }
      },
      download: value => gone && programs > after ? Promise.reject(new Error('device lost')) : executor.download(value),
    }
  }

  it('stops the run with the steps that were done, from which it goes on to the same end', async () => {
    const whole = await train(executor, request, hooks())
    const h = hooks()
    const alive = executor.alive()
    // 20 evaluations of one chunk lie between the steps: 6 steps, one evaluation, and so on.
    await expect(train(failing(70, false), request, h)).rejects.toMatchObject({ code: 'executor-failed', message: 'The executor tensorflow failed after step 60: OOM when allocating tensor with shape[128,784]. The checkpoint of step 60 is kept.' })
    expect(h.kept.map(c => c.step)).toEqual([50, 60])
    expect(executor.alive()).toBe(alive)
    const continued = await train(executor, { ...request, from: h.kept[1] }, hooks())
    expect(continued.checkpoint).toEqual(whole.checkpoint)
  })

  it('keeps the last checkpoint where nothing can be read any more', async () => {
    const h = hooks()
    await expect(train(failing(70, true), request, h)).rejects.toMatchObject({ message: expect.stringContaining('The checkpoint of step 50 is kept.') })
    expect(h.kept.at(-1)!.step).toBe(50)
  })
})
