/** A session at a moment, as it stands beside another: its last trial, and what human and symbiote had come to by then. In words. */
import type { SessionHead } from '../../../preload/contract/timeline'
import type { Tracks } from '../../stores/session/tracks'
import { timeText } from '../../components/clock'
import { effectText } from '../../components/format'
import { setText } from '../../stores/operation'

export interface Side {
  /** Of the last trial; undefined before the first. */
  at?: string
  stimulated?: string
  answer?: string
  tone?: 'right' | 'wrong' | 'sham'
  effect?: string
  changed?: string
  /** Of a mapping, by the operator or unattended: verdicts so far. */
  verdicts?: string
  /** Of the last find begun by then. */
  symbiote?: string
}

/** Rows in order, with their heads. */
export const SIDE_ROWS = [['at', 'at'], ['stimulated', 'stimulated'], ['answer', 'answer'], ['effect', 'Δ log p'], ['changed', 'changed'], ['verdicts', 'mapping'], ['symbiote', 'symbiote']] as const satisfies readonly (readonly [keyof Side, string])[]

/** `t` on the session's own clock, ns. What must be read first is `…`. */
export function sideAt(tracks: Tracks, head: Pick<SessionHead, 'verdicts' | 'finds' | 'provenance'>, t: number): Side {
  const [verdicts, symbiote] = [verdictsAt(head, t), symbioteAt(head, t)]
  return { ...trialAt(tracks, head, t), ...(verdicts === undefined ? {} : { verdicts }), ...(symbiote === undefined ? {} : { symbiote }) }
}

function trialAt(tracks: Tracks, head: Pick<SessionHead, 'provenance'>, t: number): Side {
  const index = tracks.trialTimes.lowerBound(t + 1) - 1
  if (index < 0)
    return {}
  const at = timeText(tracks.trialTimes.at(index), 1e8)
  const [trial, on] = [tracks.details.trial(index), tracks.trialStimulation.at(index)]
  const stimulation = on < 0 ? undefined : tracks.details.stimulation(on)
  const stimulated = on < 0 ? 'unknown' : stimulation === undefined ? '…' : setText({ interventions: stimulation.interventions, compose: false })
  if (trial === undefined)
    return { at, stimulated, answer: '…', effect: '…', changed: '…' }
  const effect = trial.effects.targetLogProbability
  const n = trial.effects.accuracy?.n ?? effect?.n
  const names = head.provenance.at(-1)?.dataset.classNames
  const name = (index: number): string => names?.[index] ?? String(index)
  return {
    at,
    stimulated,
    answer: `item ${trial.focus}: ${trial.before === undefined ? '' : `${name(trial.before)} → `}${name(trial.response)}${trial.correct ? '' : `, it is ${name(trial.target)}`}`,
    tone: trial.sham ? 'sham' : trial.correct ? 'right' : 'wrong',
    effect: effect === undefined ? 'not measured' : `${effectText(effect)} nats`,
    changed: n === undefined ? String(trial.changed) : `${trial.changed} of ${n}`,
  }
}

/** The last verdict on each site counts. */
function verdictsAt({ verdicts }: Pick<SessionHead, 'verdicts'>, t: number): string | undefined {
  const last = new Map(verdicts.filter(verdict => verdict.t <= t).map(({ site, verdict }) => [site, verdict]))
  const tested = [...last.values()].filter(verdict => verdict !== 'not-tested')
  return tested.length === 0 ? undefined : `${tested.filter(verdict => verdict === 'positive').length} of ${tested.length} sites positive`
}

function symbioteAt({ finds }: Pick<SessionHead, 'finds'>, t: number): string | undefined {
  const find = finds.findLast(find => find.t <= t)
  if (find === undefined)
    return undefined
  const { state, result } = find
  return state === 'running' ? 'at work' : result === undefined ? state : `${result.members} of ${result.sites} sites, ${result.certified ? 'certified' : 'not certified'}`
}
