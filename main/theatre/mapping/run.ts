/**
 * A mapping under way. Whoever drives it (an operator's clicks, or the loop of an unattended one) asks for one step at a time; what
 * happens goes into the log first and is then applied to the history, which alone decides what comes next.
 */
import type { Interrupt, MappingMode, MappingPhase, Seizure } from '../../../preload/contract/mapping'
import type { BodyOf } from '../../../preload/contract/session'
import type { PatientOnTable } from '../patient'
import type { Recording } from '../recording'
import type { KnownCircuit } from './agreement'
import type { MappingBody } from './history'
import type { What } from './machine'
import type { Prepared } from './prepare'
import type { Asked, Presented } from './present'
import type { ItemReading } from './reading'
import type { Lesioned } from './verifying'
import { UserError } from '../../../preload/contract/errors'
import { thresholdOf } from '../../lib/statistics/staircase'
import { agreementOf, mapsOf } from './agreement'
import { afterDischarge } from './detectors'
import { allowedStrengths, largestStrength } from './doses'
import { History } from './history'
import { workingStrength } from './judging'
import { transitionFrom } from './machine'
import { nextStep, Planner } from './planning'
import { present } from './present'
import { verdictsOf } from './verdicts'
import { findingsOf, lesionsOf } from './verifying'

export interface RunOptions {
  patient: PatientOnTable
  recording: Recording
  prepared: Prepared
  mapping: string
  mode: MappingMode
  /** Of the unstimulated primary, hashed. */
  state: string
  /** Who operates, and scores. */
  operator: string
  /** SHA-256 of the weights as they are on disk now. */
  weightsNow: () => Promise<string>
  /** Pins a numbered ticket. */
  tag?: (site: string, text: string) => number
  /** Circuits of the same primary, to be laid beside the map. */
  circuits?: () => KnownCircuit[]
  changed: () => void
  /** Readings of a lesion that was presented before the mapping was cut off. */
  past?: (lesion: string) => ItemReading[] | undefined
}

/** What left its range. */
const SEIZURES: Record<Seizure['what'], string> = { 'not-a-number': 'values that are no numbers', 'norm': 'activity many times the usual', 'entropy': 'the same answer whatever was shown' }

export class MappingRun {
  readonly options: RunOptions
  readonly history: History
  readonly planner: Planner
  /** While a step is under way nothing else may begin. */
  #busy = false

  constructor(options: RunOptions, history = new History()) {
    this.options = options
    this.history = history
    this.planner = new Planner(options.patient, options.prepared, history)
  }

  get finished(): boolean {
    return this.history.machine.status === 'finished'
  }

  /** From `prepare` into the first phase there is. */
  async begin(): Promise<void> {
    await this.checkWeights()
    this.transition('begin', { next: this.options.prepared.protocol.staircase ? 'calibrate' : 'map' })
  }

  /** One trial at the site given or chosen, or, where the phase has what it needs, the next phase. Undefined where no trial was made. */
  async step(site?: string): Promise<Presented | undefined> {
    return this.#alone(async () => {
      this.#requireRunning()
      const { phase } = this.history.machine
      if (phase === 'verify') {
        await this.#verify()
        return undefined
      }
      const asked = this.planner.next(site)
      if (asked) return this.#present(asked)
      if (site === undefined) await this.advance()
      return undefined
    })
  }

  async advance(): Promise<void> {
    const { phase } = this.history.machine
    await this.checkWeights()
    if (phase === 'calibrate') this.#closeRamps()
    this.transition('advance')
    if (this.history.machine.phase === 'report') this.#report()
  }

  transition(what: What, { next, interrupt, reason }: { next?: MappingPhase, interrupt?: Interrupt, reason?: string } = {}): void {
    const { from, to } = transitionFrom(this.history.machine, what, next)
    this.#append({ kind: 'mapping.transition', mapping: this.options.mapping, from, to, what, ...(interrupt ? { interrupt } : {}), ...(reason === undefined ? {} : { reason }) })
  }

  interrupt(what: Interrupt, reason: string): void {
    this.transition('interrupt', { interrupt: what, reason })
  }

  unblind(by: string, reason: string): void {
    if (this.history.unblinded) return
    const { phase, status } = this.history.machine
    this.#append({ kind: 'mapping.unblinded', mapping: this.options.mapping, by, reason, early: phase !== 'report' && status !== 'finished' })
  }

  /** The verdict events there are get their tickets: from here on sites may be known. */
  ticket(): void {
    const { tag } = this.options
    if (!tag) return
    for (const verdict of this.history.verdicts.values()) {
      if (verdict.verdict === 'positive' && verdict.tag === undefined) this.#append({ ...verdict, tag: tag(verdict.site, verdict.reason) })
    }
  }

  score(trial: string, rater: string, code: string | undefined, confidence: number | undefined): void {
    const { recording, patient } = this.options
    const blind = this.history.unblinded === undefined && this.options.prepared.protocol.blinding !== 'none'
    recording.append({ kind: 'score', trial, code: code ?? 'error', source: 'human', rater, ...(confidence === undefined ? {} : { confidence }), blind, removed: code === undefined }, patient)
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw new UserError({ code: 'mapping-busy', message: 'A trial is under way.', remedy: 'Wait for it.' })
    this.#busy = true
    try {
      return await work()
    }
    finally {
      this.#busy = false
    }
  }

  async #present(asked: Asked): Promise<Presented> {
    const { patient, recording, prepared, mapping, state } = this.options
    const presented = await present({ patient, recording, prepared, mapping, state }, asked, this.history.number, this.history.lastShown?.answer)
    const { body, score: { code, confidence }, answer, after } = presented
    recording.append({ kind: 'score', trial: body.trial, code, source: 'auto', rater: 'auto', confidence, blind: true, removed: false }, patient)
    this.history.lastShown = { answer, target: after.target }
    this.#append(body)
    this.#react(presented)
    return presented
  }

  /** A faulty instrument and too many seizures stop everything; one seizure only lowers what its site may get. */
  #react({ body }: Presented): void {
    const { protocol } = this.options.prepared
    if (body.sham && body.identical === false) return this.interrupt('instrument', `The sham of trial ${body.number} did not give what no stimulation gives, bit by bit.`)
    if (!body.stateSame) return this.interrupt('after-discharge', `After trial ${body.number} the unstimulated primary no longer answers what it answered before the first.`)
    if (body.phase === 'calibrate' && nextStep(this.options.prepared, this.history, body.site) === undefined) this.#closeRamp(body.site)
    // A lesion of many sites may well end everything, and that is what it was made to show.
    const seizures = this.history.seizures.filter(({ phase }) => phase !== 'verify').length
    if (body.seizure && body.phase !== 'verify' && seizures >= protocol.stopping.seizures) this.interrupt('seizure', `${seizures} seizure${seizures === 1 ? '' : 's'}, the last at ${body.site}, strength ${body.strength}: ${SEIZURES[body.seizure.what]}.`)
  }

  #closeRamps(): void {
    if (this.options.prepared.protocol.staircase) this.options.prepared.sites.filter(site => !this.history.ramps.has(site)).forEach(site => this.#closeRamp(site))
  }

  #closeRamp(site: string): void {
    const { protocol } = this.options.prepared
    const { staircase } = protocol
    if (!staircase) return
    const trials = this.history.of(site, 'calibrate')
    const allowed = allowedStrengths(protocol, site)
    const found = thresholdOf(trials.filter(({ seizure }) => !seizure), staircase.criterion, staircase.confidence, allowed.length)
    const steps = trials.filter(({ seizure }) => !seizure).map(({ strength, trial, items, lost }, i) => ({ strength, trial, items, lost, interval: found.intervals[i] }))
    const largest = allowed[allowed.length - 1]
    const ramp: BodyOf<'ramp'> = { kind: 'ramp', mapping: this.options.mapping, site, steps, ...(found.threshold === undefined ? {} : { threshold: found.threshold }), bracket: found.bracket, working: largest, largest }
    // What trials are made with follows from the threshold, so it is asked once the ramp is known.
    const known = new History()
    trials.forEach(trial => known.apply(trial))
    known.apply(ramp)
    this.#append({ ...ramp, working: workingStrength(protocol, known, site) ?? largest })
  }

  async #verify(): Promise<void> {
    const { patient, prepared, past, circuits } = this.options
    const { protocol } = prepared
    const verdicts = verdictsOf(protocol, this.history, prepared.sites)
    const lesioned: Lesioned[] = []
    for (const lesion of lesionsOf(patient, prepared, verdicts)) {
      const known = this.history.trials.some(trial => trial.lesion === lesion.name) ? past?.(lesion.name) : undefined
      if (known) {
        lesioned.push({ ...lesion, readings: known })
        continue
      }
      const { readings } = await this.#present({ phase: 'verify', sites: lesion.sites, strength: largestStrength(protocol), sham: false, repetition: 1, rows: lesion.rows, lesion: lesion.name })
      if (this.history.machine.status !== 'running') return
      lesioned.push({ ...lesion, readings })
    }
    const agreement = agreementOf(prepared.sites, await mapsOf(patient, prepared, verdicts, circuits?.() ?? []))
    for (const about of [...findingsOf(patient, prepared, verdicts, lesioned), { finding: 'agreement', agreement } as const]) this.#append({ kind: 'mapping.finding', mapping: this.options.mapping, about })
    await this.advance()
  }

  #report(): void {
    const { mapping, prepared: { protocol, sites } } = this.options
    const { trials, shams, statesSame, seizures } = this.history
    for (const verdict of verdictsOf(protocol, this.history, sites)) this.#append({ kind: 'verdict', mapping, ...verdict })
    const faulty = shams.identical < shams.done || statesSame < trials.length
    this.#append({ kind: 'mapping.finding', mapping, about: { finding: 'instrument', shams: shams.done, identical: shams.identical, statesSame, trials: trials.length, faulty } })
    this.#append({ kind: 'mapping.finding', mapping, about: afterDischarge(trials.length, statesSame) })
    this.#append({ kind: 'mapping.finding', mapping, about: { finding: 'seizures', seizures: seizures.map(({ site, strength, trial, seizure }) => ({ site, strength, trial, seizure: seizure! })) } })
  }

  async checkWeights(): Promise<void> {
    const { patient, weightsNow } = this.options
    // A primary that cannot be read any more is another one too.
    const now = await weightsNow().catch((error: unknown) => {
      if (error instanceof UserError) return error
      throw error
    })
    if (now === patient.loaded.weightsSha256) return
    const message = `${patient.loaded.file.name} is no longer the primary this mapping began on: ${now instanceof UserError ? now.message : 'its weights are different.'}`
    if (this.history.machine.status !== 'interrupted') this.interrupt('weights-changed', message)
    throw new UserError({ code: 'weights-changed', message, remedy: 'Put the weights back and let the mapping go on, or begin another one; what was recorded is kept.', path: patient.loaded.path })
  }

  #requireRunning(): void {
    const { status, phase, interrupt } = this.history.machine
    if (status === 'running' && phase !== 'report') return
    throw new UserError({
      code: 'mapping-state',
      message: phase === 'report' ? 'The mapping has all its trials.' : `The mapping is ${status}${interrupt ? `: ${interrupt.message}` : '.'}`,
      remedy: phase === 'report' || status === 'finished' ? 'Read the report, or begin another one.' : 'Let it go on first.',
    })
  }

  #append(body: MappingBody): void {
    this.options.recording.append(body, this.options.patient)
    this.history.apply(body)
    this.options.changed()
  }
}
