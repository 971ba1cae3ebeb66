/**
 * Teaches a reader what other symbiotes found: descriptors of sites in, the score that `free` gave them out. A regression over rows of a table;
 * no primary is run.
 */
import type { Executor, Program, Value } from '../executor/executor'
import type { NdArray } from '../executor/jax'
import { randomStream } from '../../lib/random'
import { nn, valueAndGrad } from '../executor/jax'
import { adamUpdate, stepSize } from '../train/adam'
import { DESCRIPTORS } from './descriptors'
import { familyNet } from './families'

/** Sites of one primary. */
export interface ReaderTable {
  /** [sites · descriptors]. */
  descriptors: Float32Array
  /** [sites], 0 … 1. */
  targets: ArrayLike<number>
}

const STEPS = 500
const BATCH = 256
const RATE = 0.01
/** Keeps a few primaries from being learned by heart. */
const ADAM = { beta1: 0.9, beta2: 0.999, weightDecay: 0.5 }
/** Of a batch: members are few among the sites, and the order among the likely ones is what counts. */
const MEMBERS = 0.3

export function readerNet(slots: number) {
  return familyNet('reader', { slots, channels: 1, contexts: 1, descriptors: DESCRIPTORS.length, start: -1 })
}

/** Learned arrays in the order of the net's shapes. */
export async function distil(executor: Executor, tables: readonly ReaderTable[], seed: number, turn: (share: number) => Promise<void>): Promise<Float32Array[]> {
  const net = readerNet(BATCH)
  const program = compile(executor)
  const stream = randomStream(seed, 'reader/batches')
  const drawn = tables.map(table => sampler(table, stream.integer))
  let state: Value[] = [
    ...net.init(randomStream(seed, 'reader/init')).map((data, k) => executor.upload(data, [...net.shapes[k]])),
    ...[0, 1].flatMap(() => net.shapes.map(shape => executor.upload(new Float32Array(shape.reduce((a, b) => a * b, 1)), [...shape]))),
  ]
  try {
    for (let step = 1; step <= STEPS; step++) {
      const { descriptors, targets } = batchOf(tables, drawn, stream.integer)
      const rate = RATE * (1 - (step - 1) / STEPS)
      const data = [executor.upload(descriptors, [BATCH, DESCRIPTORS.length]), executor.upload(targets, [BATCH]), ...[...stepSize(rate, step, ADAM)].map(value => executor.upload(new Float32Array([value]), [1]))]
      const next = await program([...state, ...data])
      executor.free(...state, ...data)
      state = next
      if (step % 25 === 0) await turn(step / STEPS)
    }
    const learned: Float32Array[] = []
    for (const array of state.slice(0, net.shapes.length)) learned.push(await executor.download(array))
    return learned
  }
  finally {
    executor.free(...state)
  }
}

/** [arrays, first and second moments, descriptors, targets, rate, ε, kept] → [arrays, moments]. */
function compile(executor: Executor): Program {
  const net = readerNet(BATCH)
  const arrays = net.shapes.length
  return executor.compile((inputs) => {
    const [learned, first, second] = [0, 1, 2].map(k => inputs.slice(k * arrays, (k + 1) * arrays))
    const [descriptors, targets, rate, epsilon, kept] = inputs.slice(3 * arrays)
    // Cross-entropy of a probability to the score, from log α: log(1 + eˣ) − t·x.
    const loss = (own: NdArray[]): NdArray => {
      const logits = net.logits(own, descriptors, 0).reshape([BATCH])
      return nn.softplus(logits.ref).sub(targets.mul(logits)).mean()
    }
    const [value, gradients] = (valueAndGrad as unknown as (f: (own: NdArray[]) => NdArray) => (own: NdArray[]) => [NdArray, NdArray[]])(loss)(learned.map(array => array.ref))
    value.dispose()
    const next = adamUpdate(learned, gradients, { first, second }, { rate, epsilon, kept }, ADAM)
    return [...next.parameters, ...next.first, ...next.second]
  })
}

/** Rows of a table: a member or any other site. */
function sampler({ targets }: ReaderTable, integer: (n: number) => number): (member: boolean) => number {
  const of = (wanted: boolean): number[] => Array.from(targets).flatMap((score, i) => (score >= 0.5) === wanted ? [i] : [])
  const [members, others] = [of(true), of(false)]
  return (member) => {
    const rows = (member && members.length > 0) || others.length === 0 ? members : others
    return rows[integer(rows.length)]
  }
}

function batchOf(tables: readonly ReaderTable[], drawn: readonly ((member: boolean) => number)[], integer: (n: number) => number): { descriptors: Float32Array<ArrayBuffer>, targets: Float32Array<ArrayBuffer> } {
  const width = DESCRIPTORS.length
  const [descriptors, targets] = [new Float32Array(BATCH * width), new Float32Array(BATCH)]
  for (let row = 0; row < BATCH; row++) {
    // Every primary counts alike, however many sites it has.
    const t = integer(tables.length)
    const site = drawn[t](row < MEMBERS * BATCH)
    descriptors.set(tables[t].descriptors.subarray(site * width, (site + 1) * width), row * width)
    targets[row] = tables[t].targets[site]
  }
  return { descriptors, targets }
}
