/**
 * Named random streams from one seed. Numbers are drawn here and enter programs as data, so every executor sees
 * the same ones, and adding a stream never shifts another. Not for cryptography.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

export interface Stream {
  /** In [0, 1), 53 bits. */
  uniform: () => number
  /** Standard normal (Box & Muller 1958). */
  normal: () => number
  /** In 0 … n − 1. */
  integer: (n: number) => number
  /** 0 … n − 1 in random order (Fisher–Yates). */
  permutation: (n: number) => Int32Array
  /** Where it stands, for `resumedStream`. */
  state: () => number[]
}

export function randomStream(seed: number, name: string): Stream {
  return resumedStream(stateOf(seed, name))
}

/** Goes on where another stood. */
export function resumedStream(state: readonly number[]): Stream {
  const generator = xoroshiro128plusFromState(state)

  const uniform = (): number => ((generator.next() >>> 5) * 0x4000000 + (generator.next() >>> 6)) / 2 ** 53
  const integer = (n: number): number => uniformInt(generator, 0, n - 1)

  return {
    uniform,
    integer,
    state: () => [...generator.getState()],
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    permutation: (n) => {
      const order = Int32Array.from({ length: n }, (_, i) => i)
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1)
        const kept = order[i]
        order[i] = order[j]
        order[j] = kept
      }
      return order
    },
  }
}

/** Random numbers addressed by an index, so that an item's are the same whatever runs beside it. */
export interface Field {
  /** Standard normal. */
  normal: (index: number) => number
  /** In 0 … n − 1. */
  integer: (index: number, n: number) => number
}

export function randomField(seed: number, name: string): Field {
  const [a, b, c, d] = stateOf(seed, name)
  // 32 bits each, two murmur rounds apart; the smallest value is kept off zero for the logarithm.
  const uniform = (index: number, key: number, salt: number): number => ((mix(mix(key + Math.imul(index, 0x9E3779B9)) ^ salt) >>> 0) + 0.5) / 2 ** 32
  return {
    normal: index => Math.sqrt(-2 * Math.log(uniform(index, a, b))) * Math.cos(2 * Math.PI * uniform(index, c, d)),
    integer: (index, n) => Math.floor(uniform(index, a, b) * n),
  }
}

/** 128 bits from the seed and the name: FNV-1a over the name, finished four times with murmur3's mixer. */
function stateOf(seed: number, name: string): number[] {
  let hash = 0x811C9DC5
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  const low = seed >>> 0
  const high = Math.floor(seed / 2 ** 32) >>> 0
  const state = [1, 2, 3, 4].map(i => mix(mix(mix(hash + Math.imul(i, 0x9E3779B9)) ^ low) ^ high))
  return state.some(word => word !== 0) ? state : [1, 0, 0, 0]
}

function mix(word: number): number {
  let h = word | 0
  h = Math.imul(h ^ (h >>> 16), 0x85EBCA6B)
  h = Math.imul(h ^ (h >>> 13), 0xC2B2AE35)
  return h ^ (h >>> 16)
}
