import type { HostFunctions } from '../../preload/contract/rpc'
/**
 * Finds: a symbiote trained on the patient and its circuit judged, one at a time; told to the screen as it goes and recorded when a
 * session is. Cancelled, a find keeps what there was. The last one of each primary stays here, so that it can be saved, shown again,
 * and laid beside another's.
 */
import type { FindAsked, FindInfo, FindProgress, FindRequest, FindResult, Found, KeptOnScreen } from '../../preload/contract/symbiote'
import type { EngineClient } from '../host/engineClient'
import type { Kept } from './findKept'
import type { FindTasks } from './findTasks'
import type { LoadedPatient } from './loading'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import { ulid } from 'ulid'
import { UserError } from '../../preload/contract/errors'
import { expandSites } from '../../preload/contract/sweepSites'
import { writeFindCheckpoint } from '../files/findCheckpoint'
import { aboutFind, checkSame, forgetKept, keptPath, listKept, readKept } from './findKept'
import { FindRecord } from './findRecord'
import { checkAsked, loadTasks } from './findTasks'

export type FindCommand = Parameters<HostFunctions['find']>[0]

export interface FindsOptions {
  /** Root of the user's data, where a cancelled find is kept. */
  home: string
  /** Where a find is recorded, if a session is being. */
  recording?: Recording
  changed: (info: FindInfo, gates?: Uint8Array) => void
  /** Other maps of the same sites, to be compared with the circuit. */
  maps?: (patient: PatientOnTable, addresses: string[]) => Record<string, Float64Array>
  log: (line: string) => void
}

/** Primaries whose last circuit is kept. */
const KEPT = 4

interface Run { id: string, cancelled: boolean, ended: Promise<unknown> }

export class Finds {
  readonly #engine: EngineClient
  readonly #options: FindsOptions
  #running: Run | undefined
  #info: FindInfo | undefined
  /** By the weights they are of, the newest last: circuits of several primaries can be laid beside each other. */
  readonly #found = new Map<string, Found>()

  constructor(engine: EngineClient, options: FindsOptions) {
    this.#engine = engine
    this.#options = options
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  /** Of the find under way, or the last one. */
  get info(): FindInfo | undefined {
    return this.#info
  }

  /** The last circuit of some primary of this sitting, if it is the one meant. */
  last(id: string): Found | undefined {
    return [...this.#found.values()].find(({ info: { find } }) => find === id)
  }

  /** The last circuits of other primaries. */
  others(weightsSha256: string): Found[] {
    return [...this.#found].flatMap(([weights, found]) => weights === weightsSha256 ? [] : [found])
  }

  /** The last circuit found, where it is this primary's. */
  circuits({ loaded: { weightsSha256 } }: PatientOnTable): { name: string, sites: { address: string, score: number, member: boolean }[] }[] {
    const found = this.#found.get(weightsSha256)
    if (!found) return []
    return [{ name: 'symbiote', sites: found.addresses.map((address, i) => ({ address, score: found.score[i], member: found.member[i] === 1 })) }]
  }

  find(patient: PatientOnTable, command: FindCommand): Promise<Found> {
    return this.#run(patient, command)
  }

  /** Goes on with a cancelled find of this patient. What was kept of it goes when it has come to its end, or is kept anew. */
  async resume(patient: PatientOnTable, find: string): Promise<Found> {
    const kept = await readKept(this.#options.home, find)
    const { asked, datasets: [dataset], references } = kept.about
    const found = await this.#run(patient, { ...asked, ...(dataset === undefined ? {} : { dataset }), references }, kept)
    await forgetKept(this.#options.home, find)
    return found
  }

  /** Of this patient, to be gone on with. */
  kept({ loaded: { weightsSha256 } }: PatientOnTable): Promise<KeptOnScreen[]> {
    return listKept(this.#options.home, weightsSha256, this.#options.log)
  }

  async #run(patient: PatientOnTable, command: FindCommand, kept?: Kept): Promise<Found> {
    if (this.#running) throw new UserError({ code: 'finding', message: 'A circuit is being looked for already.', remedy: 'Wait for it, or cancel it.' })
    const run: Run = { id: ulid(), cancelled: false, ended: Promise.resolve() }
    const found = this.#go(run, patient, command, kept)
    this.#running = run
    run.ended = found.catch(() => {})
    try {
      return await found
    }
    finally {
      this.#running = undefined
    }
  }

  async cancel(): Promise<void> {
    const running = this.#running
    if (!running) return
    running.cancelled = true
    // A lost engine has cancelled it already.
    await this.#engine.functions.cancel(running.id).catch(() => {})
    await running.ended
  }

  async #go(run: Run, patient: PatientOnTable, { dataset, references, ...asked }: FindCommand, kept?: Kept): Promise<Found> {
    const { architecture } = patient.loaded.file
    // Before anything is read: a question that means nothing costs nothing.
    const addresses = expandSites(asked.sites, architecture)
    checkAsked(asked, references.length, architecture)
    const tasks = await loadTasks(patient.loaded, { ...(dataset === undefined ? {} : { dataset }), references })
    if (kept) checkSame(kept.about, patient.loaded, tasks)
    const resumes = kept ? { resumes: { find: kept.about.find, step: kept.about.step } } : {}
    if (run.cancelled) throw new UserError({ code: 'cancelled', message: 'The find was cancelled before it began.', remedy: 'Start it again.' })
    let info: FindInfo = { find: run.id, state: 'running', asked, task: tasks.task.name, references: tasks.references.map(({ name }) => name), phase: 'checking', share: 0, done: 0, total: 0, seconds: 0, ...resumes }
    const tell = (change: Partial<FindInfo>, gates?: Uint8Array): void => {
      this.#info = info = { ...info, ...change }
      this.#options.changed(info, gates)
    }
    const record = new FindRecord(this.#options.recording, patient, { find: run.id, asked, tasks, ...resumes }, this.#options.log)
    record.begin()
    const undo = this.#engine.on('finding', (progress) => {
      if (progress.find !== run.id) return
      const { gates, ...rest } = progress
      tell(progressOf(rest), gates)
      record.gates(progress)
    })
    try {
      tell({})
      const result = await this.#engine.functions.find({ ...this.#requestOf(run.id, patient, asked, tasks, addresses), ...(kept ? { from: kept.checkpoints } : {}) })
      sign(result, patient.loaded, tasks)
      const recorded = record.end(result)
      await this.#keepCancelled(run.id, patient.loaded, { asked, dataset, references, tasks }, result)
      tell({ state: result.state, phase: 'finished', share: 1 })
      return this.#keep(patient.loaded.weightsSha256, foundOf(info, result, recorded))
    }
    catch (error) {
      const problem = error instanceof UserError ? error.data : undefined
      record.fail(problem)
      tell({ state: 'failed', ...(problem ? { problem } : {}) })
      throw error
    }
    finally {
      undo()
    }
  }

  /** A disk that is full loses no circuit: that it cannot be gone on with is said. */
  async #keepCancelled(find: string, loaded: LoadedPatient, { asked, dataset, references, tasks }: { asked: FindAsked, dataset: string | undefined, references: string[], tasks: FindTasks }, { checkpoint, certificate }: FindResult): Promise<void> {
    if (!checkpoint) return
    const about = aboutFind({ find, asked, datasets: dataset === undefined ? [] : [dataset], targets: [], references, loaded, tasks, executor: certificate.provenance.executor, steps: certificate.asked.steps })
    await writeFindCheckpoint(keptPath(this.#options.home, find), about, checkpoint).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error
      this.#options.log(error.line)
    })
  }

  #keep(weightsSha256: string, found: Found): Found {
    this.#found.delete(weightsSha256)
    this.#found.set(weightsSha256, found)
    // A large primary's candidates take tens of megabytes.
    const [oldest] = this.#found.keys()
    if (this.#found.size > KEPT) this.#found.delete(oldest)
    return found
  }

  #requestOf(find: string, patient: PatientOnTable, asked: FindAsked, tasks: FindTasks, addresses: string[]): FindRequest {
    const maps = this.#options.maps?.(patient, addresses) ?? {}
    return { ...requestOf(find, patient.loaded, asked, tasks), ...(Object.keys(maps).length > 0 ? { maps } : {}) }
  }
}

/** What the engine is asked: tensors and items, no files. */
export function requestOf(find: string, { file, weights }: LoadedPatient, asked: FindAsked, { task, references, contexts }: FindTasks): FindRequest {
  const items = ({ name, train, test }: FindTasks['task']): FindRequest['task'] => ({ name, train, test })
  const more = contexts ? { contexts: contexts.map(({ task, ...context }) => ({ ...context, task: items(task) })) } : {}
  return { ...asked, find, architecture: file.architecture, weights, task: items(task), references: references.map(items), ...more }
}

function progressOf({ phase, share, done, total, seconds, training }: Omit<FindProgress, 'gates'>): Partial<FindInfo> {
  return { phase, share, done, total, seconds, ...(training ? { training } : {}) }
}

/** The engine holds tensors and knows no file: which primary and which data they were is said here. */
export function sign({ certificate }: FindResult, { weightsSha256, file: { provenance } }: LoadedPatient, { task }: FindTasks): void {
  certificate.provenance.primarySha256 = weightsSha256
  if (provenance?.steps !== undefined) certificate.provenance.primaryStep = provenance.steps
  certificate.provenance.datasetSha256 = task.sha256
}

function foundOf(info: FindInfo, result: FindResult, recorded: boolean): Found {
  const { addresses, score, member, membership, gates, rivals, history, certificate } = result
  return { info, addresses, score, member, membership, gates, rivals, history, certificate, recorded }
}
