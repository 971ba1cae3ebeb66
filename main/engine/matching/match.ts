/**
 * Matches the circuits of two primaries by what their sites do on the same items, the most alike first and one to one. How alike two circuits
 * are means nothing by itself: many units look alike. So the same is done with random circuits of as many sites in the same layers.
 */
import type { MatchedPair, MatchRequest, MatchResult } from '../../../preload/contract/match'
import type { Stream } from '../../lib/random'
import type { Executor } from '../executor/executor'
import type { Signatures } from './signatures'
import { UserError } from '../../../preload/contract/errors'
import { randomStream } from '../../lib/random'
import { itemCount } from '../task/items'
import { signaturesOf } from './signatures'

const DRAWS = 999
/** Comparisons of one matching above which fewer are drawn. */
const MANY = 4000
/** Products of two sites' rows that are computed, at most. */
const MOST_PRODUCTS = 4e9

/** Throws `match-unfit`. */
export async function matchCircuits(executor: Executor, { sides, items, most, seed }: MatchRequest): Promise<MatchResult> {
  const rows = randomStream(seed, 'match/items').permutation(itemCount(items)).slice(0, most).sort()
  const [a, b] = [await signaturesOf(executor, sides[0], items, rows), await signaturesOf(executor, sides[1], items, rows)]
  if (a.kind !== b.kind) throw new UserError({ code: 'match-unfit', message: `The one circuit has ${a.kind} to compare and the other ${b.kind}.`, remedy: 'Match circuits of the same kind of site.' })
  const alike = correlations(a, b)
  const pairs = matched(alike, b.rows.length, a.members, b.members)
  const mean = meanSize(pairs)
  const [onA, onB] = [new Set(pairs.map(pair => pair.a)), new Set(pairs.map(pair => pair.b))]
  return {
    items: rows.length,
    compared: a.kind,
    sites: [a.members.length, b.members.length],
    pairs: pairs.map(pair => ({ a: a.addresses[pair.a], b: b.addresses[pair.b], r: pair.r })),
    unmatched: { a: a.members.filter(i => !onA.has(i)).map(i => a.addresses[i]), b: b.members.filter(i => !onB.has(i)).map(i => b.addresses[i]) },
    mean,
    random: againstRandom(alike, a, b, mean, randomStream(seed, 'match/random')),
  }
}

interface Pair extends Omit<MatchedPair, 'a' | 'b'> { a: number, b: number }

/** Pearson's r of every two candidates, [a · b]. */
function correlations(a: Signatures, b: Signatures): Float64Array {
  const length = a.rows[0].length
  if (length !== b.rows[0].length) throw new UserError({ code: 'match-unfit', message: 'The two primaries see the items at other positions, so nothing can be compared.', remedy: 'Match primaries of the same context.' })
  if (a.rows.length * b.rows.length * length > MOST_PRODUCTS) throw new UserError({ code: 'match-unfit', message: `${a.rows.length.toLocaleString('en')} candidates against ${b.rows.length.toLocaleString('en')} over ${length.toLocaleString('en')} values are too many to compare.`, remedy: 'Take fewer --items.' })
  const found = new Float64Array(a.rows.length * b.rows.length)
  a.rows.forEach((one, i) => b.rows.forEach((other, j) => {
    let sum = 0
    for (let t = 0; t < length; t++) sum += one[t] * other[t]
    found[i * b.rows.length + j] = sum
  }))
  return found
}

/** The largest |r| of what is left, again and again. */
function matched(alike: Float64Array, width: number, ofA: readonly number[], ofB: readonly number[]): Pair[] {
  const all = ofA.flatMap(a => ofB.map(b => ({ a, b, r: alike[a * width + b] }))).sort((p, q) => Math.abs(q.r) - Math.abs(p.r) || p.a - q.a || p.b - q.b)
  const [takenA, takenB] = [new Set<number>(), new Set<number>()]
  return all.filter(({ a, b }) => {
    if (takenA.has(a) || takenB.has(b)) return false
    takenA.add(a)
    takenB.add(b)
    return true
  })
}

function meanSize(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, { r }) => sum + Math.abs(r), 0) / pairs.length
}

function againstRandom(alike: Float64Array, a: Signatures, b: Signatures, mean: number, stream: Stream): MatchResult['random'] {
  const draws = a.members.length * b.members.length > MANY ? 99 : DRAWS
  const means = Array.from({ length: draws }, () => meanSize(matched(alike, b.rows.length, likeMembers(a, stream), likeMembers(b, stream))))
  // Equal circuits add up in another order: a last bit is no difference.
  const asGood = means.filter(other => other >= mean - 1e-9).length
  return { draws, mean: means.reduce((x, y) => x + y, 0) / draws, best: Math.max(...means), p: (asGood + 1) / (draws + 1) }
}

/** As many candidates of each layer as the circuit has there. */
function likeMembers({ members, layers }: Signatures, { permutation }: Stream): number[] {
  const wanted = new Map<string, number>()
  for (const i of members) wanted.set(layers[i], (wanted.get(layers[i]) ?? 0) + 1)
  return [...wanted].flatMap(([layer, count]) => {
    const there = [...layers.keys()].filter(i => layers[i] === layer)
    return Array.from(permutation(there.length).subarray(0, count), at => there[at])
  })
}
