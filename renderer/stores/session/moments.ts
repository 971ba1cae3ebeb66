/**
 * What was on at a moment of a recorded session, from its tables by binary search. The host's `stateAt` means the same,
 * except for tags: a table holds only the last word on each, so one that was corrected later is missing in between.
 */
import type { SessionState, SessionTables } from '../../../preload/contract/session'

/** Index of the last element at or before `t`, −1 when none is; `items` ascend in time. */
export function lastAtOrBefore<T>(items: readonly T[], t: number, timeOf: (item: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (timeOf(items[middle]) <= t)
      low = middle + 1
    else
      high = middle
  }
  return low - 1
}

const timeOf = (event: { t: number }): number => event.t

export function stateAt(tables: SessionTables, t: number): SessionState {
  const span = tables.stimulations[lastAtOrBefore(tables.stimulations, t, ({ event }) => event.t)]
  const end = span?.off?.t ?? tables.ended?.t ?? Number.POSITIVE_INFINITY
  const on = t < end ? span?.event : undefined
  const trial = tables.trials[lastAtOrBefore(tables.trials, t, timeOf)]
  const view = tables.views[lastAtOrBefore(tables.views, t, timeOf)]
  const sweep = tables.sweeps[lastAtOrBefore(tables.sweeps, t, timeOf)]
  const symbiote = tables.finds[lastAtOrBefore(tables.finds, t, timeOf)]
  const gates = tables.gates[lastAtOrBefore(tables.gates, t, timeOf)]
  const training = tables.training[lastAtOrBefore(tables.training, t, timeOf)]
  return {
    tags: tables.tags.filter(tag => tag.t <= t),
    ...(on === undefined ? {} : { stimulation: on }),
    ...(trial === undefined ? {} : { trial }),
    ...(view === undefined ? {} : { view }),
    ...(sweep === undefined ? {} : { sweep }),
    ...(symbiote === undefined ? {} : { symbiote }),
    ...(gates === undefined ? {} : { gates }),
    ...(training === undefined ? {} : { training }),
  }
}

/** The next time after `t` (or before it), or undefined at either end. Equal times count as one. */
export function neighbour(times: { length: number, at: (index: number) => number, lowerBound: (value: number) => number }, t: number, direction: 1 | -1, count = 1): number | undefined {
  let at = t
  for (let i = 0; i < count; i++) {
    const index = direction === 1 ? times.lowerBound(at + 1) : times.lowerBound(at) - 1
    if (index < 0 || index >= times.length)
      return i === 0 ? undefined : at
    at = times.at(index)
  }
  return at
}
