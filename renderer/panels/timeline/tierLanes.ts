/** Annotations by tier, and which rows of the timeline each tier has. */
import type { Annotation } from '../../stores/session/search'
import type { Range } from './timeScale'

export interface TierShown { tier: string, name: string, colour: string }

export interface TierLane {
  /** One, or where rows are fewer than tiers, in the last lane all that are left. */
  tiers: TierShown[]
  /** First row and how many. */
  row: number
  rows: number
}

/** A session's tiers, and those that its annotations name though it has them no longer. */
export function shownTiers(tiers: readonly TierShown[], annotations: readonly Pick<Annotation, 'tier'>[]): TierShown[] {
  const known = new Set(tiers.map(({ tier }) => tier))
  const lost = new Set<string>()
  for (const { tier } of annotations) {
    if (!known.has(tier))
      lost.add(tier)
  }
  return [...tiers, ...[...lost].map(tier => ({ tier, name: tier, colour: 'slate' }))]
}

/** The active tier always has a lane of its own, and the rows left over. */
export function tierLanes(tiers: readonly TierShown[], rows: number, active?: string): TierLane[] {
  const count = Math.min(tiers.length, rows)
  const alone = tiers.length > rows ? [...tiers].sort((a, b) => Number(b.tier === active) - Number(a.tier === active)).slice(0, count - 1) : [...tiers]
  const own = tiers.filter(tier => alone.includes(tier))
  const rest = tiers.filter(tier => !alone.includes(tier))
  const groups = [...own.map(tier => [tier]), ...(rest.length > 0 ? [rest] : [])]
  const each = Math.floor(rows / Math.max(1, groups.length))
  const tallest = Math.max(0, groups.findIndex(group => group.some(({ tier }) => tier === active)))
  let row = 0
  return groups.map((group, i) => {
    const tall = each + (i === tallest ? rows - each * groups.length : 0)
    const lane = { tiers: group, row, rows: tall }
    row += tall
    return lane
  })
}

/** A lane's annotations in order, with what is needed to find those in view without looking at all. */
export interface LaneList {
  annotations: readonly Annotation[]
  /** Latest end up to and with each: ascending, though the ends are not. */
  reach: Float64Array
}

/** `list` in order of `from`. */
export function laneLists(list: readonly Annotation[], lanes: readonly TierLane[]): LaneList[] {
  const laneOf = new Map(lanes.flatMap(({ tiers }, i) => tiers.map(({ tier }) => [tier, i])))
  const parts = lanes.map((): Annotation[] => [])
  for (const annotation of list)
    parts[laneOf.get(annotation.tier) ?? -1]?.push(annotation)
  return parts.map((annotations) => {
    const reach = new Float64Array(annotations.length)
    let most = 0
    annotations.forEach(({ to }, i) => reach[i] = most = Math.max(most, to.t))
    return { annotations, reach }
  })
}

/** Places [first, end) of all that can be in view; `slack` ns for labels that reach beyond their own end. */
export function inView({ annotations, reach }: LaneList, { from, to }: Range, slack: number): [number, number] {
  return [lowerBound(reach.length, i => reach[i] + slack < from), lowerBound(annotations.length, i => annotations[i].from.t <= to)]
}

/** The first place where `before` no longer holds. */
function lowerBound(length: number, before: (i: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(middle))
      low = middle + 1
    else
      high = middle
  }
  return low
}
