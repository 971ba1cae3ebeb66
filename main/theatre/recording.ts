/**
 * The session being recorded, if one is. Every use case tells it what happened; it keeps what a session needs to be
 * understood alone: provenance, the battery, each site once before it is first used.
 */
import type { EngineDescription, Presentation } from '../../preload/contract/engine'
import type { RecordingInfo } from '../../preload/contract/rpc'
import type { BodyOf, EventBody, SessionEvent, SessionSummary } from '../../preload/contract/session'
import type { Appended } from '../session/recorder'
import type { PatientOnTable } from './patient'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { release, type } from 'node:os'
import process from 'node:process'
import { UserError } from '../../preload/contract/errors'
import { concatenated } from '../lib/floats'
import { newSessionFolder, summarizeSession } from '../session/library'
import { SessionRecorder } from '../session/recorder'
import { beginScheme } from '../session/scheme'
import { Monitors } from './monitors'
import { siteOf } from './sites'

export interface RecordingOptions {
  sessionsFolder: string
  appVersion: string
  /** package-lock.json, where there is one: which versions of everything this ran on. */
  lockFile: string
  changed: (info: RecordingInfo | undefined) => void
}

/** How often the screen hears how long it has been recording. */
const TELL_MS = 1000

export class Recording {
  readonly #options: RecordingOptions
  #recorder: SessionRecorder | undefined
  #battery = ''
  #sites = new Set<string>()
  #untick = (): void => {}
  /** Activity of the sites a screen monitors. */
  readonly monitors = new Monitors()
  #patient: PatientOnTable | undefined
  readonly #listeners = new Set<(event: SessionEvent) => void>()

  constructor(options: RecordingOptions) {
    this.#options = options
  }

  get active(): boolean {
    return this.#recorder !== undefined
  }

  get info(): RecordingInfo | undefined {
    return this.#recorder?.info
  }

  /** Id of the battery event trials refer to. */
  get battery(): string {
    return this.#battery
  }

  /** The recorder itself, for use cases that correct what was recorded. Throws the UserError `not-recording`. */
  get live(): SessionRecorder {
    if (!this.#recorder) throw new UserError({ code: 'not-recording', message: 'No session is being recorded.', remedy: 'Start a recording first.' })
    return this.#recorder
  }

  /** In a folder of its own among the sessions, or in the one given. */
  start(request: { title: string, operators: string[], folder?: string }, patient: PatientOnTable, engine: EngineDescription): RecordingInfo {
    if (this.#recorder) throw alreadyRecording(this.#recorder.folder)
    this.#sites = new Set()
    this.#recorder = SessionRecorder.create({
      folder: request.folder ?? newSessionFolder(this.#options.sessionsFolder, request.title),
      title: request.title,
      operators: request.operators,
      appVersion: this.#options.appVersion,
      rootSeed: patient.seed,
      onProblem: () => this.#tell(),
    })
    this.#introduce(patient, engine)
    return this.live.info
  }

  /** Goes on with a recording that was cut off, and says on what. */
  async resume(folder: string, patient: PatientOnTable, engine: EngineDescription): Promise<void> {
    if (this.#recorder) throw alreadyRecording(this.#recorder.folder)
    this.#sites = new Set()
    this.#recorder = await SessionRecorder.reopen(folder, { appVersion: this.#options.appVersion, onProblem: () => this.#tell() })
    this.#introduce(patient, engine)
  }

  #introduce(patient: PatientOnTable, engine: EngineDescription): void {
    const timer = setInterval(() => {
      this.#monitor()
      this.#tell()
    }, TELL_MS)
    this.#untick = () => clearInterval(timer)
    this.append({ ...provenanceOf(patient, engine, this.#options.lockFile), statistics: this.#keepStatistics(patient) }, patient)
    beginScheme(this.live, stepOf(patient))
    this.#battery = this.live.newId()
    this.append({ kind: 'battery', battery: this.#battery, items: [...patient.battery], seed: patient.seed }, patient)
    this.#patient = patient
    this.monitors.begin({
      now: () => this.live.elapsed,
      write: (chunk, data) => void this.append({ kind: 'signal', ...chunk, dtype: 'float32', data: this.keep(data) }, patient),
    })
    this.#tell()
  }

  /** When it returns, the event is in the log; throws the recorder's UserError when it is not. */
  append<B extends EventBody>(body: B, patient: PatientOnTable): Appended<B> {
    const event = this.live.append(body, stepOf(patient))
    if (event.kind === 'stimulation.off') this.monitors.released()
    for (const listener of this.#listeners) listener(event as SessionEvent)
    return event
  }

  /** Every event that use cases append, once it is in the log. Returns its own undo. */
  onAppended(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Describes the sites an intervention names, each once a session. */
  describeSites(addresses: string[], patient: PatientOnTable): void {
    for (const address of addresses) {
      if (this.#sites.has(address)) continue
      this.append({ kind: 'site', ...siteOf(address, patient.loaded.file.architecture, patient.opened.statistics, patient.loaded.weights) }, patient)
      this.#sites.add(address)
    }
  }

  /** Monitors these sites from now on, while a session is recorded; answers which of them the primary has. */
  monitor(sites: string[]): string[] {
    if (!this.#recorder || !this.#patient) return []
    this.monitors.choose(sites, this.#patient.loaded.file.architecture)
    this.describeSites([...this.monitors.sites], this.#patient)
    return [...this.monitors.sites]
  }

  /** Writes what is due of the monitored signals. The recorder has told the screen of a full disk already; it is tried again. */
  #monitor(): void {
    try {
      this.monitors.keepUp()
    }
    catch (error) {
      if (!(error instanceof UserError)) throw error
    }
  }

  /** Blob of a presentation's activations, layer after layer. */
  keepActivations({ activations }: Presentation): string {
    return this.keep(concatenated(activations))
  }

  #keepStatistics({ opened: { statistics } }: PatientOnTable): BodyOf<'provenance'>['statistics'] {
    return { items: statistics.items, mean: this.keep(concatenated(statistics.mean)), sigma: this.keep(concatenated(statistics.sigma)) }
  }

  keep(values: Float32Array): string {
    return this.live.blobs.put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }

  /** Closes the log. It stays open for another try where that fails. */
  async stop(): Promise<SessionSummary> {
    const { live } = this
    this.monitors.end()
    live.close('closed')
    this.#forget()
    return summarizeSession(live.folder)
  }

  /** The host ends: closes what can be closed, and lets go of what cannot. */
  end(): void {
    const recorder = this.#recorder
    if (!recorder) return
    try {
      this.monitors.end()
      recorder.close('closed')
    }
    catch {
      recorder.abandon()
    }
    this.#forget()
  }

  #forget(): void {
    this.#untick()
    this.#recorder = undefined
    this.#patient = undefined
    this.monitors.stop()
    this.#tell()
  }

  #tell(): void {
    this.#options.changed(this.info)
  }
}

/** The primary's own step: the clock that counts training, not time. */
export function stepOf(patient: PatientOnTable): number {
  return patient.loaded.file.provenance?.steps ?? 0
}

function provenanceOf({ loaded }: PatientOnTable, engine: EngineDescription, lockFile: string): Omit<BodyOf<'provenance'>, 'statistics'> {
  const { file, path, weightsSha256, weightsBytes, dataset, items } = loaded
  const lockSha256 = hashOf(lockFile)
  return {
    kind: 'provenance',
    primary: { name: file.name, path, architecture: file.architecture, weightsSha256, weightsBytes, step: file.provenance?.steps ?? 0 },
    dataset: { name: dataset.name, sha256: dataset.sha256, items: items.inputs.shape[0], classNames: dataset.classNames, inputShape: dataset.inputShape },
    engine: { executor: engine.executor, device: engine.device, threads: engine.threads, versions: engine.versions },
    host: { os: `${type()} ${release()} ${process.arch}`, node: process.versions.node, ...(lockSha256 === undefined ? {} : { lockSha256 }) },
  }
}

function hashOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  }
  catch {
    return undefined
  }
}

function alreadyRecording(path: string): UserError {
  return new UserError({ code: 'recording', message: 'A session is being recorded already.', remedy: 'Stop it first.', path })
}
