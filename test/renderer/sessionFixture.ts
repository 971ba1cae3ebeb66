/** Small recorded sessions for tests of what the screen makes of them. */
import type { Intervention } from '../../preload/contract/intervention'
import type { EventOf } from '../../preload/contract/session'
import type { TimelineColumn, TimelineColumns, TimelinePage } from '../../preload/contract/timeline'
import { TIMELINE_COLUMNS } from '../../preload/contract/timeline'

const hash = '0'.repeat(64)
let last = 0
/** 26 characters, ascending, as a ULID is. */
export const nextId = (): string => String(++last).padStart(26, '0')

export function stimulation(t: number, change: Partial<Intervention> = {}): EventOf<'stimulation'> {
  const intervention = { site: 'layers.0.unit[37]', op: 'gate', strength: 0, baseline: 'mean', ...change } as Intervention
  return { kind: 'stimulation', id: nextId(), t, step: 2000, stimulation: nextId(), interventions: [intervention], compose: false, sham: false }
}

export function trial(t: number, change: Partial<EventOf<'trial'>> = {}): EventOf<'trial'> {
  return {
    kind: 'trial', id: nextId(), t, step: 2000, trial: nextId(), stimulation: nextId(), battery: nextId(),
    focus: 141, target: 3, response: 8, correct: false, sham: false,
    input: hash,
    outputs: hash, pairedOutputs: hash, activations: hash, pairedActivations: hash,
    targetLogProbability: -1.5, margin: -1.1, latencyMs: 12, effects: {}, changed: 61,
    ...change,
  }
}

export function annotation(from: number, to: number, text: string, change: Partial<EventOf<'annotation'>> = {}): EventOf<'annotation'> {
  return {
    kind: 'annotation', id: nextId(), t: from, step: 2000, annotation: nextId(),
    from: { t: from, step: 2000 }, to: { t: to, step: 2000 },
    tier: 'notes', text, author: 'operator', sites: [], trials: [], removed: false,
    ...change,
  }
}

/** A page with the rows given by hand; what is left out is zeros, one for each row of its table. */
export function pageOf(rows: Partial<Record<TimelineColumn, number[]>>, sites: string[] = []): TimelinePage {
  const lengthOf = (name: TimelineColumn): number => {
    const table = /^(?:stimulation|end|trial|training)/.exec(name)?.[0]
    return Math.max(0, ...Object.entries(rows).filter(([other]) => table !== undefined && other.startsWith(table)).map(([, values]) => values.length))
  }
  const names = Object.keys(TIMELINE_COLUMNS) as TimelineColumn[]
  const columns = Object.fromEntries(names.map((name) => {
    const Kind = TIMELINE_COLUMNS[name]
    return [name, rows[name] === undefined ? new Kind(lengthOf(name)) : Kind.from(rows[name])]
  })) as unknown as TimelineColumns
  return { page: 0, columns, sites, read: 1 }
}
