/** What a track may show over time: a figure of every trial, a training's curve, or the activity of a site. */
import type { Trace } from '../../../preload/contract/timeline'
import type { Span } from './spans'
import type { Tracks } from './tracks'
import { Spans } from './spans'

export type TrialFigure = 'effect' | 'logProbability' | 'margin' | 'changed'
export type TrainingFigure = 'loss' | 'accuracy'

export type Monitor
  = | { kind: 'trial', of: TrialFigure }
    | { kind: 'training', of: TrainingFigure }
    /** A unit, channel, head, or a whole layer. */
    | { kind: 'site', site: string }

export const TRIAL_FIGURES: Record<TrialFigure, { title: string, unit: string, tip: string }> = {
  effect: { title: 'effect', unit: 'nats', tip: 'Mean change of log p(target) over the battery against the same items without stimulation, per trial. Below 0: the stimulation harms.' },
  logProbability: { title: 'log p(target)', unit: 'nats', tip: 'Log probability of the right answer to the shown item, with stimulation, per trial' },
  margin: { title: 'margin', unit: 'nats', tip: 'Logit of the right answer less the best other, of the shown item: above 0 the answer is right' },
  changed: { title: 'answers changed', unit: '', tip: 'How many answers of the battery the stimulation changed, per trial' },
}

export const TRAINING_FIGURES: Record<TrainingFigure, { title: string, unit: string, tip: string }> = {
  loss: { title: 'training loss', unit: '', tip: 'Loss of the primary that was trained meanwhile' },
  accuracy: { title: 'training accuracy', unit: '', tip: 'Test accuracy of the primary that was trained meanwhile' },
}

export function monitorId(monitor: Monitor): string {
  return monitor.kind === 'site' ? `site ${monitor.site}` : `${monitor.kind} ${monitor.of}`
}

export function monitorTitle(monitor: Monitor): string {
  switch (monitor.kind) {
    case 'trial': return TRIAL_FIGURES[monitor.of].title
    case 'training': return TRAINING_FIGURES[monitor.of].title
    case 'site': return monitor.site
    default: return monitor satisfies never
  }
}

/** Counts have no decimals. */
export function isCount(monitor: Monitor): boolean {
  return monitor.kind === 'trial' && monitor.of === 'changed'
}

export interface Series {
  /** Ascending; as many as `values`. */
  times: { length: number, at: (index: number) => number, lowerBound: (value: number) => number }
  values: Spans
  /** The same without the stimulation, where that is known. */
  rest?: Spans
  /** What was monitored between trials too, as far as it is in view, and the extremes of what was seen of it. */
  watched?: { trace: Trace, span: Span }
}

const COLUMNS = {
  effect: 'trialEffect',
  logProbability: 'trialLogProbability',
  margin: 'trialMargin',
  changed: 'trialChanged',
  loss: 'trainingLoss',
  accuracy: 'trainingAccuracy',
} as const

/** Extremes of a column of a session, made once and kept up as it grows. */
const kept = new WeakMap<Tracks, Map<string, Spans>>()

/** Series of a figure that the columns hold. */
export function figureSeries(tracks: Tracks, figure: TrialFigure | TrainingFigure): Series {
  const known = kept.get(tracks) ?? new Map<string, Spans>()
  kept.set(tracks, known)
  const values = known.get(figure) ?? new Spans()
  known.set(figure, values)
  values.follow(tracks[COLUMNS[figure]])
  return { times: figure === 'loss' || figure === 'accuracy' ? tracks.trainingTimes : tracks.trialTimes, values }
}
