/** What every method looks at: a primary under gates, training items of one task, and how far a circuit's answers are from the primary's. */
import type { Items, Tensor } from '../../../preload/contract/engine'
import type { Executor } from '../executor/executor'
import type { Answers } from '../sweep/rowMeasures'
import type { Circuits } from '../symbiote/circuits'
import { randomStream } from '../../lib/random'
import { answersOf, itemMeasure } from '../sweep/rowMeasures'
import { answersOfTask, narrowed } from '../symbiote/answers'
import { itemCount } from '../task/items'

export interface Subject {
  executor: Executor
  circuits: Circuits
  weights: Record<string, Tensor>
  items: Items
  rows: Int32Array
  /** How logits of all classes are laid out, and what is right. */
  answers: Answers
  /** Those compared. */
  classes: number[]
  /** Of the full primary over the classes compared, [rows · positions · compared]. */
  full: Float32Array
  /** Mean over items of KL(full ‖ circuit), nats, from the circuit's logits of all classes; an item's is the mean over its positions that count. */
  divergence: (logits: Float32Array) => number
  seed: number
}

/** Tells how far a method is and lets others in; throws the UserError `cancelled`. */
export type Turn = (share: number) => Promise<void>

/** A method that has nothing to say here, and why. */
export interface Skipped { reason: string }

/** A score per candidate, larger is more part of the circuit. */
export type Method = (subject: Subject, turn: Turn) => Promise<Float64Array | Skipped>

/** One run of an mlp, and whole runs of a transformer. */
export const ITEMS = 496
/** Multiplications a method may cost: some minutes. */
const MOST_WORK = 3e11

export interface SubjectOptions { items?: number | undefined, seed: number }

/** Leaves `circuits` open. Items are drawn, because a data set may be in order of its classes. */
export async function openSubject(executor: Executor, circuits: Circuits, weights: Record<string, Tensor>, train: Items, { items = ITEMS, seed }: SubjectOptions): Promise<Subject> {
  const { model } = circuits
  const rows = randomStream(seed, 'judge/items').permutation(itemCount(train)).slice(0, items).sort()
  const answers = answersOf(model, train, rows)
  const classes = answersOfTask(train, model)
  const [logits] = await circuits.logits(train, rows, [everything(circuits)])
  const full = narrowed(logits, answers.classes, classes)
  const size = classes.length * answers.positions
  const item = itemMeasure('kl', full, { ...answers, classes: classes.length })
  const divergence = (circuit: Float32Array): number => {
    const own = narrowed(circuit, answers.classes, classes)
    return rows.reduce((sum, _, i) => sum + item(own, i * size, i), 0) / rows.length
  }
  return { executor, circuits, weights, items: train, rows, answers, classes, full, divergence, seed }
}

/** Gates of the full primary. */
export function everything({ slots }: Circuits): Float32Array<ArrayBuffer> {
  return new Float32Array(slots.addresses.length).fill(1)
}

/** Of each circuit, as many as share a run. */
export async function divergences({ circuits, items, rows, divergence }: Subject, gates: readonly ArrayLike<number>[]): Promise<number[]> {
  return (await circuits.logits(items, rows, gates)).map(divergence)
}

/** Why so many forward passes over the items are not made; undefined where they are. */
export function tooMuch({ circuits: { model }, rows }: Subject, passes: number): string | undefined {
  const parameters = model.parameters.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const positions = model.architecture.kind === 'transformer' ? model.inputs[0] : 1
  if (passes * rows.length * positions * parameters <= MOST_WORK) return undefined
  return `it would take about ${passes.toLocaleString('en')} forward passes over ${rows.length} items`
}
