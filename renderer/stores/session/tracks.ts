/**
 * A session as the timeline draws it: columns of times and heights, one set for a recorded session or a live one.
 * Not the drawing, and not annotations: those are edited and live in their own store. What a stimulation or a trial was in
 * words is not in the columns: a live session has it at hand, a recorded one asks the host (`details`).
 */
import type { EventOf } from '../../../preload/contract/session'
import type { TimelineColumn, TimelinePage, TrialKind } from '../../../preload/contract/timeline'
import type { MappingMark, MappingTables } from './marks'
import { markOf, POLARITIES, TIMELINE_COLUMNS, TRIAL_KINDS, trialKindOf } from '../../../preload/contract/timeline'
import { Column, MaxPyramid } from './columns'
import { marksFrom } from './marks'

/** What the timeline needs of a stimulation; a recorded event is one. */
export type StimulationMark = Pick<EventOf<'stimulation'>, 't' | 'stimulation' | 'interventions' | 'sham'>
/** What the timeline needs of a trial; a recorded event is one. */
export type TrialMark = Pick<EventOf<'trial'>, 't' | 'trial' | 'stimulation' | 'focus' | 'target' | 'response' | 'correct' | 'sham' | 'changed' | 'effects'> & { /** What was answered without the stimulation, where that is known. */ before?: number }
/** A symbiote at work; `to` is Infinity while it is. */
export interface FindMark { find: string, from: number, to: number, asked: EventOf<'symbiote'>['asked'] }
export type InstrumentMark = Pick<EventOf<'instrument'>, 't' | 'what' | 'message'>

/** Where a stimulation or trial is described; undefined where it is not (yet) known. */
export interface Details {
  stimulation: (index: number) => StimulationMark | undefined
  trial: (index: number) => TrialMark | undefined
}

/** Columns that something is computed from as they come; the others are held under their own names. */
const COMPUTED = ['stimulationTimes', 'stimulationPolarity', 'stimulationHeight', 'stimulationSite', 'endOf', 'endTimes', 'trialTimes', 'trialKind'] as const satisfies readonly TimelineColumn[]
type Plain = Exclude<TimelineColumn, typeof COMPUTED[number]>
const PLAIN = (Object.keys(TIMELINE_COLUMNS) as TimelineColumn[]).filter((name): name is Plain => !(COMPUTED as readonly TimelineColumn[]).includes(name))

/** Nothing lower is seen among its neighbours. */
const LEAST_HEIGHT = 0.02

export class Tracks {
  readonly details: Details
  readonly #marks: { stimulations: StimulationMark[], trials: TrialMark[] } = { stimulations: [], trials: [] }
  instrument: InstrumentMark[] = []
  /** What a mapping came to, in order. */
  marks: MappingMark[] = []
  /** Few, and at most one at a time. */
  finds: FindMark[] = []
  /** Addresses, by the index the columns name them with. */
  readonly sites: string[] = []

  /** Onsets ascending; ends are Infinity while on. */
  readonly from = new Column(Float64Array)
  readonly to = new Column(Float64Array)
  readonly polarity = new Column(Uint8Array)
  readonly height = new Column(Float32Array)
  readonly site = new Column(Uint32Array)
  /** Heights of one polarity, 0 elsewhere, for the tallest in a pixel. */
  readonly tallest: readonly MaxPyramid[] = POLARITIES.map(() => new MaxPyramid())

  readonly trialTimes = new Column(Float64Array)
  readonly trialKind = new Column(Uint8Array)
  /** Index of its stimulation, −1 where that is lost. */
  readonly trialStimulation = new Column(Int32Array)
  readonly trialFocus = new Column(Uint32Array)
  readonly trialChanged = new Column(Uint32Array)
  readonly trialLogProbability = new Column(Float32Array)
  readonly trialMargin = new Column(Float32Array)
  readonly trialEffect = new Column(Float32Array)
  /** How many of the trials before an index were of a kind; one longer than the trials. */
  readonly trialsBefore: readonly Column<Uint32Array<ArrayBuffer>>[] = TRIAL_KINDS.map(() => new Column(Uint32Array))

  /** Time of everything that happened, ascending: density, idle time, and stepping by event. */
  readonly times = new Column(Float64Array)
  /** When the camera or the selection moved. */
  readonly viewTimes = new Column(Float64Array)
  /** The primary's step, where it changes. */
  readonly stepTimes = new Column(Float64Array)
  readonly steps = new Column(Float64Array)
  readonly trainingTimes = new Column(Float64Array)
  /** Which run, counted from 0. */
  readonly trainingRun = new Column(Uint16Array)
  readonly trainingStep = new Column(Uint32Array)
  /** NaN where the event has none, as the next. */
  readonly trainingLoss = new Column(Float32Array)
  readonly trainingAccuracy = new Column(Float32Array)
  /** Stretches for which monitored activity was recorded. */
  readonly signalFrom = new Column(Float64Array)
  readonly signalTo = new Column(Float64Array)

  /** Without `details` a live one, which keeps what it is given. */
  constructor(details?: Details) {
    this.details = details ?? { stimulation: index => this.#marks.stimulations[index], trial: index => this.#marks.trials[index] }
    for (const counts of this.trialsBefore)
      counts.push(0)
  }

  /** `t` is the onset; a live stimulation stays open until `release`. */
  addStimulation(mark: StimulationMark, to = Number.POSITIVE_INFINITY): void {
    const { polarity, height, site = '' } = markOf(mark)
    this.#marks.stimulations.push(mark)
    let index = this.sites.indexOf(site)
    if (index < 0)
      index = this.sites.push(site) - 1
    this.#stimulation(mark.t, polarity, height, index, to)
  }

  /** Ends the stimulation that is on, if one is. */
  release(t: number): void {
    const last = this.to.length - 1
    if (last >= 0 && this.to.at(last) === Number.POSITIVE_INFINITY)
      this.to.set(last, t)
  }

  addTrial(mark: TrialMark): void {
    this.#marks.trials.push(mark)
    this.#trial(mark.t, trialKindOf(mark))
    this.trialStimulation.push(this.from.length - 1)
    this.trialFocus.push(mark.focus)
    this.trialChanged.push(mark.changed)
    this.trialLogProbability.push(Number.NaN)
    this.trialMargin.push(Number.NaN)
    this.trialEffect.push(mark.effects.targetLogProbability?.mean ?? Number.NaN)
  }

  /** Takes in the next page of a recorded session. Pages come in order, each once. */
  append({ columns, sites }: TimelinePage): void {
    for (const site of sites)
      this.sites.push(site)
    for (let i = 0; i < columns.stimulationTimes.length; i++)
      this.#stimulation(columns.stimulationTimes[i], columns.stimulationPolarity[i], columns.stimulationHeight[i], columns.stimulationSite[i], Number.POSITIVE_INFINITY)
    for (let i = 0; i < columns.endOf.length; i++)
      this.to.set(columns.endOf[i], columns.endTimes[i])
    for (let i = 0; i < columns.trialTimes.length; i++)
      this.#trial(columns.trialTimes[i], columns.trialKind[i])
    for (const name of PLAIN)
      this[name].append(columns[name])
  }

  /** What a recorded session says of the rest: notes of the instrument, finds, marks of a mapping, and where it stopped: what was on then ends there. */
  complete({ instrument, finds, duration, ...mapping }: { instrument: InstrumentMark[], finds: Pick<EventOf<'symbiote'>, 'find' | 't' | 'state' | 'asked'>[], duration: number } & Partial<MappingTables>): void {
    this.instrument = instrument
    this.marks = marksFrom({ transitions: [], ramps: [], verdicts: [], scores: [], unblindings: [], ...mapping })
    this.finds = []
    for (const { find, t, state, asked } of finds) {
      if (state === 'running')
        this.beginFind(find, t, asked)
      else
        this.endFind(find, t)
    }
    for (let i = 0; i < this.to.length; i++) {
      if (this.to.at(i) === Number.POSITIVE_INFINITY)
        this.to.set(i, duration)
    }
  }

  addInstrument(mark: InstrumentMark): void {
    this.instrument.push(mark)
  }

  beginFind(find: string, t: number, asked: FindMark['asked']): void {
    this.finds.push({ find, from: t, to: Number.POSITIVE_INFINITY, asked })
  }

  endFind(find: string, t: number): void {
    const mark = this.finds.find(other => other.find === find)
    if (mark)
      mark.to = t
  }

  findAt(t: number): FindMark | undefined {
    return this.finds.find(({ from, to }) => from <= t && t <= to)
  }

  /** Trials of a kind among the indices [from, to). */
  countTrials(kind: TrialKind, from = 0, to = this.trialTimes.length): number {
    const counts = this.trialsBefore[TRIAL_KINDS.indexOf(kind)]
    return counts.at(to) - counts.at(from)
  }

  /** Index of the stimulation on at `t`, or undefined. */
  stimulationAt(t: number): number | undefined {
    const index = this.from.lowerBound(t + 1) - 1
    return index >= 0 && t < this.to.at(index) ? index : undefined
  }

  /** The primary's step at a moment. */
  stepAt(t: number): number {
    const index = this.stepTimes.lowerBound(t + 1) - 1
    return index < 0 ? 0 : this.steps.at(index)
  }

  #stimulation(t: number, polarity: number, height: number, site: number, to: number): void {
    this.from.push(t)
    this.to.push(to)
    this.polarity.push(polarity)
    this.height.push(height)
    this.site.push(site)
    for (let i = 0; i < this.tallest.length; i++)
      this.tallest[i].push(i === polarity ? Math.max(height, LEAST_HEIGHT) : 0)
  }

  #trial(t: number, kind: number): void {
    const index = this.trialTimes.length
    this.trialTimes.push(t)
    this.trialKind.push(kind)
    for (let i = 0; i < this.trialsBefore.length; i++)
      this.trialsBefore[i].push(this.trialsBefore[i].at(index) + (i === kind ? 1 : 0))
  }
}

export interface Stretch { from: number, to: number }

/** Stretches longer than `longest` (ns) in which nothing happened, kept `margin` away from what did. */
export function idleStretches(times: ArrayLike<number>, duration: number, longest = 2e9, margin = 0.25e9): Stretch[] {
  const idle: Stretch[] = []
  let previous = 0
  for (let i = 0; i <= times.length; i++) {
    const next = i < times.length ? times[i] : duration
    if (next - previous > longest)
      idle.push({ from: previous + margin, to: next - margin })
    previous = Math.max(previous, next)
  }
  return idle
}
