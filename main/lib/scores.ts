/**
 * How well scores tell the sites of a circuit from the others. Ties are exact: sites with one score are one group, in
 * whatever order they came. Sites without a score count as the least of all.
 */

/** What is known of a candidate: part of the circuit, not part of it, or `inert`, which judges nobody. */
export type Membership = 'site' | 'other' | 'inert'

export interface Scores {
  /** Probability that a site of the circuit scores above another one, ties by half (Mann & Whitney 1947). */
  auroc: number
  /** Average precision: Σ (Rₖ − Rₖ₋₁) Pₖ over distinct scores from the largest, as scikit-learn has it. */
  ap: number
  /** How many of the circuit, and how many others, were scored. */
  sites: number
  others: number
}

/** Both NaN where there is no site, AUROC also where there is no other. */
export function scoresOf(scores: ArrayLike<number>, membership: readonly Membership[]): Scores {
  const [sites, others] = (['site', 'other'] as const).map(wanted => membership.filter(one => one === wanted).length)
  let [above, found, seen, pairs, precision] = [0, 0, 0, 0, 0]
  for (const group of groupsOf(scores, membership)) {
    // Every other of this group is beaten by the sites found before and ties with those found now.
    pairs += group.others * (above + group.sites / 2)
    above += group.sites
    found += group.sites
    seen += group.sites + group.others
    precision += group.sites * found / seen
  }
  return { auroc: pairs / (sites * others), ap: precision / sites, sites, others }
}

/** From the largest score to the least: how many sites and others have it. */
function groupsOf(scores: ArrayLike<number>, membership: readonly Membership[]): { sites: number, others: number }[] {
  const groups = new Map<number, { sites: number, others: number }>()
  membership.forEach((one, i) => {
    if (one === 'inert') return
    const score = Number.isNaN(scores[i]) ? -Infinity : scores[i]
    const group = groups.get(score) ?? { sites: 0, others: 0 }
    groups.set(score, group)
    group[one === 'site' ? 'sites' : 'others']++
  })
  return [...groups].sort(([a], [b]) => a === b ? 0 : b - a).map(([, group]) => group)
}

/** Over primaries: the mean, and the worst of them. */
export function meanAndLeast(values: readonly number[]): { mean: number, least: number } {
  return { mean: values.reduce((a, b) => a + b, 0) / values.length, least: Math.min(...values) }
}
