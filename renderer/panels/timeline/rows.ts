/**
 * Stacks annotations that collide into rows. Works on the whole session at one zoom, in pixels from its beginning,
 * so that nothing changes rows while the view is panned.
 */

export interface Flag {
  /** Pixels from the beginning of the session. */
  from: number
  /** Equal to `from` for a point. */
  to: number
  /** Pixels its label would like. */
  label: number
}

export interface Placed {
  row: number
  /** Pixels it may fill: at least its own stretch, at most what its neighbour leaves. */
  width: number
  /** No row was free: it lies over another. */
  covered: boolean
}

const LEAST = 12
const GAP = 3

/** What lies in a row so far. */
interface Row {
  /** Flags whose labels may still reach the next one: the last, and those it covers. */
  reaching: number[]
  /** Where their own stretches end, and where their labels do. */
  needs: number
  takes: number
}

/** `flags` must ascend by `from`. A label gives way before a row is added beyond `rows`. */
export function placeFlags(flags: readonly Flag[], rows: number): Placed[] {
  const placed: Placed[] = []
  const last: (Row | undefined)[] = Array.from({ length: rows })
  flags.forEach((flag, index) => {
    const needs = Math.max(flag.to, flag.from + LEAST)
    const takes = Math.max(needs, flag.from + flag.label)
    const row = rowFor(last, flag.from)
    const before = last[row]
    const covered = before !== undefined && before.needs + GAP > flag.from
    if (covered) {
      before.reaching.push(index)
      before.needs = Math.max(before.needs, needs)
      before.takes = Math.max(before.takes, takes)
    }
    else {
      for (const earlier of before?.reaching ?? [])
        placed[earlier].width = Math.min(placed[earlier].width, flag.from - GAP - flags[earlier].from)
      last[row] = { reaching: [index], needs, takes }
    }
    placed.push({ row, width: takes - flag.from, covered })
  })
  return placed
}

/** The first row where everything is over, else the first where only a label is in the way, else the one free soonest. */
function rowFor(last: readonly (Row | undefined)[], from: number): number {
  const free = last.findIndex(row => row === undefined || row.takes + GAP <= from)
  if (free >= 0)
    return free
  const clipping = last.findIndex(row => row !== undefined && row.needs + GAP <= from)
  if (clipping >= 0)
    return clipping
  return last.reduce((best, row, i) => (row?.needs ?? 0) < (last[best]?.needs ?? 0) ? i : best, 0)
}
