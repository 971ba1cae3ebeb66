/**
 * Trains an mlp classifier. Everything random is drawn from named streams of the seed and addressed by epoch,
 * so a run continued from a checkpoint ends on the same weights as one that was never stopped.
 */
import type { Checkpoint, Items, Tensor, TrainProgress, TrainRequest, TrainResult } from '../../../preload/contract/engine'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { Executor, Program, Value } from '../executor/executor'
import { argmax, logSoftmax } from '../../lib/logits'
import { runAndRead, uploadTensor } from '../executor/executor'
import { valueAndGrad } from '../executor/jax'
import { forward, initialWeights, parameterShapes } from '../primary/mlp'
import { randomStream } from '../random'
import { allRows, gatherInputs, inputSize, itemCount, oneHotTargets } from '../task/items'
import { mlpLoss } from '../task/loss'
import { meanOf } from '../task/measures'
import { adamUpdate, stepSize } from './adam'

export interface TrainerHooks {
  progress: (progress: TrainProgress) => void
  checkpoint: (checkpoint: Checkpoint) => void
  /** Resolves when the run may take its next step: at once, or when it is no longer paused. */
  ready: () => Promise<void>
  cancelled: () => boolean
  /** Milliseconds, monotonic. */
  now: () => number
}

const EVALUATE_CHUNK = 1000
const PROGRESS_MS = 150
/** Test accuracy is measured this many times in a run, and at its end. */
const EVALUATIONS = 20

/** Parameters and Adam's moments on the device. */
interface State { parameters: Value[], first: Value[], second: Value[] }

export async function train(executor: Executor, request: TrainRequest, hooks: TrainerHooks): Promise<TrainResult> {
  const { steps, checkpointEvery } = request
  const names = parameterShapes(request.architecture).map(([name]) => name)
  const evaluate = compileEvaluation(executor, request.architecture)
  const report = reporter(request, hooks)
  const start = hooks.now()
  let state = uploadState(executor, request)

  try {
    const step = compileStep(executor, request)
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
      const next = await step(previous, done)
      state = next.state
      freeState(executor, previous)
      loss = next.loss
      done++
      if (!Number.isFinite(loss)) {
        // The weights are worthless: what is kept is the last good checkpoint.
        outcome = 'diverged'
        freeState(executor, state)
        state = uploadState(executor, { ...request, from: good })
        break
      }
      await report(done, loss, async () => (await evaluate(state.parameters, request.test)).accuracy)
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

/** Rows of the batch that follows `done` steps: epochs of shuffled order, a short last batch is dropped. */
function batchOrder({ train, batch, seed }: TrainRequest): (done: number) => Int32Array {
  const n = itemCount(train)
  const perEpoch = Math.max(1, Math.floor(n / batch))
  let epoch = -1
  let order = new Int32Array()
  return (done) => {
    const wanted = Math.floor(done / perEpoch)
    if (wanted !== epoch) {
      epoch = wanted
      order = Int32Array.from(randomStream(seed, `order/${epoch}`).permutation(n))
    }
    const at = (done % perEpoch) * batch
    return order.subarray(at, at + batch)
  }
}

/** One training step after `done` others. Leaves the state it is given alive. */
function compileStep(executor: Executor, request: TrainRequest): (state: State, done: number) => Promise<{ state: State, loss: number }> {
  const { architecture, train: items, steps, schedule } = request
  const n = parameterShapes(architecture).length
  const batch = batchOrder(request)
  const program = compileUpdate(executor, architecture)
  return async (state, done) => {
    const rows = batch(done)
    const learningRate = schedule === 'linear' ? request.learningRate * (1 - done / steps) : request.learningRate
    const [rate, epsilon] = stepSize(learningRate, done + 1)
    const data = [
      executor.upload(gatherInputs(items, rows), [rows.length, inputSize(items)]),
      executor.upload(oneHotTargets(items, rows, architecture.outputs), [rows.length, architecture.outputs]),
      executor.upload(new Float32Array([rate]), [1]),
      executor.upload(new Float32Array([epsilon]), [1]),
    ]
    const outputs = await program([...state.parameters, ...state.first, ...state.second, ...data])
    const [loss] = await executor.download(outputs[3 * n])
    executor.free(...data, outputs[3 * n])
    return { state: { parameters: outputs.slice(0, n), first: outputs.slice(n, 2 * n), second: outputs.slice(2 * n, 3 * n) }, loss }
  }
}

/** [parameters, first moments, second moments, inputs, one-hot targets, rate, ε] → [the first three, loss]. */
function compileUpdate(executor: Executor, architecture: MlpArchitecture): Program {
  const n = parameterShapes(architecture).length
  const lossOf = mlpLoss(architecture)
  return executor.compile((inputs) => {
    const parameters = inputs.slice(0, n)
    const [x, y, rate, epsilon] = inputs.slice(3 * n)
    const [loss, gradients] = valueAndGrad(lossOf)(parameters.map(p => p.ref), x, y)
    const next = adamUpdate(parameters, gradients, { first: inputs.slice(n, 2 * n), second: inputs.slice(2 * n, 3 * n) }, rate, epsilon)
    return [...next.parameters, ...next.first, ...next.second, loss]
  })
}

/** Accuracy and mean loss over a whole split, a thousand items at a time. */
export function compileEvaluation(executor: Executor, architecture: MlpArchitecture) {
  const program: Program = executor.compile((inputs) => {
    const values = forward(architecture, inputs.slice(0, -1), inputs[inputs.length - 1])
    for (const value of values.slice(0, -1)) value.dispose()
    return [values[values.length - 1]]
  })
  return async (parameters: Value[], items: Items): Promise<{ accuracy: number, loss: number }> => {
    const n = itemCount(items)
    const classes = architecture.outputs
    const losses = new Float64Array(n)
    let correct = 0
    for (let at = 0; at < n; at += EVALUATE_CHUNK) {
      const rows = allRows(Math.min(EVALUATE_CHUNK, n - at)).map(i => i + at)
      const inputs = executor.upload(gatherInputs(items, rows), [rows.length, inputSize(items)])
      const [logits] = await runAndRead(executor, program, [...parameters, inputs])
      executor.free(inputs)
      rows.forEach((row, i) => {
        const of = logits.subarray(i * classes, (i + 1) * classes)
        losses[row] = -logSoftmax(of)[items.targets[row]]
        if (argmax(of) === items.targets[row]) correct++
      })
    }
    return { accuracy: correct / n, loss: meanOf(losses) }
  }
}

function uploadState(executor: Executor, { architecture, seed, from }: TrainRequest): State {
  const shapes = parameterShapes(architecture)
  const weights = from?.weights ?? initialWeights(architecture, seed)
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
