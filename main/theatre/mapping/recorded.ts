/** The last mapping of a recorded session, as a replay reads it: its events, in the order they were recorded. */
import type { MappingEvent } from '../../../preload/contract/mappingScreen'
import type { SessionTables } from '../../../preload/contract/session'

type MappingTables = Pick<SessionTables, 'mappings' | 'transitions' | 'mappingTrials' | 'scores' | 'ramps' | 'verdicts' | 'unblindings' | 'findings'>

/** None where the session holds no mapping. */
export function recordedMapping({ mappings, transitions, mappingTrials, scores, ramps, verdicts, unblindings, findings }: MappingTables): MappingEvent[] {
  const last = mappings.at(-1)
  if (!last) return []
  const own = [...transitions, ...mappingTrials, ...ramps, ...verdicts, ...unblindings, ...findings].filter(({ mapping }) => mapping === last.mapping)
  const trials = new Set(mappingTrials.filter(({ mapping }) => mapping === last.mapping).map(({ trial }) => trial))
  const events: MappingEvent[] = [last, ...own, ...scores.filter(({ trial }) => trials.has(trial))]
  return events.sort((a, b) => a.t - b.t || (a.id < b.id ? -1 : 1))
}
