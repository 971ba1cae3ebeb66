/**
 * Matches the circuits of two primaries by what their sites do on the same items, the most alike first and one to one. How alike two circuits
 * are means nothing by itself: many units look alike. So the same is done with random circuits of as many sites in the same layers.
 */
import type { MatchPhase, MatchProgress, MatchRequest, MatchResult } from '../../../preload/contract/match'
import type { Executor } from '../executor/executor'
import type { Pair } from './pairing'
import type { Signatures } from './signatures'
import { UserError } from '../../../preload/contract/errors'
import { randomStream } from '../../lib/random'
import { itemCount } from '../task/items'
import { againstOthers } from './others'
import { correlated, matched, meanSize } from './pairing'
import { signaturesOf } from './signatures'
import { verdictOf } from './verdict'

export interface MatchHooks {
  progress: (progress: MatchProgress) => void
  /** A macrotask, so that a stimulation or a cancel gets its turn. */
  ready: () => Promise<void>
  cancelled: () => boolean
  /** Milliseconds, monotonic. */
  now: () => number
}

/** Products of two sites' rows that are computed, at most. */
const MOST_PRODUCTS = 4e9
const PROGRESS_MS = 100
/** Shares of the whole by time. */
const PHASES: Record<MatchPhase, [from: number, to: number]> = { 'reading the circuits': [0, 0.3], 'comparing their sites': [0.3, 0.7], 'against random circuits': [0.7, 1] }

/** Tells how far a phase is, lets others in, and throws where it was cancelled. */
export type Turn = (phase: MatchPhase, done: number, total: number) => Promise<void>

/** Throws `match-unfit`, `cancelled`. */
export async function matchCircuits(executor: Executor, { match, sides, items, most, seed }: MatchRequest, hooks: MatchHooks): Promise<MatchResult> {
  const turn = turns(match, hooks)
  const rows = randomStream(seed, 'match/items').permutation(itemCount(items)).slice(0, most).sort()
  await turn('reading the circuits', 0, 2)
  const a = await signaturesOf(executor, sides[0], items, rows)
  await turn('reading the circuits', 1, 2)
  const b = await signaturesOf(executor, sides[1], items, rows)
  checkComparable(a, b)
  const alike = await correlated(a, b, (done, total) => turn('comparing their sites', done, total))
  const pairs = matched(alike, b.rows.length, a.members, b.members)
  const mean = meanSize(pairs)
  const random = await againstOthers({ alike, a, b, mean, stream: randomStream(seed, 'match/random') }, (done, total) => turn('against random circuits', done, total))
  return {
    items: rows.length,
    compared: a.kind,
    sites: [a.members.length, b.members.length],
    pairs: pairs.map(pair => ({ a: a.addresses[pair.a], b: b.addresses[pair.b], r: pair.r })),
    unmatched: unmatched(pairs, a, b),
    mean,
    random,
    verdict: verdictOf(mean, random),
  }
}

function unmatched(pairs: readonly Pair[], a: Signatures, b: Signatures): MatchResult['unmatched'] {
  const [onA, onB] = [new Set(pairs.map(pair => pair.a)), new Set(pairs.map(pair => pair.b))]
  return { a: a.members.filter(i => !onA.has(i)).map(i => a.addresses[i]), b: b.members.filter(i => !onB.has(i)).map(i => b.addresses[i]) }
}

function checkComparable(a: Signatures, b: Signatures): void {
  if (a.kind !== b.kind) throw new UserError({ code: 'match-unfit', message: `The one circuit has ${a.kind} to compare and the other ${b.kind}.`, remedy: 'Match circuits of the same kind of site.' })
  const length = a.rows[0].length
  if (length !== b.rows[0].length) throw new UserError({ code: 'match-unfit', message: 'The two primaries see the items at other positions, so nothing can be compared.', remedy: 'Match primaries of the same context.' })
  if (a.rows.length * b.rows.length * length > MOST_PRODUCTS) throw new UserError({ code: 'match-unfit', message: `${a.rows.length.toLocaleString('en')} candidates against ${b.rows.length.toLocaleString('en')} over ${length.toLocaleString('en')} values are too many to compare.`, remedy: 'Take fewer items.' })
}

function turns(match: string, { progress, ready, cancelled, now }: MatchHooks): Turn {
  const start = now()
  let told = -Infinity
  return async (phase, done, total) => {
    const time = now()
    if (time - told >= PROGRESS_MS) {
      told = time
      const [from, to] = PHASES[phase]
      progress({ match, phase, share: from + (to - from) * done / Math.max(1, total), seconds: (time - start) / 1000 })
    }
    await ready()
    if (cancelled()) throw new UserError({ code: 'cancelled', message: 'The matching was cancelled.', remedy: 'Start it again; half a matching has no control.' })
  }
}
