/** Which site comes next, and which items it is shown. Follows from the protocol's seed and what has been done, so that a mapping cut off goes on as it would have. */
import type { Protocol } from '../../../preload/contract/protocol'
import { randomStream } from '../../lib/random'

export interface Candidate { site: string, done: number }

/** One of those with the fewest trials, at random; never the last one again while another is left. */
export function chooseSite(candidates: readonly Candidate[], last: string | undefined, { seed, order }: Protocol, number: number): string {
  const others = order.neverTwice ? candidates.filter(({ site }) => site !== last) : candidates
  const eligible = others.length > 0 ? others : candidates
  const fewest = Math.min(...eligible.map(({ done }) => done))
  const best = eligible.filter(({ done }) => done === fewest)
  return best[randomStream(seed, `mapping/order/${number}`).integer(best.length)].site
}

/** Whether this trial is a sham: at the protocol's rate, or more often where too few are left otherwise. */
export function drawSham({ seed, shams }: Protocol, number: number, done: number, left: number): boolean {
  const due = (shams.least - done) / Math.max(1, left)
  return randomStream(seed, `mapping/sham/${number}`).uniform() < Math.max(shams.rate, due)
}

/**
 * The items of a site's r-th trial, from 0: no item comes twice at a site until the pool is used up. The first is shown.
 * @param avoid class of the item shown before: a repeated answer can only be seen where the items differ
 */
export function itemsOf(pool: Int32Array, { seed }: Protocol, purpose: string, repetition: number, count: number, avoid?: (item: number) => boolean): Int32Array {
  const order = randomStream(seed, `mapping/items/${purpose}`).permutation(pool.length)
  const rows = Int32Array.from({ length: count }, (_, i) => pool[order[(repetition * count + i) % pool.length]])
  const shown = avoid ? Math.max(0, rows.findIndex(row => !avoid(row))) : 0
  if (shown > 0) [rows[0], rows[shown]] = [rows[shown], rows[0]]
  return rows
}
