/**
 * What proposes the gates: from a few learned arrays to log α of every slot, per channel (design: Form). `free` has an entry for
 * each site; `conditioned` is low-rank in site and task, so tasks share what they can; `reader` is an mlp over what can be
 * measured of any site, so it knows no site by name and applies to primaries it never saw.
 */
import type { Family } from '../../../preload/contract/symbiote'
import type { Stream } from '../../lib/random'
import type { NdArray } from '../executor/jax'
import { np } from '../executor/jax'
import { hardConcrete } from './hardConcrete'

export interface FamilyNet {
  /** Shapes of the learned arrays of one seed. */
  readonly shapes: readonly number[][]
  /** Step of the optimiser that suits them. */
  readonly rate: number
  init: (random: Stream) => Float32Array<ArrayBuffer>[]
  /**
   * log α [channels, slots] for a task. Takes the parameters and the descriptors.
   * @param descriptors [slots, descriptors]
   */
  logits: (parameters: NdArray[], descriptors: NdArray, context: number) => NdArray
}

export interface FamilySizes {
  slots: number
  channels: number
  contexts: number
  descriptors: number
  /** log α that gates begin with. */
  start: number
}

const RANK = 8
const HIDDEN = 32

export function familyNet(family: Family, sizes: FamilySizes): FamilyNet {
  switch (family) {
    case 'free': return free(sizes)
    case 'conditioned': return conditioned(sizes)
    case 'reader': return reader(sizes)
    default: return family satisfies never
  }
}

function free({ slots, channels, start }: FamilySizes): FamilyNet {
  return {
    shapes: [[channels, slots]],
    rate: 0.1,
    init: ({ normal }) => [hardConcrete.init(channels * slots, normal, { mean: start })],
    logits: ([table], descriptors) => {
      descriptors.dispose()
      return table
    },
  }
}

/** log α = ⟨A e, h⟩ + b: site embeddings e [slots, rank], task embeddings h [contexts, rank], one A and one bias per channel. */
function conditioned({ slots, channels, contexts, start }: FamilySizes): FamilyNet {
  return {
    shapes: [[slots, RANK], [channels, RANK, RANK], [contexts, RANK], [channels, 1]],
    rate: 0.05,
    init: ({ normal }) => [
      Float32Array.from({ length: slots * RANK }, () => 0.5 * normal()),
      // Near the identity, so that every direction of the embedding speaks from the first step.
      Float32Array.from({ length: channels * RANK * RANK }, (_, i) => (i % (RANK + 1) === 0 ? 1 : 0) + 0.05 * normal()),
      Float32Array.from({ length: contexts * RANK }, () => 1 + 0.1 * normal()),
      new Float32Array(channels).fill(start),
    ],
    logits: ([sites, mix, tasks, bias], descriptors, context) => {
      descriptors.dispose()
      const task = tasks.slice([context, context + 1]).reshape([RANK])
      // [channels, rank] · [rank, slots]
      return bounded(np.dot(np.dot(mix, task), sites.transpose()).add(bias))
    },
  }
}

function reader({ slots, channels, descriptors, start }: FamilySizes): FamilyNet {
  return {
    shapes: [[descriptors, HIDDEN], [HIDDEN], [HIDDEN, HIDDEN], [HIDDEN], [HIDDEN, channels], [channels]],
    rate: 0.01,
    init: ({ normal }) => [
      Float32Array.from({ length: descriptors * HIDDEN }, () => normal() * Math.sqrt(2 / descriptors)),
      new Float32Array(HIDDEN),
      Float32Array.from({ length: HIDDEN * HIDDEN }, () => normal() * Math.sqrt(2 / HIDDEN)),
      new Float32Array(HIDDEN),
      Float32Array.from({ length: HIDDEN * channels }, () => 0.5 * normal()),
      new Float32Array(channels).fill(start),
    ],
    logits: ([w1, b1, w2, b2, w3, b3], input) => {
      const first = np.tanh(np.dot(input, w1).add(b1))
      const second = np.tanh(np.dot(first, w2).add(b2))
      return bounded(np.dot(second, w3).add(b3).transpose().reshape([channels, slots]))
    },
  }
}

/** Products of learned arrays grow without end where a gate is settled; beyond ±8 it is settled. */
function bounded(logits: NdArray): NdArray {
  return np.tanh(logits.mul(1 / 8)).mul(8)
}
