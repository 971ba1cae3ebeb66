/**
 * Trains a primary on its task. Everything random is drawn from named streams of the seed and addressed by epoch,
 * so a run continued from a checkpoint ends on the same weights as one that was never stopped.
 */
import type { Checkpoint, Items, Tensor, TrainProgress, TrainRequest, TrainResult } from '../../../preload/contract/engine'
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import { argmax, logSoftmax } from '../../lib/logits'
import { randomStream } from '../../lib/random'
import { runAndRead, uploadTensor } from '../executor/executor'
import { valueAndGrad } from '../executor/jax'
import { modelOf } from '../primary/models'
import { chunkOf } from '../stimulation/knowledge'
import { allRows, gatherInputs, gatherMask, gatherTargets, itemCount, weighedTargets } from '../task/items'
import { modelLoss } from '../task/loss'
import { meanOf } from '../task/measures'
import { ADAM, adamUpdate, stepSize } from './adam'
import { executorFailure } from './executorFailure'

export interface TrainerHooks {
  progress: (progress: TrainProgress) => void
  checkpoint: (checkpoint: Checkpoint) => void
  /** Resolves when the run may take its next step: at once, or when it is no longer paused. */
  ready: () => Promise<void>
  cancelled: () => boolean
  /** Milliseconds, monotonic. */
  now: () => number
}

const PROGRESS_MS = 150
/** Test accuracy is measured this many times in a run, and at its end. */
const EVALUATIONS = 20
/** Token positions that the measurements on the way look at: of long items the first few, because all would cost as much as the training. */
const EVALUATED_POSITIONS = 16_384

/** Parameters and Adam's moments on the device. */
interface State { parameters: Value[], first: Value[], second: Value[] }

export async function train(executor: Executor, request: TrainRequest, hooks: TrainerHooks): Promise<TrainResult> {
  const { steps, checkpointEvery } = request
  const model = modelOf(request.architecture, { positions: request.train.inputs.shape[1], ...(request.from ? { tensors: Object.keys(request.from.weights) } : {}) })
  const names = model.parameters.map(([name]) => name)
  const evaluate = compileEvaluation(executor, model)
  const glance = Math.ceil(EVALUATED_POSITIONS / model.outputs.positions)
  const report = reporter(request, hooks)
  const start = hooks.now()
  let state = uploadState(executor, model, request)
  const step = compileStep(executor, model, request)

  try {
    let done = request.from?.step ?? 0
    let good = await readCheckpoint(executor, names, state, done)
    let loss = Number.NaN
    let outcome: TrainResult['state'] = 'finished'

    while (done < steps && outcome === 'finished') {
      await hooks.ready()
      if (hooks.cancelled()) {
        outcome = 'cancelled'
        break
      }
      const previous = state
      const next = await step.take(previous, done).catch(async (error: Error) => {
        throw await executorFailure(executor, error, { step: done, good, keep: () => readCheckpoint(executor, names, previous, done), checkpoint: hooks.checkpoint })
      })
      state = next.state
      freeState(executor, previous)
      loss = next.loss
      done++
      if (!Number.isFinite(loss)) {
        // The weights are worthless: what is kept is the last good checkpoint.
        outcome = 'diverged'
        freeState(executor, state)
        state = uploadState(executor, model, { ...request, from: good })
        break
      }
      await report(done, loss, async () => (await evaluate(state.parameters, request.test, glance)).accuracy)
      if (done % checkpointEvery === 0 && done < steps) {
        good = await readCheckpoint(executor, names, state, done)
        hooks.checkpoint(good)
      }
    }

    const tested = await evaluate(state.parameters, request.test)
    return {
      state: outcome,
      checkpoint: outcome === 'diverged' ? good : await readCheckpoint(executor, names, state, done),
      metrics: { testAccuracy: tested.accuracy, testLoss: tested.loss, ...(Number.isFinite(loss) ? { trainLoss: loss } : {}) },
      seconds: (hooks.now() - start) / 1000,
    }
  }
  finally {
    step.dispose()
    freeState(executor, state)
  }
}

/** Tells of progress a few times a second, and of test accuracy a few times a run. */
function reporter({ run, steps, from }: TrainRequest, { now, progress }: TrainerHooks) {
  const start = now()
  const first = from?.step ?? 0
  const every = Math.max(1, Math.round(steps / EVALUATIONS))
  let last = -Infinity
  return async (step: number, loss: number, measure: () => Promise<number>): Promise<void> => {
    const due = step % every === 0 || step === steps
    if (!due && now() - last < PROGRESS_MS) return
    last = now()
    const msPerStep = (last - start) / (step - first)
    progress({ run, step, steps, loss, msPerStep, ...(due ? { accuracy: await measure() } : {}) })
  }
}

/** Rows of the batch that follows `done` steps: epochs of shuffled order, a short last batch is dropped. A full batch is all rows in their order. */
function batchOrder({ train, batch, seed }: TrainRequest): (done: number) => Int32Array {
  const n = itemCount(train)
  const all = allRows(n)
  const perEpoch = Math.max(1, Math.floor(n / batch))
  let epoch = -1
  let order = new Int32Array()
  return (done) => {
    if (batch >= n) return all
    const wanted = Math.floor(done / perEpoch)
    if (wanted !== epoch) {
      epoch = wanted
      order = Int32Array.from(randomStream(seed, `order/${epoch}`).permutation(n))
    }
    const at = (done % perEpoch) * batch
    return order.subarray(at, at + batch)
  }
}

interface Stepper {
  /** One training step after `done` others. Leaves the state it is given alive. */
  take: (state: State, done: number) => Promise<{ state: State, loss: number }>
  dispose: () => void
}

function compileStep(executor: Executor, model: Model, request: TrainRequest): Stepper {
  const { train: items, steps, schedule, optimiser } = request
  const n = model.parameters.length
  const batch = batchOrder(request)
  const program = compileUpdate(executor, model, request)
  let data: { rows: Int32Array, values: Value[] } | undefined

  const dispose = (): void => {
    if (data) executor.free(...data.values)
    data = undefined
  }
  /** Inputs, weighed targets and their scale; kept while the batch is the same. */
  const upload = (rows: Int32Array): Value[] => {
    if (data?.rows === rows) return data.values
    dispose()
    const { classes } = model.outputs
    const { hot, count } = weighedTargets(items, rows, classes)
    data = {
      rows,
      values: [
        executor.upload(gatherInputs(items, rows), [rows.length, ...model.inputs]),
        executor.upload(hot, [hot.length / classes, classes]),
        executor.upload(new Float32Array([-1 / count]), [1]),
      ],
    }
    return data.values
  }

  return {
    dispose,
    take: async (state, done) => {
      const learningRate = schedule === 'linear' ? request.learningRate * (1 - done / steps) : request.learningRate
      const scalars = [...stepSize(learningRate, done + 1, optimiser)].map(value => executor.upload(new Float32Array([value]), [1]))
      try {
        const outputs = await program([...state.parameters, ...state.first, ...state.second, ...upload(batch(done)), ...scalars])
        const [loss] = await executor.download(outputs[3 * n])
        executor.free(outputs[3 * n])
        return { state: { parameters: outputs.slice(0, n), first: outputs.slice(n, 2 * n), second: outputs.slice(2 * n, 3 * n) }, loss }
      }
      finally {
        executor.free(...scalars)
      }
    },
  }
}

/** [parameters, first moments, second moments, inputs, targets, scale, rate, ε, kept] → [the first three, loss]. */
export function compileUpdate(executor: Executor, model: Model, { optimiser = ADAM }: Pick<TrainRequest, 'optimiser'>): Program {
  const n = model.parameters.length
  const lossOf = modelLoss(model)
  return executor.compile((inputs) => {
    const parameters = inputs.slice(0, n)
    const [x, y, scale, rate, epsilon, kept] = inputs.slice(3 * n)
    const [loss, gradients] = valueAndGrad(lossOf)(parameters.map(p => p.ref), x, y, scale)
    const next = adamUpdate(parameters, gradients, { first: inputs.slice(n, 2 * n), second: inputs.slice(2 * n, 3 * n) }, { rate, epsilon, kept }, optimiser)
    return [...next.parameters, ...next.first, ...next.second, loss]
  })
}

/** Accuracy and mean loss over a whole split, or its first items; an item's are the means over its positions that count. */
export function compileEvaluation(executor: Executor, model: Model) {
  const program: Program = executor.compile(inputs => [model.forward(inputs.slice(0, -1), inputs[inputs.length - 1]).outputs])
  const { positions, classes } = model.outputs
  const chunk = Math.min(1000, 2 * chunkOf(model))
  return async (parameters: Value[], items: Items, most = Infinity): Promise<{ accuracy: number, loss: number }> => {
    const n = Math.min(itemCount(items), most)
    const losses = new Float64Array(n)
    const right = new Float64Array(n)
    for (let at = 0; at < n; at += chunk) {
      const rows = allRows(Math.min(chunk, n - at)).map(i => i + at)
      const inputs = executor.upload(gatherInputs(items, rows), [rows.length, ...model.inputs])
      const [logits] = await runAndRead(executor, program, [...parameters, inputs])
      executor.free(inputs)
      const targets = gatherTargets(items, rows)
      const mask = gatherMask(items, rows)
      rows.forEach((row, i) => {
        const weights = mask.subarray(i * positions, (i + 1) * positions)
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        weights.forEach((weight, t) => {
          if (weight === 0) return
          const j = i * positions + t
          const of = logits.subarray(j * classes, (j + 1) * classes)
          losses[row] -= weight / total * logSoftmax(of)[targets[j]]
          if (argmax(of) === targets[j]) right[row] += weight / total
        })
      })
    }
    return { accuracy: meanOf(right), loss: meanOf(losses) }
  }
}

function uploadState(executor: Executor, model: Model, { seed, from }: TrainRequest): State {
  const shapes = model.parameters
  const weights = from?.weights ?? model.initialWeights(seed)
  const zeros = (): Value[] => shapes.map(([, shape]) => executor.upload(new Float32Array(shape.reduce((a, b) => a * b)), shape))
  const put = (tensors: Record<string, Tensor>): Value[] => shapes.map(([name]) => uploadTensor(executor, tensors[name]))
  return { parameters: put(weights), first: from ? put(from.first) : zeros(), second: from ? put(from.second) : zeros() }
}

async function readCheckpoint(executor: Executor, names: string[], state: State, step: number): Promise<Checkpoint> {
  const read = async (values: Value[]): Promise<Record<string, Tensor>> => {
    const tensors: Record<string, Tensor> = {}
    for (const [i, value] of values.entries()) tensors[names[i]] = { shape: value.shape, data: await executor.download(value) }
    return tensors
  }
  return { step, weights: await read(state.parameters), first: await read(state.first), second: await read(state.second) }
}

function freeState(executor: Executor, { parameters, first, second }: State): void {
  executor.free(...parameters, ...first, ...second)
}
