/**
 * Data sets that ship as programs: drawn from a fixed seed, the same on every machine, and items like any others.
 * Train and test come from streams of their own.
 */
import type { Items } from '../../preload/contract/engine'
import type { DatasetFile } from '../../preload/contract/primary'
import { randomStream } from '../lib/random'

export type Part = 'train' | 'test'

export interface SyntheticDataset {
  file: DatasetFile
  make: (part: Part) => Items
}

const SEED = 1

/** Tokens 0 … 63 and one that begins every item. */
const TOKENS = 64
const BEGIN = TOKENS
const CONTEXT = 64
const SPAN = 16
const INDUCTION_ITEMS = { train: 16_384, test: 1024 }

/**
 * A span of 16 tokens comes again later, from a random place in 1 … 15 to a random place in 32 … 47: a fixed offset would teach a
 * positional copy. All tokens of an item differ but for the copy, so that what follows the earlier one is the only answer.
 * What counts are the copied tokens after the first. The counterfactual has the tokens that the copy replaced where the
 * span came from, so that nothing is left to copy.
 */
function induction(part: Part): Items {
  const stream = randomStream(SEED, `dataset/induction/${part}`)
  const count = INDUCTION_ITEMS[part]
  const [inputs, partners, targets] = [0, 0, 0].map(() => new Int32Array(count * CONTEXT))
  const mask = new Float32Array(count * CONTEXT)
  for (let item = 0; item < count; item++) {
    const sequence = [BEGIN, ...stream.permutation(TOKENS)]
    const from = 1 + stream.integer(SPAN - 1)
    const to = 32 + stream.integer(SPAN)
    const other = [...sequence]
    for (let i = 0; i < SPAN; i++) {
      sequence[to + i] = sequence[from + i]
      other[from + i] = other[to + i]
      other[to + i] = sequence[to + i]
    }
    inputs.set(sequence.slice(0, CONTEXT), item * CONTEXT)
    partners.set(other.slice(0, CONTEXT), item * CONTEXT)
    targets.set(sequence.slice(1), item * CONTEXT)
    mask.fill(1, item * CONTEXT + to, item * CONTEXT + to + SPAN - 1)
  }
  return tokens(count, CONTEXT, inputs, targets, { mask, partners })
}

const P = 59

/** Every pair `a b =` with a + b mod 59 as its class; half of them, drawn at random, to train on. The counterfactual has another a. */
function modadd(part: Part): Items {
  const order = randomStream(SEED, 'dataset/modadd/split').permutation(P * P)
  const half = Math.floor(P * P / 2)
  const pairs = part === 'train' ? order.slice(0, half) : order.slice(half)
  const stream = randomStream(SEED, `dataset/modadd/partners/${part}`)
  const inputs = Int32Array.from([...pairs].flatMap(pair => [Math.floor(pair / P), pair % P, P]))
  const partners = Int32Array.from([...pairs].flatMap(pair => [(Math.floor(pair / P) + 1 + stream.integer(P - 1)) % P, pair % P, P]))
  return tokens(pairs.length, 3, inputs, pairs.map(pair => (Math.floor(pair / P) + pair % P) % P), { partners })
}

function tokens(count: number, positions: number, inputs: Int32Array, targets: Int32Array, { mask, partners }: { mask?: Float32Array, partners: Int32Array }): Items {
  const shape = [count, positions]
  return { inputs: { shape, data: inputs }, scale: 1, targets, counterfactual: { shape, data: partners }, ...(mask ? { mask } : {}) }
}

export const synthetic: Record<'induction' | 'modadd', SyntheticDataset> = {
  induction: {
    file: { format: 'symbiote-dataset/1', name: 'induction', kind: 'next-token', inputs: { shape: [CONTEXT] }, classes: TOKENS + 1, classNames: [...Array.from({ length: TOKENS }, (_, i) => String(i)), 'begin'] },
    make: induction,
  },
  modadd: {
    file: { format: 'symbiote-dataset/1', name: 'modadd', kind: 'classification', inputs: { shape: [3] }, classes: P },
    make: modadd,
  },
}
