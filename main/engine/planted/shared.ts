/**
 * The design `shared`: the tasks read the same few inputs, and a core of first-layer units serves them all beside a few
 * units of each task's own. The second layer is a task's own.
 */
import type { Subnetwork } from './circuit'
import type { Link } from './net'
import type { Made, Streams } from './plantedMlp'
import type { RuledTask } from './tasks'
import { PLANTED_WIDTH } from '../../../preload/contract/planted'
import { drawSplits } from './plantedMlp'
import { range, trained } from './split'
import { drawRuled, RULES } from './tasks'

const [INPUTS, CLASSES] = [16, 2]
/** Inputs that the tasks read, and units that all tasks share. */
const POOL = 4
const CORE = 4
/** Of a task: units of its own in each hidden layer. */
const OWN = { first: 3, second: 4 }
/** Units of the core, and of the task's own, that a unit of the second layer reads. */
const FAN_IN = { core: 2, own: 2 }

export async function makeShared(streams: Streams, ready: () => Promise<void>, width: number = PLANTED_WIDTH.least): Promise<Made> {
  const { integer, permutation } = streams('design')
  const count = 2 + integer(2)
  const pool = [...permutation(INPUTS).subarray(0, POOL)]
  const rules = Object.values(RULES)
  const first = integer(rules.length)
  // Three inputs of the four each, so that any two tasks have two in common; no two tasks ask the same.
  const tasks: RuledTask[] = Array.from({ length: count }, (_, k) => ({ inputs: range(k, 3).map(i => pool[i % POOL]), rule: rules[(first + k) % rules.length] }))
  const subnetworks = tasks.map((task, k): Subnetwork => ({ slots: { from: k * CLASSES, size: CLASSES }, links: linksOf(pool, task, k, permutation) }))
  const items = drawSplits(INPUTS, count, streams, stream => drawRuled(INPUTS, tasks, stream))
  const net = await trained([INPUTS, width, width, count * CLASSES], subnetworks, items, streams, ready)
  return { clean: { net, tasks: subnetworks }, items }
}

/** A unit of the core that no second-layer unit of the task reads is not the task's. */
function linksOf(pool: readonly number[], task: RuledTask, k: number, permutation: (n: number) => Int32Array): Link[] {
  const own = range(CORE + k * OWN.first, OWN.first)
  const second = range(k * OWN.second, OWN.second)
  const some = (units: readonly number[], n: number): number[] => Array.from(permutation(units.length).subarray(0, n), i => units[i])
  const middle = second.flatMap(to => [...some(range(0, CORE), FAN_IN.core), ...some(own, FAN_IN.own)].map(from => ({ layer: 1, to, from })))
  const read = new Set(middle.map(({ from }) => from))
  const into = (to: number, inputs: readonly number[], i: number): Link[] => [0, 1].map(next => ({ layer: 0, to, from: inputs[(i + next) % inputs.length] }))
  return [
    ...range(0, CORE).filter(unit => read.has(unit)).flatMap(unit => into(unit, pool, unit)),
    ...own.filter(unit => read.has(unit)).flatMap((unit, i) => into(unit, task.inputs, i)),
    ...middle,
    ...range(k * CLASSES, CLASSES).flatMap(to => second.map(from => ({ layer: 2, to, from }))),
  ]
}
