/**
 * What steering is measured by. Items that should come to be answered with the target, other items on which nothing should change,
 * and of any changed primary: how often it gives the target, and what it did to the others. Not how gates are found, nor the
 * rivals; see `steeringReport.ts`.
 *
 *   const question = questionOf(task, references, model, { target, seed })
 *   const held = await openYardstick(executor, model, parameters, question, 'test')
 *   const response = await doseResponse(circuits, gates, held)
 */
import type { Items } from '../../../preload/contract/engine'
import type { DosePoint, Measured } from '../../../preload/contract/steering'
import type { TaskItems } from '../../../preload/contract/symbiote'
import type { Executor, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Circuits } from './circuits'
import { UserError } from '../../../preload/contract/errors'
import { randomStream } from '../../lib/random'
import { runAndRead } from '../executor/executor'
import { chunkOf } from '../stimulation/knowledge'
import { answerTarget, gatherInputs, gatherMask, gatherTargets, itemCount } from '../task/items'
import { effectOf, meanOf, measureItems } from '../task/measures'
import { doseOf } from './fold'

/** Rows of some items. */
export interface Chosen { items: Items, rows: Int32Array }

export interface SteeringSplit {
  /** To be answered with the target, and of another class. */
  steer: Chosen
  /** To be left as they are. */
  others: Chosen[]
  /** Of the target class, wherever they are from. */
  examples: Chosen[]
}

export interface SteeringQuestion {
  target: number
  train: SteeringSplit
  test: SteeringSplit
}

/** Items of each kind at most, drawn from all there are. */
const ITEMS = { mlp: { train: 256, test: 1000 }, cnn: { train: 256, test: 1000 }, transformer: { train: 64, test: 256 } } as const

/** Logits of rows, [rows · positions · classes]. */
export type Answering = (items: Items, rows: Int32Array) => Promise<Float32Array>

/**
 * The others are all items of the reference tasks; without any, the task's own items of the target class, which should go on
 * being answered with it. Throws `nothing-to-steer` and `nothing-to-spare`.
 */
export function questionOf(task: TaskItems, references: readonly TaskItems[], { architecture }: Model, { target, seed, items = ITEMS[architecture.kind] }: { target: number, seed: number, items?: { train: number, test: number } }): SteeringQuestion {
  const split = (part: 'train' | 'test'): SteeringSplit => {
    const choose = (from: Items, name: string, wanted: (row: number) => boolean): Chosen => {
      const { permutation } = randomStream(seed, `steering/${part}/${name}`)
      return { items: from, rows: permutation(itemCount(from)).filter(wanted).slice(0, items[part]).sort() }
    }
    const own = task[part]
    const steer = choose(own, 'steer', row => answerTarget(own, row) !== target)
    const examples = [task, ...references].map(({ [part]: from }, i) => choose(from, `examples/${i}`, row => answerTarget(from, row) === target)).filter(({ rows }) => rows.length > 0)
    const others = references.length === 0 ? examples : references.map(({ [part]: from }, i) => choose(from, `others/${i}`, () => true))
    if (steer.rows.length === 0)
      throw new UserError({ code: 'nothing-to-steer', message: `${task.name}: every ${part} item is of class ${target} already.`, remedy: 'Choose another target, or a task with other answers.' })
    if (others.every(({ rows }) => rows.length === 0))
      throw new UserError({ code: 'nothing-to-spare', message: `${task.name}: no ${part} item is of class ${target}, and there is no reference task, so there is nothing to leave as it is.`, remedy: 'Name a reference task.' })
    return { steer, others, examples }
  }
  return { target, train: split('train'), test: split('test') }
}

/** Holds what the full primary answers on the items of one split, and measures others against it. */
export interface Yardstick extends SteeringSplit {
  target: number
  /** Of the full primary on the others, in their order. */
  full: Float32Array[]
  success: (logits: Float32Array) => number
  /** @param others logits of the others, in their order */
  spared: (others: readonly Float32Array[]) => Omit<Measured, 'success'>
  /** Both. */
  measure: (answer: Answering) => Promise<Measured>
}

/** Leaves `parameters` alive, and needs them only while it is opened. */
export async function openYardstick(executor: Executor, model: Model, parameters: Value[], question: SteeringQuestion, part: 'train' | 'test'): Promise<Yardstick> {
  const split = question[part]
  const answer = answeringOf(executor, model)(parameters)
  const full: Float32Array[] = []
  for (const { items, rows } of split.others) full.push(await answer(items, rows))
  return yardstickOf(model, split, question.target, full)
}

function yardstickOf(model: Model, split: SteeringSplit, target: number, full: Float32Array[]): Yardstick {
  const { classes, positions } = model.outputs
  const { steer, others } = split
  const wanted = { targets: gatherTargets(steer.items, steer.rows).fill(target), mask: gatherMask(steer.items, steer.rows), classes, positions }
  const own = others.map(({ items, rows }) => ({ targets: gatherTargets(items, rows), mask: gatherMask(items, rows), classes, positions }))
  const success = (logits: Float32Array): number => meanOf(measureItems(logits, logits, wanted).accuracy.after)
  const spared = (logits: readonly Float32Array[]): Omit<Measured, 'success'> => {
    const measured = own.map((rows, i) => measureItems(full[i], logits[i], rows))
    return {
      klOthers: effectOf(measured.flatMap(({ kl }) => [...kl.after])),
      accuracyOthers: meanOf(measured.flatMap(({ accuracy }) => [...accuracy.after])),
    }
  }
  return {
    ...split,
    target,
    full,
    success,
    spared,
    measure: async (answer) => {
      const logits: Float32Array[] = []
      for (const { items, rows } of others) logits.push(await answer(items, rows))
      return { success: success(await answer(steer.items, steer.rows)), ...spared(logits) }
    },
  }
}

/** A primary without gates, with one set of weights after another. */
export function answeringOf(executor: Executor, model: Model): (parameters: Value[]) => Answering {
  const program = executor.compile(inputs => [model.forward(inputs.slice(0, -1), inputs[inputs.length - 1]).outputs])
  const each = model.outputs.positions * model.outputs.classes
  const chunk = chunkOf(model)
  return parameters => async (items, rows) => {
    const logits = new Float32Array(rows.length * each)
    for (let at = 0; at < rows.length; at += chunk) {
      const part = rows.subarray(at, at + chunk)
      const inputs = executor.upload(gatherInputs(items, part), [part.length, ...model.inputs])
      try {
        logits.set((await runAndRead(executor, program, [...parameters, inputs]))[0], at * each)
      }
      finally {
        executor.free(inputs)
      }
    }
    return logits
  }
}

/** From nothing to half as much again. */
export const SHARES: readonly number[] = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]

/** What more and less of a prescription does. */
export async function doseResponse({ logits }: Circuits, gates: ArrayLike<number>, yardstick: Yardstick, shares = SHARES): Promise<DosePoint[]> {
  const { steer, others, success, spared } = yardstick
  const doses = shares.map(share => Float64Array.from(gates, gate => 1 + share * (gate - 1)))
  const steered = await logits(steer.items, steer.rows, doses)
  const spare: Float32Array[][] = []
  for (const { items, rows } of others) spare.push(await logits(items, rows, doses))
  return shares.map((share, k) => ({ share, dose: doseOf(doses[k]), success: success(steered[k]), ...spared(spare.map(of => of[k])) }))
}

const BISECTIONS = 10

/** The least strength that is enough, where `low` is not and `high` is: to a thousandth of what lies between. */
export async function leastBetween(low: number, high: number, enough: (strength: number) => Promise<boolean>): Promise<number> {
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2
    if (await enough(middle)) high = middle
    else low = middle
  }
  return high
}
