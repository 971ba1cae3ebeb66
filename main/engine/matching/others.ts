/**
 * What a matching is judged against: circuits of as many sites in the same layers, on both sides. Where there are few of them all
 * are taken, and the p-value is exact; else some are drawn.
 */
import type { MatchResult } from '../../../preload/contract/match'
import type { Stream } from '../../lib/random'
import type { Signatures } from './signatures'
import { matched, meanSize } from './pairing'

const DRAWS = 999
/** Comparisons of one matching above which fewer are drawn. */
const MANY = 4000
const FEWER_DRAWS = 99

export interface Compared { alike: Float64Array, a: Signatures, b: Signatures, mean: number, stream: Stream }

export async function againstOthers({ alike, a, b, mean, stream }: Compared, turn: (done: number, total: number) => Promise<void>): Promise<MatchResult['random']> {
  const draws = a.members.length * b.members.length > MANY ? FEWER_DRAWS : DRAWS
  const all = choicesOf(a) * choicesOf(b) - 1 <= draws
  const others = all ? everyOther(a, b) : drawn(a, b, draws, stream)
  const means: number[] = []
  for (const { ofA, ofB } of others) {
    means.push(meanSize(matched(alike, b.rows.length, ofA, ofB)))
    await turn(means.length, draws)
  }
  if (means.length === 0) return { draws: 0, all, mean: 0, best: 0, p: 1 }
  // Equal circuits add up in another order: a last bit is no difference.
  const asGood = means.filter(other => other >= mean - 1e-9).length
  return { draws: means.length, all, mean: means.reduce((x, y) => x + y, 0) / means.length, best: Math.max(...means), p: (asGood + 1) / (means.length + 1) }
}

interface Choice { ofA: number[], ofB: number[] }

function* drawn(a: Signatures, b: Signatures, draws: number, stream: Stream): Generator<Choice> {
  for (let i = 0; i < draws; i++) yield { ofA: likeMembers(a, stream), ofB: likeMembers(b, stream) }
}

/** All but the two circuits themselves. */
function* everyOther(a: Signatures, b: Signatures): Generator<Choice> {
  const own = (members: readonly number[]): string => [...members].sort((x, y) => x - y).join()
  const [ownA, ownB] = [own(a.members), own(b.members)]
  for (const ofA of everyLike(a)) {
    for (const ofB of everyLike(b)) {
      if (own(ofA) !== ownA || own(ofB) !== ownB) yield { ofA, ofB }
    }
  }
}

/** By layer: its candidates, and how many of them the circuit has. */
function layersOf({ members, layers }: Signatures): { there: number[], wanted: number }[] {
  const wanted = new Map<string, number>()
  for (const i of members) wanted.set(layers[i], (wanted.get(layers[i]) ?? 0) + 1)
  return [...wanted].map(([layer, count]) => ({ there: [...layers.keys()].filter(i => layers[i] === layer), wanted: count }))
}

/** How many circuits of this size in these layers there are. */
function choicesOf(side: Signatures): number {
  return layersOf(side).reduce((product, { there, wanted }) => product * binomial(there.length, wanted), 1)
}

function binomial(n: number, k: number): number {
  let value = 1
  for (let i = 1; i <= k; i++) value *= (n - k + i) / i
  return Math.round(value)
}

function* everyLike(side: Signatures): Generator<number[]> {
  yield* combined(layersOf(side))
}

function* combined([first, ...rest]: { there: number[], wanted: number }[]): Generator<number[]> {
  if (first === undefined) return void (yield [])
  for (const chosen of subsets(first.there, first.wanted)) {
    for (const others of combined(rest)) yield [...chosen, ...others]
  }
}

function* subsets(from: readonly number[], size: number): Generator<number[]> {
  if (size === 0) return void (yield [])
  for (let i = 0; i + size <= from.length; i++) {
    for (const rest of subsets(from.slice(i + 1), size - 1)) yield [from[i], ...rest]
  }
}

/** As many candidates of each layer as the circuit has there. */
function likeMembers(side: Signatures, { permutation }: Stream): number[] {
  return layersOf(side).flatMap(({ there, wanted }) => Array.from(permutation(there.length).subarray(0, wanted), at => there[at]))
}
