/**
 * One real piece of work, the same on every executor: a training step of the digits mlp (784-256-128-10, 128 items) and its
 * forward pass on 256 items. Tells how long they take, and the loss, by which an executor that computes wrongly is found out.
 */
import type { Timing } from '../../lib/executorChoice'
import type { Executor, Program, Value } from './executor'
import type { NdArray } from './jax'
import { nn, np, valueAndGrad } from './jax'

const SIZES = [784, 256, 128, 10]
const STEP_ITEMS = 128
const FORWARD_ITEMS = 256
const ROUNDS = 7
/** A slow executor is found out sooner. */
const ENOUGH_MS = 400

export interface Probe extends Timing {
  /** Of the first step. */
  loss: number
}

export async function probe(executor: Executor, now: () => number): Promise<Probe> {
  const parameters = SIZES.slice(1).flatMap((out, l) => [numbers(out * SIZES[l], SIZES[l] ** -0.5), numbers(out, 0.1)])
  const shapes = SIZES.slice(1).flatMap((out, l) => [[out, SIZES[l]], [out]])
  const held: Value[] = []
  const upload = (data: Float32Array<ArrayBuffer>, shape: number[]): Value => {
    const value = executor.upload(data, shape)
    held.push(value)
    return value
  }
  try {
    const weights = parameters.map((data, i) => upload(data, shapes[i]))
    const targets = new Float32Array(STEP_ITEMS * 10)
    for (let i = 0; i < STEP_ITEMS; i++) targets[10 * i + i % 10] = 1
    const data = [upload(numbers(STEP_ITEMS * 784, 1), [STEP_ITEMS, 784]), upload(targets, [STEP_ITEMS, 10])]
    const inputs = upload(numbers(FORWARD_ITEMS * 784, 1), [FORWARD_ITEMS, 784])
    const step = await timed(executor, executor.compile(trainingStep), [...weights, ...data], now)
    const forward = await timed(executor, executor.compile(inputs => [logits(inputs.slice(0, -1), inputs.at(-1)!)]), [...weights, inputs], now)
    return { step: step.ms, forward: forward.ms, loss: step.first }
  }
  finally {
    executor.free(...held)
  }
}

/** Median of a few calls after the first, each with its first result read back as a real step does. */
async function timed(executor: Executor, program: Program, inputs: Value[], now: () => number): Promise<{ ms: number, first: number }> {
  const times: number[] = []
  let first = Number.NaN
  const began = now()
  for (let round = 0; round <= ROUNDS && (round < 2 || now() - began < ENOUGH_MS); round++) {
    const start = now()
    const outputs = await program(inputs)
    const [value] = await executor.download(outputs[0])
    if (round === 0) first = value
    else times.push(now() - start)
    executor.free(...outputs)
  }
  return { ms: times.sort((a, b) => a - b)[times.length >> 1], first }
}

function logits(parameters: NdArray[], x: NdArray): NdArray {
  let value = x
  for (let l = 0; l < SIZES.length - 1; l++) {
    value = np.dot(value, parameters[2 * l].transpose()).add(parameters[2 * l + 1])
    if (l < SIZES.length - 2) value = nn.relu(value)
  }
  return value
}

function trainingStep(inputs: NdArray[]): NdArray[] {
  const parameters = inputs.slice(0, -2)
  const [x, y] = inputs.slice(-2)
  const [loss, gradients] = valueAndGrad((p: NdArray[], a: NdArray, b: NdArray) =>
    nn.logSoftmax(logits(p, a)).mul(b).sum().mul(-1 / STEP_ITEMS))(parameters.map(p => p.ref), x, y)
  return [loss, ...parameters.map((p, i) => p.sub(gradients[i].mul(0.01)))]
}

/** Between −scale and scale, the same every time. */
function numbers(n: number, scale: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: n }, (_, i) => scale * (((i * 7919 + 13) % 2003) / 1001 - 1))
}
