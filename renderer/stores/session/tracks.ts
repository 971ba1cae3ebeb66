/**
 * A session as the timeline draws it: columns of times and heights, one set for a recorded session or a live one.
 * Not the drawing, and not annotations: those are edited and live in their own store.
 */
import type { Intervention } from '../../../preload/contract/intervention'
import type { EventOf, SessionTables } from '../../../preload/contract/session'
import { Column, MaxPyramid } from './columns'

/** What the timeline needs of a stimulation; a recorded event is one. */
export type StimulationMark = Pick<EventOf<'stimulation'>, 't' | 'stimulation' | 'interventions' | 'sham'>
/** What the timeline needs of a trial; a recorded event is one. */
export type TrialMark = Pick<EventOf<'trial'>, 't' | 'trial' | 'stimulation' | 'focus' | 'target' | 'response' | 'correct' | 'sham' | 'changed' | 'effects'>
/** A symbiote at work; `to` is Infinity while it is. */
export interface FindMark { find: string, from: number, to: number, asked: EventOf<'symbiote'>['asked'] }
export type InstrumentMark = Pick<EventOf<'instrument'>, 't' | 'what' | 'message'>

/** Which way a stimulation pushes: down, up, neither (a strength that changes nothing); a sham is shown apart. */
export type Polarity = 'inhibits' | 'stimulates' | 'neither' | 'sham'
export const POLARITIES = ['inhibits', 'stimulates', 'neither', 'sham'] as const satisfies readonly Polarity[]

export const TRIAL_KINDS = ['right', 'wrong', 'sham'] as const
export type TrialKind = typeof TRIAL_KINDS[number]

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
export function polarityOf(intervention: Intervention): Polarity {
  if (intervention.op !== 'gate' && intervention.op !== 'drive')
    return 'stimulates'
  const rest = intervention.op === 'gate' ? 1 : 0
  return intervention.strength === rest ? 'neither' : intervention.strength < rest ? 'inhibits' : 'stimulates'
}

export class Tracks {
  readonly stimulations: StimulationMark[] = []
  readonly trials: TrialMark[] = []
  readonly instrument: InstrumentMark[] = []
  /** Few, and at most one at a time. */
  readonly finds: FindMark[] = []

  /** Onsets ascending; ends are Infinity while on. */
  readonly from = new Column(Float64Array)
  readonly to = new Column(Float64Array)
  readonly polarity = new Column(Uint8Array)
  readonly height = new Column(Float32Array)
  /** Heights of one polarity, 0 elsewhere, for the tallest in a pixel. */
  readonly tallest: readonly MaxPyramid[] = POLARITIES.map(() => new MaxPyramid())

  readonly trialTimes = new Column(Float64Array)
  readonly trialKind = new Column(Uint8Array)
  /** How many of the trials before an index were of a kind; one longer than the trials. */
  readonly trialsBefore: readonly Column<Uint32Array<ArrayBuffer>>[] = TRIAL_KINDS.map(() => new Column(Uint32Array))

  /** Time of everything that happened, ascending: density, idle time, and stepping by event. */
  readonly times = new Column(Float64Array)

  constructor() {
    for (const counts of this.trialsBefore)
      counts.push(0)
  }

  /** `t` is the onset; a live stimulation stays open until `release`. */
  addStimulation(mark: StimulationMark, to = Number.POSITIVE_INFINITY): void {
    const tallest = mark.interventions.reduce<{ height: number, polarity: Polarity }>((best, intervention) => {
      const height = heightOf(intervention)
      return height > best.height ? { height, polarity: polarityOf(intervention) } : best
    }, { height: 0, polarity: 'neither' })
    const polarity = mark.sham ? 'sham' : tallest.polarity
    const index = POLARITIES.indexOf(polarity)
    this.stimulations.push(mark)
    this.from.push(mark.t)
    this.to.push(to)
    this.polarity.push(index)
    this.height.push(tallest.height)
    this.tallest.forEach((pyramid, i) => pyramid.push(i === index ? Math.max(tallest.height, 0.02) : 0))
  }

  /** Ends the stimulation that is on, if one is. */
  release(t: number): void {
    const last = this.to.length - 1
    if (last >= 0 && this.to.at(last) === Number.POSITIVE_INFINITY)
      this.to.set(last, t)
  }

  addTrial(mark: TrialMark): void {
    const kind = mark.sham ? 2 : mark.correct ? 0 : 1
    const index = this.trials.length
    this.trials.push(mark)
    this.trialTimes.push(mark.t)
    this.trialKind.push(kind)
    this.trialsBefore.forEach((counts, i) => counts.push(counts.at(index) + (i === kind ? 1 : 0)))
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
  countTrials(kind: TrialKind, from = 0, to = this.trials.length): number {
    const counts = this.trialsBefore[TRIAL_KINDS.indexOf(kind)]
    return counts.at(to) - counts.at(from)
  }

  /** Index of the stimulation on at `t`, or undefined. */
  stimulationAt(t: number): number | undefined {
    const index = this.from.lowerBound(t + 1) - 1
    return index >= 0 && t < this.to.at(index) ? index : undefined
  }
}

/** A recorded session. A stimulation without an end was on when the recording stopped. */
export function tracksOf(tables: SessionTables): Tracks {
  const tracks = new Tracks()
  for (const { event, off } of tables.stimulations)
    tracks.addStimulation(event, off?.t ?? tables.duration)
  for (const trial of tables.trials)
    tracks.addTrial(trial)
  for (const note of tables.instrument)
    tracks.addInstrument(note)
  for (const { find, t, state, asked } of tables.finds) {
    if (state === 'running')
      tracks.beginFind(find, t, asked)
    else
      tracks.endFind(find, t)
  }
  for (const t of timesOf(tables))
    tracks.times.push(t)
  return tracks
}

function timesOf(tables: SessionTables): Float64Array {
  const { stimulations, trials, tags, instrument, training, sweeps, finds, gates } = tables
  const times = new Float64Array(2 * stimulations.length + trials.length + tags.length + instrument.length + training.length + sweeps.length + finds.length + gates.length)
  let n = 0
  for (const { event, off } of stimulations) {
    times[n++] = event.t
    if (off !== undefined)
      times[n++] = off.t
  }
  for (const list of [trials, tags, instrument, training, sweeps, finds, gates]) {
    for (const { t } of list)
      times[n++] = t
  }
  return times.subarray(0, n).sort()
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
