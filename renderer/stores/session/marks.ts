/** Marks of a mapping on the timeline: where a phase began, what stopped it, what was found of a site. */
import type { EventOf, SessionTables } from '../../../preload/contract/session'

export const MARK_KINDS = ['phase', 'pause', 'interrupt', 'threshold', 'positive', 'negative', 'undecided', 'scored', 'unblinded'] as const
export type MarkKind = typeof MARK_KINDS[number]

export interface MappingMark {
  t: number
  what: MarkKind
  /** For people. */
  text: string
}

/** What each mark means, for the legend. */
export const MARK_MEANINGS: Record<MarkKind, string> = {
  phase: 'a phase begins',
  pause: 'paused or went on',
  interrupt: 'interrupted: after-discharge, seizure, operator, instrument',
  threshold: 'threshold of a site found',
  positive: 'verdict: positive',
  negative: 'verdict: negative',
  undecided: 'verdict: indeterminate or not tested',
  scored: 'an answer scored by a person',
  unblinded: 'unblinded',
}

/** What a mapping left behind, as far as a timeline marks it; a session's head has all of it. */
export type MappingTables = Pick<SessionTables, 'transitions' | 'ramps' | 'verdicts' | 'scores' | 'unblindings'>

/** In order of time. Answers scored by the program itself are no marks: there is one for every trial. */
export function marksFrom({ transitions, ramps, verdicts, scores, unblindings }: MappingTables): MappingMark[] {
  return [
    ...transitions.map(transitionMark),
    ...ramps.map(({ t, site, threshold, working }): MappingMark => ({ t, what: 'threshold', text: threshold === undefined ? `${site}: no threshold up to the largest strength; tested at ${strengthText(working)}` : `${site}: threshold ${strengthText(threshold)}, tested at ${strengthText(working)}` })),
    ...verdicts.map(({ t, site, verdict, k, n, adjusted, tag }): MappingMark => ({
      t,
      what: verdict === 'positive' || verdict === 'negative' ? verdict : 'undecided',
      text: `${site}: ${verdict.replace('-', ' ')}${tag === undefined ? '' : `, ticket ${tag}`}${verdict === 'not-tested' ? '' : `, ${k} of ${n}, p ${adjusted < 0.001 ? '< 0.001' : `= ${adjusted.toFixed(3)}`}`}`,
    })),
    ...scores.filter(({ source }) => source === 'human').map(({ t, code, rater, blind }): MappingMark => ({ t, what: 'scored', text: `scored “${code}” by ${rater}${blind ? ', blind' : ''}` })),
    ...unblindings.map(({ t, by, reason, early }): MappingMark => ({ t, what: 'unblinded', text: `unblinded${early ? ' early' : ''} by ${by}: ${reason}` })),
  ].sort((a, b) => a.t - b.t)
}

function transitionMark({ t, what, from, to, interrupt, reason }: EventOf<'mapping.transition'>): MappingMark {
  const why = reason === undefined ? '' : `: ${reason}`
  switch (what) {
    case 'begin':
    case 'advance': return { t, what: 'phase', text: `${to} begins${why}` }
    case 'end': return { t, what: 'phase', text: `end of the mapping${why}` }
    case 'pause': return { t, what: 'pause', text: `paused in ${from}${why}` }
    case 'resume': return { t, what: 'pause', text: `went on in ${to}${why}` }
    case 'interrupt': return { t, what: 'interrupt', text: `interrupted in ${from}, ${interrupt === undefined ? 'unknown cause' : interrupt.replace('-', ' ')}${why}` }
    default: return what satisfies never
  }
}

function strengthText(strength: number): string {
  return String(Math.round(strength * 1000) / 1000).replace('-', '−')
}
