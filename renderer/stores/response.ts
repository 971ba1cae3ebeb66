/** What the patient answered, live or recorded, in the one form the panel and the scene show. Pure. */
import type { ChangedAnswer, Measure, Presentation, SiteStatistics } from '../../preload/contract/engine'
import type { Intervention } from '../../preload/contract/intervention'
import type { Stimulation } from '../../preload/contract/rpc'
import type { Effect } from '../../preload/contract/session'
import type { RecordedMoment } from './stage'

export interface MeasureShown { before?: number, after?: number, effect: Effect }

export interface ResponseShown {
  source: 'live' | 'recorded'
  interventions: readonly Intervention[]
  before: Presentation
  after: Presentation
  measures: Partial<Record<Measure, MeasureShown>>
  /** Items of the battery whose answer changed; undefined where only their number was kept. */
  changed?: readonly ChangedAnswer[]
  changedCount: number
  battery: number
}

export function liveResponse(answer: Stimulation): ResponseShown {
  const { set, before, after, measures, changed, changedCount, battery } = answer
  return { source: 'live', interventions: set.interventions, before, after, measures, changed, changedCount, battery }
}

export function recordedResponse({ trial, state }: RecordedMoment): ResponseShown | undefined {
  if (!trial)
    return undefined
  const effects = trial.trial.effects as Partial<Record<Measure, Effect>>
  const measures = Object.fromEntries(Object.entries(effects).map(([name, effect]) => [name, { effect }]))
  return {
    source: 'recorded',
    interventions: state.stimulation?.interventions ?? [],
    before: trial.before,
    after: trial.after,
    measures,
    changedCount: trial.trial.changed,
    battery: effects.targetLogProbability?.n ?? Object.values(effects)[0]?.n ?? 0,
  }
}

export interface Confusion { before: number, after: number, items: ChangedAnswer[] }

/** Changed answers by what they changed from and to, the most frequent first. */
export function confusions(changed: readonly ChangedAnswer[]): Confusion[] {
  const groups = new Map<string, Confusion>()
  for (const answer of changed) {
    const key = `${answer.before}>${answer.after}`
    const group = groups.get(key) ?? { before: answer.before, after: answer.after, items: [] }
    group.items.push(answer)
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => b.items.length - a.items.length || a.before - b.before || a.after - b.after)
}

/** Most likely class. */
export function answerOf({ probabilities }: Pick<Presentation, 'probabilities'>): number {
  let best = 0
  for (let i = 1; i < probabilities.length; i++) {
    if (probabilities[i]! > probabilities[best]!)
      best = i
  }
  return best
}

/**
 * Effect per unit of the focus item, [layer][unit], in units of σ over the calibration items.
 * A unit that never varies has σ = 0; its difference is left at 0 rather than shown as infinite.
 */
export function effectInSigma(before: Presentation, after: Presentation, statistics: SiteStatistics): Float32Array[] {
  return before.activations.map((values, layer) => {
    const sigma = statistics.sigma[layer]
    const changed = after.activations[layer]!
    return values.map((value, unit) => {
      const spread = sigma?.[unit] ?? 0
      return spread > 0 ? (changed[unit]! - value) / spread : 0
    })
  })
}

/**
 * End of the colour scale: the smallest of a fixed ladder that holds the largest effect, so that scales can be compared
 * by eye. It never ends below 0.1 σ: a stimulation that does next to nothing must not look like one that does.
 */
export function niceScale(perSheet: readonly ArrayLike<number>[]): number {
  let largest = 0
  for (const sheet of perSheet) {
    for (let i = 0; i < sheet.length; i++)
      largest = Math.max(largest, Math.abs(sheet[i]!))
  }
  return [0.1, 0.2, 0.5, 1, 2, 5].find(step => step >= largest) ?? 10
}
