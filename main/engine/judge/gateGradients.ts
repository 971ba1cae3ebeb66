/**
 * Gradients of a loss by the gates of a primary: summed over items, or in absolute value item by item, where every item has
 * gates of its own. At a gate of a weight it is gradient × weight; of anything else, gradient × what its baseline takes away.
 */
import type { Program, Value } from '../executor/executor'
import type { NdArray } from '../executor/jax'
import type { Subject, Turn } from './subject'
import { logSoftmax } from '../../lib/logits'
import { runAndRead } from '../executor/executor'
import { nn, np, valueAndGrad, vmap } from '../executor/jax'
import { chunkOf } from '../stimulation/knowledge'
import { weighedAnswers } from '../sweep/rowMeasures'
import { gatesOfSlots } from '../symbiote/slots'
import { gatherInputs } from '../task/items'

/** `each`: every item's own gradient in absolute value, not their sum. */
export interface GateGradients {
  /**
   * Mean over items, [candidates].
   * @param gates [candidates]
   */
  at: (gates: ArrayLike<number>, turn: Turn) => Promise<Float64Array>
}

/** Gates that exist at once, [items, slots] floats. */
const MOST_GATES = 4e6
/** Puts a class that is not compared below all others. */
const FAR = -1e9

/** @param weighed what counts at which class, [items · positions · classes]: the loss is −Σ weighed · log-probability */
export function gateGradients(subject: Subject, weighed: Float32Array, { each }: { each: boolean }): GateGradients {
  const { executor, circuits: { model, slots, parameters, baselines }, items, rows } = subject
  const { classes, positions } = model.outputs
  const chunk = Math.min(rows.length, chunkOf(model), each ? Math.max(1, Math.floor(MOST_GATES / slots.count)) : rows.length)
  const program = compile(subject, each)
  const away = Float32Array.from({ length: classes }, (_, c) => subject.classes.includes(c) ? 0 : FAR)

  const run = async (from: number, gates: Float32Array<ArrayBuffer>): Promise<Float32Array> => {
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
      return (await runAndRead(executor, program, [...parameters, ...data, ...values]))[0]
    }
    finally {
      executor.free(...data)
      release()
    }
  }

  return {
    at: async (gates, turn) => {
      const sum = new Float64Array(slots.count)
      for (let from = 0; from < rows.length; from += chunk) {
        const found = await run(from, gatesOfSlots(slots, gates))
        found.forEach((value, slot) => { sum[slot] += value / rows.length })
        await turn(Math.min(1, (from + chunk) / rows.length))
      }
      return Float64Array.from(slots.slotOf, slot => sum[slot])
    },
  }
}

/** [parameters, items, weighed, away, gates, baselines] → [slots]. */
function compile({ executor, circuits: { model, gated } }: Subject, each: boolean): Program {
  const count = model.parameters.length
  return executor.compile((inputs) => {
    const parameters = inputs.slice(0, count)
    const [items, weighed, away, gates, ...baselines] = inputs.slice(count)
    const n = items.shape[0]
    const loss = (own: NdArray): NdArray => {
      const logits = each
        ? vmap(alone(gated.forward), [0, 0, 0, null])(own, paired(items, n), baselines.map(value => paired(value, n)), parameters).reshape([n, 2, -1]).mean(1)
        : gated.forward(parameters, items, own, baselines)
      return nn.logSoftmax(logits.reshape([-1, model.outputs.classes]).add(away), -1).mul(weighed).sum().mul(-1)
    }
    const [value, gradient] = valueAndGrad(loss)(each ? np.tile(gates.reshape([1, -1]), [n, 1]) : gates)
    value.dispose()
    return [each ? np.abs(gradient).sum(0) : gradient]
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
