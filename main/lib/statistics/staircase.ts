/** What an ascending staircase says of a site's threshold. */
import { clopperPearson } from './binomial'

export interface Step { strength: number, items: number, lost: number }
export interface Threshold {
  /** Exact interval of each step's share. */
  intervals: [number, number][]
  /** The first strength that loses the criterion's share. */
  threshold?: number
  /** Where the true threshold lies: above `from`, at `to` or below; an end is missing where the ladder does not bound it. */
  bracket: { from?: number, to?: number }
}

/**
 * @param steps by ascending dose; the share lost is taken to rise with it
 * @param confidence that the bracket holds the true threshold: every step's interval is that of its part of what may go wrong (Bonferroni)
 * @param planned steps of the whole ladder, climbed or not
 */
export function thresholdOf(steps: readonly Step[], criterion: number, confidence: number, planned = steps.length): Threshold {
  const each = 1 - (1 - confidence) / planned
  const intervals = steps.map(({ lost, items }) => clopperPearson(lost, items, each))
  const threshold = steps.find(({ lost, items }) => lost >= criterion * items)?.strength
  const below = steps.filter((_, i) => intervals[i][1] < criterion).at(-1)?.strength
  const reached = steps.find((_, i) => intervals[i][0] >= criterion)?.strength
  return {
    intervals,
    ...(threshold === undefined ? {} : { threshold }),
    bracket: { ...(below === undefined ? {} : { from: below }), ...(reached === undefined ? {} : { to: reached }) },
  }
}
