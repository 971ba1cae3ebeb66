/** What happened at a place of the timeline, in words, for the hover preview and for screen readers. */
import type { InstrumentMark, StimulationMark, Tracks, TrialMark } from '../../stores/session/tracks'
import { askedLine } from '../../stores/findSetting'
import { setText } from '../../stores/operation'

export interface Happening {
  stimulation?: string
  sham?: boolean
  trial?: { text: string, tone: 'right' | 'wrong' | 'sham', effect?: string }
  /** Events within the reach of the pointer, when more than one. */
  events?: number
  instrument?: string
  /** A symbiote that was at work. */
  symbiote?: string
}

/** Within `reach` ns of `t`; `className` gives the word for a class. */
export function happeningAt(tracks: Tracks, t: number, reach: number, className: (index: number) => string): Happening {
  const on = tracks.stimulationAt(t)
  const mark = on === undefined ? undefined : tracks.details.stimulation(on)
  const trial = nearestTrial(tracks, t, reach)
  const events = tracks.times.lowerBound(t + reach) - tracks.times.lowerBound(t - reach)
  const find = tracks.findAt(t)
  const note = tracks.instrument.find(mark => Math.abs(mark.t - t) <= reach)
  return {
    ...(mark === undefined ? {} : { stimulation: stimulationText(mark), sham: mark.sham }),
    ...(trial === undefined ? {} : { trial: trialText(trial, className) }),
    ...(events > 1 ? { events } : {}),
    ...(note === undefined ? {} : { instrument: instrumentText(note) }),
    ...(find === undefined ? {} : { symbiote: `symbiote at work: ${askedLine(find)}` }),
  }
}

export function stimulationText(mark: StimulationMark): string {
  return setText({ interventions: mark.interventions, compose: false })
}

function nearestTrial(tracks: Tracks, t: number, reach: number): TrialMark | undefined {
  const index = trialNear(tracks, t, reach)
  return index === undefined ? undefined : tracks.details.trial(index)
}

/** Index of the trial nearest to `t` within `reach` ns. */
export function trialNear(tracks: Tracks, t: number, reach: number): number | undefined {
  const after = tracks.trialTimes.lowerBound(t)
  const candidates = [after - 1, after].filter(i => i >= 0 && i < tracks.trialTimes.length)
  const best = candidates.toSorted((a, b) => Math.abs(tracks.trialTimes.at(a) - t) - Math.abs(tracks.trialTimes.at(b) - t))[0]
  return best !== undefined && Math.abs(tracks.trialTimes.at(best) - t) <= reach ? best : undefined
}

function trialText(mark: TrialMark, className: (index: number) => string): NonNullable<Happening['trial']> {
  const accuracy = mark.effects.accuracy
  const target = mark.effects.targetLogProbability
  const n = accuracy?.n ?? target?.n
  const given = mark.before === undefined ? className(mark.response) : `${className(mark.before)} → ${className(mark.response)}`
  const answer = mark.correct ? `answer ${given}, right` : `answer ${given}, wrong: it is ${className(mark.target)}`
  return {
    text: `item ${mark.focus} · ${answer}`,
    tone: mark.sham ? 'sham' : mark.correct ? 'right' : 'wrong',
    ...(n === undefined ? {} : { effect: `${mark.changed} of ${n} answers changed${target === undefined ? '' : ` · Δ log p ${plusMinus(target)} nats`}` }),
  }
}

function instrumentText({ what, message }: InstrumentMark): string {
  return `${{ 'engine-lost': 'Engine lost', 'engine-restarted': 'Engine restarted', 'engine-failed': 'Engine failed', 'clock': 'Clock' }[what]}: ${message}`
}

/** As many decimals as the standard error has meaning for. */
function plusMinus({ mean, se }: { mean: number, se: number }): string {
  const decimals = se > 0 ? Math.min(6, Math.max(1, Math.ceil(-Math.log10(se)) + 1)) : 2
  return `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(decimals)} ± ${se.toFixed(decimals)}`
}
