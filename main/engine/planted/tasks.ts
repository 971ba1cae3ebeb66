/**
 * What planted mlps do: one input, several tasks, each a rule over a few of the inputs and answered in output slots of its
 * own. Items too close to a rule's border are not drawn, so that a rule can be learnt and small noise changes no answer.
 */
import type { Items } from '../../../preload/contract/engine'
import type { Stream } from '../../lib/random'
import type { Net } from './net'
import { argmax } from '../../lib/logits'
import { logitsOf } from './net'

/** Consecutive outputs that answer one task. */
export interface Slots { from: number, size: number }

/** The class of an item, or undefined too close to the border. `p`, `q`, `r` are standard normal. */
export type Rule = (p: number, q: number, r: number) => number | undefined

/** Half-width of the border, in standard deviations of an input. */
const MARGIN = 0.1

function side(value: number): number | undefined {
  return Math.abs(value) < MARGIN ? undefined : value > 0 ? 1 : 0
}

/** Two classes each, neither rarer than a quarter. */
export const RULES: Record<'apart' | 'majority' | 'sum' | 'both', Rule> = {
  apart: (p, q) => side(Math.abs(p - q) - 1),
  majority: (p, q, r) => {
    const sides = [p, q, r].map(side)
    return sides.includes(undefined) ? undefined : sides.filter(s => s === 1).length > 1 ? 1 : 0
  },
  sum: (p, q, r) => side(p + q - r),
  both: (p, q) => side(Math.min(p, q) + 0.4),
}

/** Inputs and each task's answer to them. */
export interface Drawn { input: ArrayLike<number>, answers: number[] }

/** Items of all tasks: inputs [n · inputs], and per task the classes counted from its first slot. */
export interface PlantedItems { inputs: Float32Array, answers: Int32Array[] }

/** The inputs of a task and its rule over them. */
export interface RuledTask { inputs: number[], rule: Rule }

/** Standard normal inputs to which every task has an answer. */
export function drawRuled(inputs: number, tasks: readonly RuledTask[], { normal }: Stream): Drawn {
  for (;;) {
    const input = Array.from({ length: inputs }, normal)
    const answers = tasks.map(({ inputs: [p, q, r], rule }) => rule(input[p], input[q], input[r]))
    if (!answers.includes(undefined)) return { input, answers: answers as number[] }
  }
}

export function drawItems(count: number, inputs: number, tasks: number, draw: () => Drawn): PlantedItems {
  const items = { inputs: new Float32Array(count * inputs), answers: Array.from({ length: tasks }, () => new Int32Array(count)) }
  for (let i = 0; i < count; i++) {
    const { input, answers } = draw()
    items.inputs.set(input, i * inputs)
    answers.forEach((answer, task) => { items.answers[task][i] = answer })
  }
  return items
}

/** One task's items as a data set has them. */
export function itemsOf({ inputs, answers }: PlantedItems, task: number, { from }: Slots): Items {
  const n = answers[task].length
  return { inputs: { shape: [n, inputs.length / n], data: inputs }, scale: 1, targets: answers[task].map(answer => from + answer) }
}

/** The best class among a task's slots, counted from the first. */
export function answersOf(net: Net, inputs: Float32Array, { from, size }: Slots): Int32Array {
  const outputs = net.sizes.at(-1)!
  const logits = logitsOf(net, inputs)
  return Int32Array.from({ length: logits.length / outputs }, (_, i) => argmax(logits.subarray(i * outputs + from, i * outputs + from + size)))
}

/** Share of places where two lists of answers are the same. */
export function agreementOf(a: Int32Array, b: Int32Array): number {
  return a.reduce((sum, answer, i) => sum + (answer === b[i] ? 1 : 0), 0) / a.length
}
