/**
 * Double dissociations in a lesion × task matrix (Teuber 1955): one site hurts the first task more than the second, another one the
 * second more than the first. Both differences must hold, so the larger p of the two is that of the pair (intersection–union), and it
 * is corrected over all pairs looked at. Differences of shares by Fisher's exact test, their intervals by Newcombe's hybrid score method.
 */
import type { FindingOf } from '../../../preload/contract/mapping'
import type { Loss } from './loss'
import { holm } from '../../lib/statistics/corrections'
import { fisherGreater, newcombe } from '../../lib/statistics/twoShares'

type Dissociation = FindingOf<'tasks'>['dissociations'][number]

export function dissociationsOf(rows: readonly { site: string, cells: Loss[] }[], tasks: readonly string[], alpha: number): Dissociation[] {
  const candidates: Dissociation[] = []
  for (let a = 0; a < rows.length; a++) {
    for (let b = 0; b < rows.length; b++) {
      if (a === b) continue
      for (let s = 0; s < tasks.length; s++) {
        // Each unordered pair of sites with each unordered pair of tasks, both ways round, once.
        for (let t = s + 1; t < tasks.length; t++) candidates.push(compare(rows[a], rows[b], [s, t], tasks, alpha))
      }
    }
  }
  const adjusted = holm(candidates.map(({ p }) => p))
  return candidates.map((candidate, i) => ({ ...candidate, p: adjusted[i] })).filter(({ p }) => p <= alpha)
}

/** The first site against task s, the second against task t. */
function compare(first: { site: string, cells: Loss[] }, second: { site: string, cells: Loss[] }, [s, t]: [number, number], tasks: readonly string[], alpha: number): Dissociation {
  const one = [first.cells[s], first.cells[t]] as const
  const other = [second.cells[t], second.cells[s]] as const
  return {
    sites: [first.site, second.site],
    tasks: [tasks[s], tasks[t]],
    p: Math.max(fisherGreater(...one), fisherGreater(...other)),
    differences: [newcombe(...one, 1 - alpha), newcombe(...other, 1 - alpha)],
  }
}
