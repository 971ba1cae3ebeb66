/** How far estimates are from exact effects. */
import type { Disagreement } from '../../../preload/contract/sweep'
import { spearman } from '../../lib/statistics/ranks'

export function disagreementOf(estimates: ArrayLike<number>, exact: ArrayLike<number>): Disagreement {
  let maxError = 0
  for (let i = 0; i < exact.length; i++) maxError = Math.max(maxError, Math.abs(estimates[i] - exact[i]))
  const rank = spearman(estimates, exact)
  return { sites: exact.length, ...(rank === undefined ? {} : { rank }), maxError }
}
