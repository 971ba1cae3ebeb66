/**
 * The toy model of superposition (Elhage et al. 2022): more features than dimensions, x̂ = relu(WᵀW x + b). One model per sparsity, all
 * trained side by side. Not a primary: it has no units worth a name, which is its point.
 */
import type { SuperpositionRequest, SuperpositionResult } from '../../../preload/contract/engine'
import type { Executor, Value } from '../executor/executor'
import type { NdArray } from '../executor/jax'
import { randomStream } from '../../lib/random'
import { nn, np, valueAndGrad } from '../executor/jax'
import { ADAM, adamUpdate, stepSize } from '../train/adam'

const IMPORTANCE = 0.9
const LEARNING_RATE = 1e-3

/** @param ready is awaited between steps, so that the engine answers others meanwhile */
export async function trainSuperposition(executor: Executor, request: SuperpositionRequest, ready: () => Promise<void>): Promise<SuperpositionResult> {
  const { features, dimensions, sparsities, steps, batch, seed } = request
  const models = sparsities.length
  const { normal } = randomStream(seed, 'init/superposition')
  const { uniform } = randomStream(seed, 'data/superposition')
  const w = Float32Array.from({ length: models * dimensions * features }, () => normal() * Math.sqrt(2 / (dimensions + features)))
  const shapes = [[models, dimensions, features], [models, 1, features]]
  const zeros = (shape: number[]): Value => executor.upload(new Float32Array(shape.reduce((a, b) => a * b)), shape)
  let state = [executor.upload(w, shapes[0]), zeros(shapes[1]), ...shapes.map(zeros), ...shapes.map(zeros)]
  const program = executor.compile((inputs) => {
    const [x, rate, epsilon, kept] = inputs.slice(6)
    const [loss, gradients] = valueAndGrad(lossOf(features))(inputs.slice(0, 2).map(p => p.ref), x)
    const next = adamUpdate(inputs.slice(0, 2), gradients, { first: inputs.slice(2, 4), second: inputs.slice(4, 6) }, { rate, epsilon, kept })
    return [...next.parameters, ...next.first, ...next.second, loss]
  })
  try {
    for (let step = 1; step <= steps; step++) {
      await ready()
      const x = executor.upload(draw(sparsities, batch, features, uniform), [models, batch, features])
      const scalars = [...stepSize(LEARNING_RATE, step, ADAM)].map(value => executor.upload(new Float32Array([value]), [1]))
      const outputs = await program([...state, x, ...scalars])
      executor.free(...state, x, ...scalars, outputs[6])
      state = outputs.slice(0, 6)
    }
    return { weights: { shape: shapes[0], data: await executor.download(state[0]) }, bias: { shape: [models, features], data: await executor.download(state[1]) } }
  }
  finally {
    executor.free(...state)
  }
}

/** Squared error weighed by importance 0.9ⁱ, summed over features and models, mean over the batch. W is [models, dimensions, features]. */
function lossOf(features: number) {
  const importance = np.array(Float32Array.from({ length: features }, (_, i) => IMPORTANCE ** i))
  return ([w, b]: NdArray[], x: NdArray): NdArray => {
    const batch = x.shape[1]
    const hidden = np.matmul(x.ref, w.ref.transpose([0, 2, 1]))
    const error = nn.relu(np.matmul(hidden, w).add(b)).sub(x)
    return np.square(error).mul(importance.ref).sum().mul(1 / batch)
  }
}

/** Each feature is 0 with the model's sparsity, else uniform in [0, 1). */
function draw(sparsities: number[], batch: number, features: number, uniform: () => number): Float32Array<ArrayBuffer> {
  const each = batch * features
  return Float32Array.from({ length: sparsities.length * each }, (_, i) => uniform() < sparsities[Math.floor(i / each)] ? 0 : uniform())
}
