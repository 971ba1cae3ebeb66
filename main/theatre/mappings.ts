/**
 * Mappings by protocol, one at a time, in a recording: begun or gone on with, stepped by an operator or run by themselves, told
 * to the screen as far as blinding allows.
 */
import type { MappingInfo, MappingMode, MappingTrial } from '../../preload/contract/mapping'
import type { Protocol } from '../../preload/contract/protocol'
import type { EngineClient } from '../host/engineClient'
import type { KnownCircuit } from './mapping/agreement'
import type { Prepared } from './mapping/prepare'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import { resolveAddress } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'
import { readPrimary } from '../files/primary'
import { SessionReader } from '../session/reader'
import { prepare } from './mapping/prepare'
import { stateOf } from './mapping/present'
import { resumedFrom } from './mapping/resuming'
import { MappingRun } from './mapping/run'
import { infoOf, trialOf } from './mapping/telling'

export interface MappingsOptions {
  engine: EngineClient
  recording: Recording
  /** Pins a numbered ticket to a site and gives its number. */
  tag?: (patient: PatientOnTable, site: string, text: string) => number
  /** Circuits known of a patient, to be laid beside its map. */
  circuits?: (patient: PatientOnTable) => KnownCircuit[]
  changed: (info: MappingInfo) => void
}

interface UnderWay { run: MappingRun, began: number, loop?: Promise<void> }

/** The screen hears of a mapping that runs by itself this often, ms. */
const TELL_EVERY = 200

export class Mappings {
  readonly #options: MappingsOptions
  #current: UnderWay | undefined
  #told = Number.NEGATIVE_INFINITY

  constructor(options: MappingsOptions) {
    this.#options = options
  }

  /** The one under way, or the last. */
  get info(): MappingInfo | undefined {
    const { run, began } = this.#current ?? {}
    return run && infoOf(run, this.#folder, (performance.now() - began!) / 1000)
  }

  get run(): MappingRun {
    if (!this.#current) throw new UserError({ code: 'no-mapping', message: 'No mapping is under way.', remedy: 'Begin one.' })
    return this.#current.run
  }

  get active(): boolean {
    return this.#current !== undefined && !this.#current.run.finished
  }

  /** Throws what beginning it would, and writes nothing. */
  check(patient: PatientOnTable, protocol: Protocol): Prepared {
    this.#requireNone()
    return prepare(patient, protocol)
  }

  checkResume(patient: PatientOnTable, session: SessionReader): void {
    this.#requireNone()
    resumedFrom(session, patient)
  }

  /** A recording must be under way. */
  async start(patient: PatientOnTable, { protocol, mode, operator }: { protocol: Protocol, mode: MappingMode, operator: string }): Promise<MappingInfo> {
    const prepared = this.check(patient, protocol)
    const { recording } = this.#options
    const { live } = recording
    const rows = (values: Int32Array): string => live.blobs.put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    const { calibrate, map, heldOut, excluded } = prepared.items
    const state = await stateOf(await patient.engine(), prepared.probe)
    const mapping = live.newId()
    recording.append({
      kind: 'mapping',
      mapping,
      protocol,
      mode,
      operator,
      sites: prepared.sites.length,
      addresses: live.blobs.put(Buffer.from(prepared.sites.join('\n'))),
      items: { calibrate: rows(calibrate), map: rows(map), heldOut: rows(heldOut), excluded: rows(excluded) },
      counts: { calibrate: calibrate.length, map: map.length, heldOut: heldOut.length, excluded: excluded.length },
      power: prepared.power,
      state,
    }, patient)
    const run = this.#open(new MappingRun({ ...this.#shared(patient), prepared, mapping, mode, state, operator }))
    await run.begin()
    return this.info!
  }

  /** Goes on where the log of a session ends; its recording must have been resumed. */
  async resume(patient: PatientOnTable, session: string, mode?: MappingMode): Promise<MappingInfo> {
    this.#requireNone()
    const { mapping: event, prepared, history, past } = resumedFrom(await SessionReader.open(session), patient)
    const { mapping, state, operator } = event
    const run = this.#open(new MappingRun({ ...this.#shared(patient), prepared, mapping, mode: mode ?? event.mode, state, operator, past }, history))
    await run.checkWeights()
    if (await stateOf(await patient.engine(), prepared.probe) !== state) throw new UserError({ code: 'state-changed', message: 'The unstimulated primary does not answer what it answered when this mapping began, bit by bit.', remedy: 'Go on with the executor and the machine it began on, or begin another mapping.', path: session })
    if (history.machine.phase === 'prepare') await run.begin()
    else run.transition('resume', { reason: 'gone on with from the log' })
    return this.info!
  }

  async trial({ site }: { site?: string }): Promise<MappingTrial> {
    const { run } = this
    if (site !== undefined) this.#checkSite(run, site)
    const presented = await run.step(site)
    if (presented) return trialOf(run, presented)
    throw new UserError({
      code: site === undefined ? 'phase-over' : 'site-done',
      message: site === undefined ? `The phase before has what it needs; the mapping is in “${run.history.machine.phase}” now.` : `${site} has all it needs in this phase.`,
      remedy: site === undefined ? 'Go on with the next trial.' : 'Choose another site, or the next phase.',
    })
  }

  /** To its end, or until it is paused or interrupted. */
  async runAll(): Promise<MappingInfo> {
    const current = this.#current
    if (!current) throw new UserError({ code: 'no-mapping', message: 'No mapping is under way.', remedy: 'Begin one.' })
    current.loop ??= this.#loop(current.run).finally(() => delete current.loop)
    await current.loop
    return this.info!
  }

  async #loop(run: MappingRun): Promise<void> {
    const { history } = run
    try {
      while (history.machine.status === 'running' && history.machine.phase !== 'report') await run.step()
    }
    catch (error) {
      if (history.machine.status === 'running') run.interrupt('instrument', error instanceof UserError ? error.message : String(error))
      throw error
    }
    if (history.machine.status === 'running') this.finish(run.options.mode === 'unattended' ? 'protocol' : run.options.operator, 'all trials made')
  }

  /** Unblinds where that was not done, pins the tickets, and ends it. */
  finish(by: string, reason: string): MappingInfo {
    const { run } = this
    run.unblind(by, reason)
    run.ticket()
    run.transition('end', { reason })
    this.#tell(true)
    return this.info!
  }

  pause(paused: boolean): MappingInfo {
    this.run.transition(paused ? 'pause' : 'resume')
    return this.info!
  }

  interrupt(reason: string): MappingInfo {
    this.run.interrupt('operator', reason)
    return this.info!
  }

  async advance(): Promise<MappingInfo> {
    await this.run.advance()
    return this.info!
  }

  unblind(by: string, reason: string): MappingInfo {
    this.run.unblind(by, reason)
    if (this.run.history.machine.phase === 'report') this.run.ticket()
    return this.info!
  }

  score(rater: string, { trial, code, confidence }: { trial: string, code?: string, confidence?: number }): void {
    if (!this.run.history.trials.some(one => one.trial === trial)) throw new UserError({ code: 'trial-unknown', message: `There is no trial ${trial} in this mapping.`, remedy: 'Score one that was presented.' })
    this.run.score(trial, rater, code, confidence)
  }

  /** Waits for a trial under way; the mapping stays where it is and can be gone on with from its session. */
  async close(): Promise<void> {
    const current = this.#current
    if (!current) return
    if (current.run.history.machine.status === 'running' && current.loop) current.run.transition('pause', { reason: 'the workstation was closed' })
    await current.loop?.catch(() => {})
    this.#current = undefined
  }

  #shared(patient: PatientOnTable): Pick<MappingRun['options'], 'patient' | 'recording' | 'weightsNow' | 'tag' | 'circuits' | 'changed'> {
    const { recording, tag, circuits } = this.#options
    return {
      patient,
      recording,
      weightsNow: async () => (await readPrimary(patient.loaded.path)).weightsSha256,
      ...(tag ? { tag: (site, text) => tag(patient, site, text) } : {}),
      ...(circuits ? { circuits: () => circuits(patient) } : {}),
      changed: () => this.#tell(false),
    }
  }

  #open(run: MappingRun): MappingRun {
    this.#current = { run, began: performance.now() }
    return run
  }

  #requireNone(): void {
    if (this.active) throw new UserError({ code: 'mapping', message: 'A mapping is under way.', remedy: 'End it first.' })
  }

  /** By hand any open site may be chosen; never the last one again while another is open. */
  #checkSite({ options: { patient, prepared }, planner, history }: MappingRun, site: string): void {
    const { error } = resolveAddress(site, patient.loaded.file.architecture)
    if (error) throw new UserError(error)
    if (!prepared.sites.includes(site)) throw new UserError({ code: 'site-not-mapped', message: `${site} is no site of this map.`, remedy: 'Choose one of the protocol’s sites.', path: site })
    const { open } = planner
    if (prepared.protocol.order.neverTwice && site === history.last?.site && open.some(other => other !== site)) throw new UserError({ code: 'site-twice', message: `${site} was stimulated last, and no site is stimulated twice running.`, remedy: 'Choose another one first.', path: site })
    if (!open.includes(site)) throw new UserError({ code: 'site-done', message: `${site} has all it needs in the phase “${history.machine.phase}”.`, remedy: open.length > 0 ? 'Choose another site.' : 'Go on to the next phase.', path: site })
  }

  get #folder(): string {
    return this.#options.recording.active ? this.#options.recording.live.folder : ''
  }

  #tell(now: boolean): void {
    const time = performance.now()
    if (!this.#current || (!now && this.#current.loop && time - this.#told < TELL_EVERY)) return
    this.#told = time
    this.#options.changed(this.info!)
  }
}
