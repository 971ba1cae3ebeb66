/**
 * The timeline of a session as columns of numbers: what a million events need to be drawn, scrubbed and counted.
 * The host makes them from the log and the screen reads them page by page; what an event says in words is asked for by
 * its index. Also how a stimulation is measured for drawing, which both sides must do alike.
 */
import type { Intervention } from './intervention'
import type { EventOf, SessionTables } from './session'

/** Which way a stimulation pushes: down, up, neither (a strength that changes nothing); a sham is shown apart. */
export type Polarity = 'inhibits' | 'stimulates' | 'neither' | 'sham'
export const POLARITIES = ['inhibits', 'stimulates', 'neither', 'sham'] as const satisfies readonly Polarity[]

export const TRIAL_KINDS = ['right', 'wrong', 'sham'] as const
export type TrialKind = typeof TRIAL_KINDS[number]

/**
 * Times in ns, ascending. Columns with one prefix are one table and have equally many rows; an index counts from the
 * session's beginning, not the page's.
 */
export const TIMELINE_COLUMNS = {
  /** Everything that happened, but for views and what was written about it: density, idle time, stepping by event. */
  times: Float64Array,
  stimulationTimes: Float64Array,
  /** Index into POLARITIES. */
  stimulationPolarity: Uint8Array,
  /** 0…1, of the strongest intervention. */
  stimulationHeight: Float32Array,
  /** Index into the sites: that of the strongest intervention. */
  stimulationSite: Uint32Array,
  /** Index of the stimulation that ended, perhaps one of an earlier page. One without an end was on when the recording stopped. */
  endOf: Uint32Array,
  endTimes: Float64Array,
  trialTimes: Float64Array,
  /** Index into TRIAL_KINDS. */
  trialKind: Uint8Array,
  /** Index of its stimulation, −1 where that is lost. */
  trialStimulation: Int32Array,
  trialFocus: Uint32Array,
  /** How many answers of the battery changed. */
  trialChanged: Uint32Array,
  trialLogProbability: Float32Array,
  trialMargin: Float32Array,
  /** Mean change of log p(target) over the battery, nats; NaN where it was not measured. */
  trialEffect: Float32Array,
  viewTimes: Float64Array,
  /** The primary's step, where it changes. */
  stepTimes: Float64Array,
  steps: Float64Array,
  trainingTimes: Float64Array,
  /** Which run, counted from 0. */
  trainingRun: Uint16Array,
  trainingStep: Uint32Array,
  /** NaN where the event has none, as the next. */
  trainingLoss: Float32Array,
  trainingAccuracy: Float32Array,
  /** Stretches for which monitored activity was recorded. */
  signalFrom: Float64Array,
  signalTo: Float64Array,
} as const

export type TimelineColumn = keyof typeof TIMELINE_COLUMNS
export type TimelineColumns = { [C in TimelineColumn]: InstanceType<(typeof TIMELINE_COLUMNS)[C]> }

export interface TimelinePage {
  page: number
  columns: TimelineColumns
  /** Addresses that first appear here, in the order their indices count. */
  sites: string[]
  /** Share of the log that had been read when this page was complete, 0…1. */
  read: number
  /** Of the last page: what the whole log told. */
  last?: SessionHead
}

/** The kinds of events a session has by the hundred thousand: in columns, never in lists that are sent. */
export const BULK_KINDS = ['stimulation', 'stimulation.off', 'trial', 'view', 'training', 'signal', 'site'] as const
type BulkTable = 'stimulations' | 'trials' | 'views' | 'training' | 'signals' | 'sites'

/** What a session says as a whole, and everything there is few of; corrections applied, removed things gone. */
export type SessionHead = Omit<SessionTables, BulkTable> & { counts: Record<'stimulations' | 'trials' | 'views', number> }

/** A recorded event of the timeline, by its index there. `before`: what a trial's item was answered without the stimulation, where its blob is still there. */
export type TimelineEvent = EventOf<'stimulation'> | EventOf<'trial'> & { before?: number }

/** Which of the open sessions: the one replayed, or the one it is compared with. */
export const OPENED = ['replayed', 'compared'] as const
export type Opened = typeof OPENED[number]

/** Activity of a site in some trials, without and with their stimulation; NaN where it is lost. Of a layer, the root of its mean square. */
export interface Activity { before: Float32Array, after: Float32Array }
/** Most trials one request may be about. */
export const ACTIVITY_TRIALS = 1024

/** A monitored site over time: extremes of its samples in each of the stretches asked for, evenly wide; NaN where it was not monitored or is lost. */
export interface Trace { from: number, to: number, low: Float32Array, high: Float32Array }
export const TRACE_STRETCHES = 4096

/** Strengths that fill the track, the ends of the electrode's ranges: a gate of 8 is 7 above rest, a drive or noise of 8 σ. */
const FULL = { gate: 7, drive: 8, noise: 8 }

/** Height in 0…1 of one intervention. Fixed scales, so that two sessions compare. */
export function heightOf(intervention: Intervention): number {
  switch (intervention.op) {
    case 'gate': return Math.min(1, intervention.strength < 1 ? 1 - intervention.strength : (intervention.strength - 1) / FULL.gate)
    case 'drive': return Math.min(1, Math.abs(intervention.strength) / FULL.drive)
    case 'noise': return Math.min(1, Math.abs(intervention.strength) / FULL.noise)
    // A clamp has no natural largest value: half height at 1, full at infinity.
    case 'clamp': return Math.abs(intervention.strength) / (1 + Math.abs(intervention.strength))
    case 'patch': return 1
    default: return intervention satisfies never
  }
}

/** As the scene and the electrode colour it: clamp, noise and patch put something in, so they count as stimulation. */
function polarityOf(intervention: Intervention): Polarity {
  if (intervention.op !== 'gate' && intervention.op !== 'drive')
    return 'stimulates'
  const rest = intervention.op === 'gate' ? 1 : 0
  return intervention.strength === rest ? 'neither' : intervention.strength < rest ? 'inhibits' : 'stimulates'
}

/** How a stimulation is drawn: by its strongest intervention. `site` is undefined where it has none. */
export function markOf({ interventions, sham }: Pick<EventOf<'stimulation'>, 'interventions' | 'sham'>): { polarity: number, height: number, site: string | undefined } {
  let strongest = interventions[0]
  let height = strongest === undefined ? 0 : heightOf(strongest)
  for (const intervention of interventions) {
    const other = heightOf(intervention)
    if (other > height) {
      strongest = intervention
      height = other
    }
  }
  const polarity = sham ? 'sham' : strongest === undefined || height === 0 ? 'neither' : polarityOf(strongest)
  return { polarity: POLARITIES.indexOf(polarity), height, site: strongest?.site }
}

export function trialKindOf({ sham, correct }: Pick<EventOf<'trial'>, 'sham' | 'correct'>): number {
  return sham ? 2 : correct ? 0 : 1
}
