/**
 * Fine-tuning, the other rival of gates: gradient steps of cross-entropy to the target on the training items, with or without
 * KL(full ‖ tuned) on the others in the loss, as the gates' own loss has it. Held to the gates' dose, or brought to their success.
 */
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Weights } from './folding'
import type { Yardstick } from './steering'
import type { TuningBatch } from './tuningBatches'
import { runAndRead, uploadTensor } from '../executor/executor'
import { valueAndGrad } from '../executor/jax'
import { modelLoss } from '../task/loss'
import { stepSize } from '../train/adam'
import { compileUpdate } from '../train/trainer'
import { projectedOntoL1 } from './l1Ball'
import { answeringOf, leastBetween } from './steering'
import { tuningBatches } from './tuningBatches'

export interface FineTuning {
  /** Whether the loss has the others' KL too. */
  sparing: boolean
  seed: number
  ready: () => Promise<void>
}

/** Of a run within a dose. Each has one rate: Σ|step| of its first step, as a share of the dose. */
const BOUNDED_STEPS = 40
const RATES = [0.03, 0.1, 0.3, 1]
/** Losses of the last steps that a run is judged by: batches differ. */
const LAST = 10
/** Of the run to equal success. Small primaries need the larger rate to get anywhere; the first that gets there counts. */
const FREE_STEPS = 150
const FREE_RATES = [1e-3, 1e-2]

/**
 * The weights with the least loss found within Σ|w′ − w| ≤ `dose`: projected gradient steps, so that the dose goes to the few
 * weights where it does most, as gates choose theirs.
 */
export async function tunedWithin(executor: Executor, model: Model, weights: Weights, yardstick: Yardstick, dose: number, options: FineTuning): Promise<Weights> {
  const batch = tuningBatches(model, yardstick, options)
  const gradient = compileGradient(executor, model)
  let best: { weights: Weights, loss: number } | undefined
  for (const rate of RATES) {
    const run = new BoundedRun(model, weights, dose)
    const losses: number[] = []
    for (let step = 0; step < BOUNDED_STEPS; step++) {
      await options.ready()
      const [[loss], ...gradients] = await gradientsAt(executor, model, gradient, run.weights(), batch(step))
      losses.push(loss)
      run.descend(gradients, dose * rate * (1 - step / BOUNDED_STEPS))
    }
    const loss = losses.slice(-LAST).reduce((a, b) => a + b, 0)
    if (!best || loss < best.loss) best = { weights: run.weights(), loss }
  }
  return best!.weights
}

/**
 * Adam, as primaries are trained, and then the least share of its whole change with which at least as many training items are answered
 * with the target as `success`. Undefined where all of it is not enough.
 */
export async function tunedTo(executor: Executor, model: Model, weights: Weights, yardstick: Yardstick, success: number, options: FineTuning): Promise<Weights | undefined> {
  const answering = answeringOf(executor, model)
  const enough = async (changed: Weights): Promise<boolean> => {
    await options.ready()
    const values = uploadWeights(executor, model, changed)
    try {
      return yardstick.success(await answering(values)(yardstick.steer.items, yardstick.steer.rows)) >= success
    }
    finally {
      executor.free(...values)
    }
  }
  if (await enough(weights)) return weights
  for (const rate of FREE_RATES) {
    const tuned = await freeRun(executor, model, weights, yardstick, rate, options)
    const partly = (share: number): Weights => Object.fromEntries(model.parameters.map(([name, shape]) => [name, { shape, data: Float32Array.from(weights[name].data, (w, i) => w + share * (tuned[name].data[i] - w)) }]))
    if (await enough(tuned)) return partly(await leastBetween(0, 1, share => enough(partly(share))))
  }
  return undefined
}

async function freeRun(executor: Executor, model: Model, weights: Weights, yardstick: Yardstick, rate: number, options: FineTuning): Promise<Weights> {
  const batch = tuningBatches(model, yardstick, options)
  const update = compileUpdate(executor, model, {})
  const n = model.parameters.length
  const zeros = (): Value[] => model.parameters.map(([, shape]) => executor.upload(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape))
  let state = [...uploadWeights(executor, model, weights), ...zeros(), ...zeros()]
  try {
    for (let step = 0; step < FREE_STEPS; step++) {
      await options.ready()
      const scalars = [...stepSize(rate * (1 - step / FREE_STEPS), step + 1)].map(value => executor.upload(new Float32Array([value]), [1]))
      const data = [...uploadBatch(executor, model, batch(step)), ...scalars]
      try {
        const outputs = await update([...state, ...data])
        executor.free(...state, outputs[3 * n])
        state = outputs.slice(0, 3 * n)
      }
      finally {
        executor.free(...data)
      }
    }
    return await read(executor, model, state)
  }
  finally {
    executor.free(...state)
  }
}

/** Weights and how far they have come, as one run of numbers in the order of the parameters. */
class BoundedRun {
  readonly #model: Model
  readonly #from: Weights
  readonly #dose: number
  #change: Float64Array

  constructor(model: Model, from: Weights, dose: number) {
    this.#model = model
    this.#from = from
    this.#dose = dose
    this.#change = new Float64Array(model.parameters.reduce((sum, [name]) => sum + from[name].data.length, 0))
  }

  /** @param size Σ|step|, before the whole is brought back within the dose */
  descend(gradients: Float32Array[], size: number): void {
    const length = gradients.reduce((sum, own) => own.reduce((sum, g) => sum + Math.abs(g), sum), 0)
    if (!(length > 0)) return
    let at = 0
    for (const own of gradients) own.forEach((g) => { this.#change[at++] -= size * g / length })
    this.#change = projectedOntoL1(this.#change, this.#dose)
  }

  weights(): Weights {
    let at = 0
    return Object.fromEntries(this.#model.parameters.map(([name, shape]) => [name, { shape, data: Float32Array.from(this.#from[name].data, w => w + this.#change[at++]) }]))
  }
}

/** [parameters, inputs, soft targets, scale] → [loss, gradients]. */
function compileGradient(executor: Executor, model: Model): Program {
  const lossOf = modelLoss(model)
  const n = model.parameters.length
  return executor.compile((inputs) => {
    const [x, soft, scale] = inputs.slice(n)
    const [loss, gradients] = valueAndGrad(lossOf)(inputs.slice(0, n), x, soft, scale)
    return [loss, ...gradients]
  })
}

async function gradientsAt(executor: Executor, model: Model, gradient: Program, weights: Weights, batch: TuningBatch): Promise<Float32Array[]> {
  const data = [...uploadWeights(executor, model, weights), ...uploadBatch(executor, model, batch)]
  try {
    return await runAndRead(executor, gradient, data)
  }
  finally {
    executor.free(...data)
  }
}

function uploadWeights(executor: Executor, { parameters }: Model, weights: Weights): Value[] {
  return parameters.map(([name]) => uploadTensor(executor, weights[name]))
}

/** The training loss with soft targets that carry their own weights. */
function uploadBatch(executor: Executor, { inputs: shape, outputs: { classes } }: Model, { inputs, soft }: TuningBatch): Value[] {
  return [
    executor.upload(inputs, [inputs.length / shape.reduce((a, b) => a * b, 1), ...shape]),
    executor.upload(soft, [soft.length / classes, classes]),
    executor.upload(new Float32Array([-1]), [1]),
  ]
}

async function read(executor: Executor, model: Model, values: Value[]): Promise<Weights> {
  const weights: Weights = {}
  for (const [i, [name, shape]] of model.parameters.entries()) weights[name] = { shape, data: await executor.download(values[i]) }
  return weights
}
