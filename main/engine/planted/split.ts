import type { Subnetwork } from './circuit'
import type { Link, Net } from './net'
/** The design `split`: every task has inputs, hidden units and a sparse subnetwork of its own, trained where it was planted. */
import type { CleanItems, Made, Streams } from './plantedMlp'
import type { RuledTask } from './tasks'
import { PLANTED_WIDTH } from '../../../preload/contract/planted'
import { emptyNet } from './net'
import { drawSplits } from './plantedMlp'
import { agreementOf, answersOf, drawRuled, RULES } from './tasks'
import { initialise, trainMasked } from './training'

const INPUTS = [16, 20]
const CLASSES = 2
/** Of a task: its inputs, and its units in each hidden layer. */
const OWN = { inputs: 3, first: 6, second: 4 }
/** Weights into a unit of the second layer. */
const FAN_IN = 3
/** Clean accuracy of every task, on items it was not trained with. */
const ACCURACY = 0.97
/** Small nets get stuck; another start is cheap. */
const STARTS = 30

export async function makeSplit(streams: Streams, ready: () => Promise<void>, width: number = PLANTED_WIDTH.least): Promise<Made> {
  const { integer, permutation } = streams('design')
  const [inputs, count] = [INPUTS[integer(2)], 2 + integer(2)]
  const order = permutation(inputs)
  const rules = Object.values(RULES)
  const tasks: RuledTask[] = Array.from({ length: count }, (_, k) => ({ inputs: [...order.subarray(k * OWN.inputs, (k + 1) * OWN.inputs)], rule: rules[integer(rules.length)] }))
  const subnetworks = tasks.map((task, k): Subnetwork => ({
    slots: { from: k * CLASSES, size: CLASSES },
    links: sparseLinks({ inputs: task.inputs, first: range(k * OWN.first, OWN.first), second: range(k * OWN.second, OWN.second), slots: range(k * CLASSES, CLASSES) }, permutation),
  }))
  const items = drawSplits(inputs, count, streams, stream => drawRuled(inputs, tasks, stream))
  const net = await trained([inputs, width, width, count * CLASSES], subnetworks, items, streams, ready)
  return { clean: { net, tasks: subnetworks }, items }
}

/** Where a task's weights lie. First units read two inputs each, every pair in turn; second units some of the first. */
export function sparseLinks({ inputs, first, second, slots }: { inputs: number[], first: number[], second: number[], slots: number[] }, permutation: (n: number) => Int32Array): Link[] {
  return [
    ...first.flatMap((to, i) => [0, 1].map(next => ({ layer: 0, to, from: inputs[(i + next) % inputs.length] }))),
    ...second.flatMap(to => Array.from(permutation(first.length).subarray(0, FAN_IN), i => ({ layer: 1, to, from: first[i] }))),
    ...slots.flatMap(to => second.map(from => ({ layer: 2, to, from }))),
  ]
}

/** The first start that learns every task. */
export async function trained(sizes: number[], tasks: readonly Subnetwork[], items: CleanItems, streams: Streams, ready: () => Promise<void>): Promise<Net> {
  // A weight that two tasks share is one weight.
  const links = [...new Map(tasks.flatMap(task => task.links).map(link => [`${link.layer}/${link.to}/${link.from}`, link])).values()]
  const slots = tasks.map(task => task.slots)
  for (let start = 0; start < STARTS; start++) {
    const net = emptyNet(sizes)
    initialise(net, links, streams(`init/${start}`))
    await trainMasked(net, { links, slots, items: items.train, stream: streams(`order/${start}`), ready })
    if (slots.every((slot, task) => agreementOf(answersOf(net, items.test.inputs, slot), items.test.answers[task]) >= ACCURACY)) return net
  }
  throw new Error(`no start out of ${STARTS} learns every task`)
}

export function range(from: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => from + i)
}
