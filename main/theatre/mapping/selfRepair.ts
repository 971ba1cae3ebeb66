/**
 * Whether sites stand in for each other: what they do to log p(target) together against the sum of what each does alone, item by
 * item. Less harm together than the sum says that they act on one path; more harm, that the one made up for the other.
 */
import type { FindingOf } from '../../../preload/contract/mapping'
import type { Protocol } from '../../../preload/contract/protocol'
import type { ItemReading } from './reading'
import { signFlip } from '../../lib/statistics/signFlip'
import { studentQuantile } from '../../lib/statistics/student'
import { changes, meanOf } from './reading'

type Sum = FindingOf<'self-repair'>['pairs'][number]

/** @param singles each site's own readings of the same items, in the order of `sites` */
export function sumOf(sites: string[], joint: readonly ItemReading[], singles: readonly ItemReading[][], { seed, test: { alpha } }: Protocol): Sum {
  const together = changes(joint)
  const apart = singles.map(changes)
  const sums = together.map((_, i) => apart.reduce((sum, of) => sum + of[i], 0))
  const excess = together.map((change, i) => change - sums[i])
  const { mean, se } = meanOf(excess)
  const half = se * studentQuantile(1 - alpha / 2, excess.length - 1)
  return { sites, joint: meanOf(together).mean, sum: meanOf(sums).mean, excess: mean, interval: [mean - half, mean + half], items: excess.length, p: signFlip(excess, seed) }
}
