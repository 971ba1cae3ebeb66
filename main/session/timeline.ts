/**
 * The timeline's columns, made from the log record by record, cut into pages; and where in the log the events lie that
 * the columns are about. Holds numbers only: a million events are some forty megabytes.
 */
import type { TimelineColumn, TimelineColumns, TimelinePage } from '../../preload/contract/timeline'
import type { LoggedRecord } from './logReader'
import { Buffer } from 'node:buffer'
import { markOf, TIMELINE_COLUMNS, trialKindOf } from '../../preload/contract/timeline'
import { isNote } from './annotationTables'
import { Columns } from './columns'

/** Records in the first page, which a screen waits for, and in the others. */
const FIRST_PAGE = 4096
const PAGE = 65_536
const ID_LENGTH = 26
/** A place in the log as one number: file × 2³² + offset. */
const FILE = 2 ** 32
const NONE = -1

export interface Place { file: number, offset: number }

const KEPT_COLUMNS = {
  ...TIMELINE_COLUMNS,
  stimulationPlace: Float64Array,
  trialPlace: Float64Array,
  signalPlace: Float64Array,
  keyframeTimes: Float64Array,
  keyframePlace: Float64Array,
  /** 26 ASCII characters each. */
  trialIds: Uint8Array,
} as const
export type KeptColumn = keyof typeof KEPT_COLUMNS
export const KEPT_COLUMN_NAMES = Object.keys(KEPT_COLUMNS) as KeptColumn[]
const SENT = Object.keys(TIMELINE_COLUMNS) as TimelineColumn[]

interface Cut { lengths: Record<TimelineColumn, number>, sites: number, read: number }

/** What the columns do not hold, as JSON. */
export interface TimelineFacts {
  cuts: Cut[]
  records: number
  sites: string[]
  runs: string[]
  open: [string, number][]
}

export class Timeline {
  readonly #columns = new Columns(KEPT_COLUMNS)
  readonly #cuts: Cut[] = []
  #records = 0
  readonly #sites = new Map<string, number>()
  readonly #runs = new Map<string, number>()
  /** Stimulations without an end so far, and the last that ended: what a trial or an end may name. */
  readonly #open = new Map<string, number>()
  #closed: { stimulation: string, index: number } | undefined
  /** Of the record at hand; never before the last, whatever a log says. */
  #t = 0

  /** `read` tells the share of the log that is read with this record. */
  apply(record: LoggedRecord, read: () => number): void {
    this.#t = Math.max(this.#t, record.t)
    if (this.#place(record))
      this.#columns.push('times', this.#t)
    this.#step(record)
    this.#records++
    if (this.#records >= FIRST_PAGE && this.#records >= (this.#cuts.length - 1) * PAGE + PAGE)
      this.cut(read())
  }

  /** Ends a page, if it holds anything or is the first. */
  cut(read: number): void {
    const lengths = this.#columns.lengths
    const last = this.#cuts.at(-1)
    if (last !== undefined && SENT.every(name => lengths[name] === last.lengths[name]))
      last.read = read
    else
      this.#cuts.push({ lengths, sites: this.#sites.size, read })
  }

  get pages(): number {
    return this.#cuts.length
  }

  /** A page that is complete. */
  page(page: number): TimelinePage {
    const [from, to] = [this.#cuts[page - 1], this.#cuts[page]!]
    const columns = Object.fromEntries(SENT.map(name => [name, this.#columns.view(name, from?.lengths[name] ?? 0, to.lengths[name])])) as TimelineColumns
    return { page, columns, sites: [...this.#sites.keys()].slice(from?.sites ?? 0, to.sites), read: to.read }
  }

  get counts(): Record<'stimulations' | 'trials' | 'views', number> {
    return { stimulations: this.#columns.length('stimulationTimes'), trials: this.#columns.length('trialTimes'), views: this.#columns.length('viewTimes') }
  }

  /** Undefined where there is no such stimulation or trial. */
  placeOf(kind: 'stimulation' | 'trial', index: number): Place | undefined {
    return placeAt(this.#columns.at(kind === 'trial' ? 'trialPlace' : 'stimulationPlace', index))
  }

  /** Of the signals that have samples in [from, to), ns. Each ends no later than the next. */
  signalPlaces(from: number, to: number): Place[] {
    const places: Place[] = []
    for (let i = this.#columns.upperBound('signalTo', from); i < this.#columns.length('signalFrom') && this.#columns.at('signalFrom', i) < to; i++)
      places.push(placeAt(this.#columns.at('signalPlace', i))!)
    return places
  }

  trialIndex(id: string): number | undefined {
    const ids = this.#columns.bytes('trialIds')
    const all = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength)
    for (let at = all.indexOf(id, 0, 'latin1'); at >= 0; at = all.indexOf(id, at + 1, 'latin1')) {
      if (at % ID_LENGTH === 0 && id.length === ID_LENGTH)
        return at / ID_LENGTH
    }
    return undefined
  }

  /** Of every trial, in order. */
  get trials(): { trial: string, t: number }[] {
    const ids = this.#columns.bytes('trialIds')
    const all = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength)
    return Array.from(this.#columns.view('trialTimes'), (t, i) => ({ trial: all.toString('latin1', i * ID_LENGTH, (i + 1) * ID_LENGTH), t }))
  }

  /** The primary's step at a moment. */
  stepAt(t: number): number {
    return this.#columns.at('steps', Math.max(0, this.#columns.upperBound('stepTimes', t) - 1)) || 0
  }

  /** The last keyframe at or before `t`, how many keyframes come before it, and the place of the one after. */
  keyframeAt(t: number): { index: number, from: Place | undefined, to: Place | undefined } {
    const index = this.#columns.upperBound('keyframeTimes', t) - 1
    return { index, from: placeAt(this.#columns.at('keyframePlace', index)), to: placeAt(this.#columns.at('keyframePlace', index + 1)) }
  }

  /** Of a record that holds a state. */
  keyframe({ t, file, offset }: LoggedRecord): void {
    if (this.#columns.length('keyframeTimes') > 0 && t < this.#columns.at('keyframeTimes', this.#columns.length('keyframeTimes') - 1))
      return
    this.#columns.push('keyframeTimes', t)
    this.#columns.push('keyframePlace', file * FILE + offset)
  }

  get facts(): TimelineFacts {
    return { cuts: this.#cuts, records: this.#records, sites: [...this.#sites.keys()], runs: [...this.#runs.keys()], open: [...this.#open] }
  }

  bytes(column: KeptColumn): Uint8Array {
    return this.#columns.bytes(column)
  }

  /** What `facts` and `bytes` gave. Throws where they do not belong together. */
  static restored({ cuts, records, sites, runs, open }: TimelineFacts, bytes: (column: KeptColumn) => Uint8Array): Timeline {
    const timeline = new Timeline()
    for (const name of KEPT_COLUMN_NAMES)
      timeline.#columns.restore(name, bytes(name))
    const last = cuts.at(-1)
    if (last === undefined || SENT.some(name => last.lengths[name] !== timeline.#columns.length(name)))
      throw new RangeError('the columns are not as long as the last page says')
    timeline.#cuts.push(...cuts)
    timeline.#records = records
    timeline.#t = timeline.#columns.at('times', last.lengths.times - 1) || 0
    sites.forEach((site, i) => timeline.#sites.set(site, i))
    runs.forEach((run, i) => timeline.#runs.set(run, i))
    open.forEach(([stimulation, index]) => timeline.#open.set(stimulation, index))
    return timeline
  }

  /** Whether the record belongs among what happened. */
  #place(record: LoggedRecord): boolean {
    switch (record.kind) {
      case 'stimulation': return this.#stimulation(record)
      case 'stimulation.off': return this.#end(record)
      case 'trial': return this.#trial(record)
      case 'training': return this.#training(record)
      case 'signal': return this.#signal(record)
      case 'view':
        this.#columns.push('viewTimes', this.#t)
        return false
      case 'keyframe':
      case 'seal':
      case 'site':
      case 'provenance':
      case 'battery':
      case 'verification':
      case 'session.started':
      case 'session.reopened':
      case 'session.ended':
        return false
      default:
        // What was written about it afterwards did not happen then.
        return !isNote(record)
    }
  }

  #stimulation({ event, file, offset }: LoggedRecord): boolean {
    if (event?.kind !== 'stimulation')
      return false
    const { polarity, height, site } = markOf(event)
    this.#open.set(event.stimulation, this.#columns.length('stimulationTimes'))
    this.#columns.push('stimulationTimes', this.#t)
    this.#columns.push('stimulationPolarity', polarity)
    this.#columns.push('stimulationHeight', height)
    this.#columns.push('stimulationSite', indexIn(this.#sites, site ?? ''))
    this.#columns.push('stimulationPlace', file * FILE + offset)
    return true
  }

  #end({ event }: LoggedRecord): boolean {
    if (event?.kind !== 'stimulation.off')
      return false
    const index = this.#open.get(event.stimulation)
    if (index === undefined)
      return true
    this.#open.delete(event.stimulation)
    this.#closed = { stimulation: event.stimulation, index }
    this.#columns.push('endOf', index)
    this.#columns.push('endTimes', this.#t)
    return true
  }

  #trial({ event, file, offset }: LoggedRecord): boolean {
    if (event?.kind !== 'trial')
      return false
    const closed = this.#closed?.stimulation === event.stimulation ? this.#closed.index : NONE
    this.#columns.push('trialTimes', this.#t)
    this.#columns.push('trialKind', trialKindOf(event))
    this.#columns.push('trialStimulation', this.#open.get(event.stimulation) ?? closed)
    this.#columns.push('trialFocus', event.focus)
    this.#columns.push('trialChanged', event.changed)
    this.#columns.push('trialLogProbability', event.targetLogProbability)
    this.#columns.push('trialMargin', event.margin)
    this.#columns.push('trialEffect', event.effects.targetLogProbability?.mean ?? Number.NaN)
    this.#columns.push('trialPlace', file * FILE + offset)
    for (let i = 0; i < ID_LENGTH; i++)
      this.#columns.push('trialIds', event.trial.charCodeAt(i))
    return true
  }

  #training({ event }: LoggedRecord): boolean {
    if (event?.kind !== 'training')
      return false
    this.#columns.push('trainingTimes', this.#t)
    this.#columns.push('trainingRun', indexIn(this.#runs, event.run))
    this.#columns.push('trainingStep', event.step)
    this.#columns.push('trainingLoss', event.loss ?? Number.NaN)
    this.#columns.push('trainingAccuracy', event.accuracy ?? Number.NaN)
    return true
  }

  #signal({ event, file, offset }: LoggedRecord): boolean {
    if (event?.kind !== 'signal')
      return false
    this.#columns.push('signalFrom', event.t0)
    this.#columns.push('signalTo', event.t0 + event.samples * event.dt)
    this.#columns.push('signalPlace', file * FILE + offset)
    // What is watched is not what happens.
    return false
  }

  #step({ step, kind }: LoggedRecord): void {
    if (kind === 'verification' || isNote({ kind }))
      return
    const n = this.#columns.length('steps')
    if (n > 0 && this.#columns.at('steps', n - 1) === step)
      return
    this.#columns.push('stepTimes', this.#t)
    this.#columns.push('steps', step)
  }
}

function placeAt(place: number): Place | undefined {
  return Number.isNaN(place) ? undefined : { file: Math.floor(place / FILE), offset: place % FILE }
}

function indexIn(names: Map<string, number>, name: string): number {
  const known = names.get(name)
  if (known !== undefined)
    return known
  names.set(name, names.size)
  return names.size - 1
}
