/**
 * Gradients of a loss by the gates of a primary: summed over items, or in absolute value item by item, where every item has
 * gates of its own. At a gate of a weight it is gradient × weight; of anything else, gradient × what its baseline takes away.
 */
import type { Program, Value } from '../executor/executor'
import type { NdArray } from '../executor/jax'
import type { Subject, Turn } from './subject'
import { argmax, logSoftmax } from '../../lib/logits'
import { runAndRead } from '../executor/executor'
import { nn, np, valueAndGrad, vmap } from '../executor/jax'
import { chunkOf } from '../stimulation/knowledge'
import { weighedAnswers } from '../sweep/rowMeasures'
import { gatesOfSlots } from '../symbiote/slots'
import { gatherInputs } from '../task/items'

/** `each`: every item's own gradient in absolute value, not their sum. `logits`: of weighed logits, not of log-probabilities. */
export interface GradientOptions { each: boolean, logits?: boolean }

/** Over items, [candidates]: mean, root of the mean square, and largest; of sums over items only the mean means anything. */
export interface Spread { mean: Float64Array, size: Float64Array, most: Float64Array }

export interface GateGradients {
  /**
   * Mean over items, [candidates].
   * @param gates [candidates]
   */
  at: (gates: ArrayLike<number>, turn: Turn) => Promise<Float64Array>
  spread: (gates: ArrayLike<number>, turn: Turn) => Promise<Spread>
}

/** Gates that exist at once, [items, slots] floats. */
const MOST_GATES = 4e6
/** Puts a class that is not compared below all others. */
const FAR = -1e9

/** @param weighed what counts at which class, [items · positions · classes]: the loss is −Σ weighed · log-probability, or logit */
export function gateGradients(subject: Subject, weighed: Float32Array, options: GradientOptions): GateGradients {
  const { each } = options
  const { executor, circuits: { model, slots, parameters, baselines }, items, rows } = subject
  const { classes, positions } = model.outputs
  const chunk = Math.min(rows.length, chunkOf(model), each ? Math.max(1, Math.floor(MOST_GATES / slots.count)) : rows.length)
  const program = compile(subject, options)
  const away = Float32Array.from({ length: classes }, (_, c) => subject.classes.includes(c) ? 0 : FAR)

  const run = async (from: number, gates: Float32Array<ArrayBuffer>): Promise<Float32Array[]> => {
    // Always as many items, so that one program serves; what fills up counts nothing.
    const part = Int32Array.from({ length: chunk }, (_, i) => rows[Math.min(from + i, rows.length - 1)])
    const counts = new Float32Array(chunk * positions * classes)
    counts.set(weighed.subarray(from * positions * classes, (from + chunk) * positions * classes))
    const { values, release } = await baselines.valuesFor(items, part)
    const data: Value[] = [
      executor.upload(gatherInputs(items, part), [chunk, ...model.inputs]),
      executor.upload(counts, [chunk * positions, classes]),
      executor.upload(away, [classes]),
      executor.upload(gates, [slots.count]),
    ]
    try {
      return await runAndRead(executor, program, [...parameters, ...data, ...values])
    }
    finally {
      executor.free(...data)
      release()
    }
  }

  const spread = async (gates: ArrayLike<number>, turn: Turn): Promise<Spread> => {
    const [sum, squares, most] = [new Float64Array(slots.count), new Float64Array(slots.count), new Float64Array(slots.count)]
    for (let from = 0; from < rows.length; from += chunk) {
      const [ofSum, ofSquares, ofMost] = await run(from, gatesOfSlots(slots, gates))
      for (let slot = 0; slot < slots.count; slot++) {
        sum[slot] += ofSum[slot] / rows.length
        if (!each) continue
        squares[slot] += ofSquares[slot] / rows.length
        most[slot] = Math.max(most[slot], ofMost[slot])
      }
      await turn(Math.min(1, (from + chunk) / rows.length))
    }
    const [mean, size, largest] = [sum, squares.map(Math.sqrt), most].map(values => Float64Array.from(slots.slotOf, slot => values[slot]))
    return { mean, size, most: largest }
  }

  return { spread, at: async (gates, turn) => (await spread(gates, turn)).mean }
}

/** [parameters, items, weighed, away, gates, baselines] → [slots]; item by item three of them: sum, sum of squares, largest. */
function compile({ executor, circuits: { model, gated } }: Subject, { each, logits: plain = false }: GradientOptions): Program {
  const count = model.parameters.length
  return executor.compile((inputs) => {
    const parameters = inputs.slice(0, count)
    const [items, weighed, away, gates, ...baselines] = inputs.slice(count)
    const n = items.shape[0]
    const loss = (own: NdArray): NdArray => {
      const logits = each
        ? vmap(alone(gated.forward), [0, 0, 0, null])(own, paired(items, n), baselines.map(value => paired(value, n)), parameters).reshape([n, 2, -1]).mean(1)
        : gated.forward(parameters, items, own, baselines)
      const counted = logits.reshape([-1, model.outputs.classes])
      return (plain ? counted : nn.logSoftmax(counted.add(away), -1)).mul(weighed).sum().mul(-1)
    }
    const [value, gradient] = valueAndGrad(loss)(each ? np.tile(gates.reshape([1, -1]), [n, 1]) : gates)
    value.dispose()
    if (plain) away.dispose()
    if (!each) return [gradient]
    const sizes = np.abs(gradient)
    return [sizes.ref.sum(0), np.square(sizes.ref).sum(0), np.max(sizes, 0)]
  })
}

type Forward = Subject['circuits']['gated']['forward']

function alone(forward: Forward) {
  return (gates: NdArray, input: NdArray, baselines: NdArray[], parameters: NdArray[]): NdArray => forward(parameters, input, gates, baselines)
}

/**
 * [1 or items, …] → [items, 2, …]: each item as a batch of its own, and twice in it: a gradient over one row alone is an outer
 * product, and jax-js 0.1.25 on wasm gets those wrong where rows have a multiple of four columns.
 */
function paired(value: NdArray, items: number): NdArray {
  const shape = value.shape.slice(1)
  return np.broadcastTo(value.reshape([value.shape[0], 1, ...shape]), [items, 2, ...shape])
}

/** For the cross-entropy to the targets. */
export function towardsTargets({ answers }: Subject): Float32Array {
  return weighedAnswers(answers)
}

/** For KL(full ‖ circuit), less what does not depend on the circuit. */
export function towardsFull({ full, classes, answers }: Subject): Float32Array {
  const weighed = new Float32Array(answers.targets.length * answers.classes)
  for (let row = 0; row < answers.targets.length; row++) {
    const share = answers.shares ? answers.shares[row] : 1
    const logs = logSoftmax(full.subarray(row * classes.length, (row + 1) * classes.length))
    classes.forEach((c, i) => { weighed[row * answers.classes + c] = share * Math.exp(logs[i]) })
  }
  return weighed
}

/** For how far the full primary's own answer is above the others: the logit of that answer less their mean, which no softmax flattens. */
export function towardsMargin({ full, classes, answers }: Subject): Float32Array {
  const weighed = new Float32Array(answers.targets.length * answers.classes)
  for (let row = 0; row < answers.targets.length; row++) {
    const share = answers.shares ? answers.shares[row] : 1
    const own = argmax(full.subarray(row * classes.length, (row + 1) * classes.length))
    classes.forEach((c, i) => { weighed[row * answers.classes + c] = i === own ? share : -share / (classes.length - 1) })
  }
  return weighed
}
