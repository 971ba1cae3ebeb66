/**
 * The screen's matchings: which circuits of other primaries there are, and one of them laid beside the patient's, one at a time; told as it
 * goes, and recorded when a session is.
 */
import type { MatchAsked, Matched, MatchProgress, OtherCircuit } from '../../preload/contract/match'
import type { CircuitFile, Found } from '../../preload/contract/symbiote'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { SessionReader } from '../session/reader'
import type { Finds } from './find'
import type { LoadedPatient } from './loading'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { ulid } from 'ulid'
import { UserError } from '../../preload/contract/errors'
import { kindOf, listCircuits } from '../files/circuits'
import { readPrimary } from '../files/primary'
import { listPrimaries } from '../files/shipped'
import { fromJson, toJson } from '../session/eventJson'
import { circuitOf } from './findSave'
import { datasetBeside } from './loading'
import { askEngine, circuitAt, loadOther, sideOf } from './match'

/** Chooses the items, and the random circuits. */
const SEED = 1

export interface MatchesOptions {
  places: Places
  finds: Finds
  recording?: Recording
  changed: (progress: MatchProgress) => void
  log: (line: string) => void
}

/** One that is still in training lies in no folder, so what was on the table is kept. */
interface Known { name: string, path: string, loaded?: LoadedPatient }

export class Matches {
  readonly #engine: EngineClient
  readonly #options: MatchesOptions
  /** By hash of the weights: those that lay on the table, wherever they are kept. */
  readonly #seen = new Map<string, Known>()
  #running: { cancel: () => void, ended: Promise<unknown> } | undefined

  constructor(engine: EngineClient, options: MatchesOptions) {
    this.#engine = engine
    this.#options = options
  }

  /** A primary that was opened; its circuits may be asked for when another lies on the table. */
  saw(loaded: LoadedPatient): void {
    const { weightsSha256, file: { name }, path, training } = loaded
    this.#seen.set(weightsSha256, { name, path, ...(training === undefined ? {} : { loaded }) })
  }

  /** Circuits of other primaries than the patient; `find` says whose sites they are to compare with. */
  async others(patient: PatientOnTable, find: string): Promise<OtherCircuit[]> {
    const { places, finds } = this.#options
    const own = patient.loaded.weightsSha256
    const against = finds.last(find)
    const kind = against ? kindOf(against.addresses) : undefined
    const known = await this.#known()
    const saved = await listCircuits(join(places.home, 'circuits'))
    const unfit = (sites: string): { problem?: string } => {
      const problem = kind === undefined ? undefined : whyNot(kind, sites)
      return problem === undefined ? {} : { problem }
    }
    return [
      ...finds.others(own).map((found): OtherCircuit => {
        const { asked, circuit, verdict, provenance } = found.certificate
        const primary = known.get(provenance.primarySha256 ?? '')
        return { circuit: found.info.find, name: `${asked.objective} ${asked.sites}, not saved`, saved: false, sites: asked.sites, objective: asked.objective, members: circuit.sites, candidates: asked.candidates, certified: verdict.certified, ...(primary ? { primary: { name: primary.name, path: primary.path } } : {}), ...unfit(kindOf(found.addresses)) }
      }),
      ...saved.flatMap(({ path, name, about, problem }): OtherCircuit[] => {
        if (!about) return [{ circuit: path, name, saved: true, sites: '', objective: 'sufficient', members: 0, candidates: 0, certified: false, problem: problem ?? 'It cannot be read.' }]
        const { primarySha256, ...rest } = about
        const primary = known.get(primarySha256)
        return primarySha256 === own ? [] : [{ circuit: path, name, saved: true, ...rest, ...(primary ? { primary: { name: primary.name, path: primary.path } } : {}), ...unfit(about.sites) }]
      }),
    ]
  }

  async match(patient: PatientOnTable, asked: MatchAsked): Promise<Matched> {
    if (this.#running) throw new UserError({ code: 'matching', message: 'Two circuits are being matched already.', remedy: 'Wait for it, or cancel it.' })
    let cancelled = false
    const running = { cancel: () => void (cancelled = true), ended: Promise.resolve() as Promise<unknown> }
    this.#running = running
    const matched = this.#go(patient, asked, running, () => cancelled)
    running.ended = matched.catch(() => {})
    try {
      return await matched
    }
    finally {
      this.#running = undefined
    }
  }

  async cancel(): Promise<void> {
    const running = this.#running
    running?.cancel()
    await running?.ended
  }

  async #go(patient: PatientOnTable, asked: MatchAsked, running: { cancel: () => void }, cancelled: () => boolean): Promise<Matched> {
    const { places, finds, changed } = this.#options
    const { loaded } = patient
    const found = finds.last(asked.find)
    if (!found || found.certificate.provenance.primarySha256 !== loaded.weightsSha256) throw new UserError({ code: 'find-unknown', message: 'That circuit is not the patient’s any more.', remedy: 'Find it again.' })
    const own = circuitOf(found).file
    const other = await this.#other(asked)
    const dataset = datasetBeside(loaded.file.task.dataset, loaded.path)
    const theirs = asked.primary === undefined ? await this.#primaryOf(other.file, other.path, dataset) : await loadOther(asked.primary, places, dataset)
    if (cancelled()) throw new UserError({ code: 'cancelled', message: 'The matching was cancelled.', remedy: 'Start it again.' })
    const match = ulid()
    const result = await askEngine(this.#engine, { sides: [sideOf(loaded, own, 'the circuit'), sideOf(theirs, other.file, other.path)], items: loaded.items, most: asked.items, seed: SEED }, { progress: changed, begun: cancel => running.cancel = cancel }, match)
    const matched = { ...result, match, primaries: [loaded.file.name, theirs.file.name] as [string, string], dataset: loaded.dataset.name, notes: notesOf(own, other.file) }
    return { ...matched, recorded: this.#record(patient, asked.find, { ...matched, recorded: true }, theirs.weightsSha256) }
  }

  async #other({ circuit }: MatchAsked): Promise<{ file: CircuitFile, path: string }> {
    const found = this.#options.finds.last(circuit)
    return found ? { file: circuitOf(found).file, path: `the circuit of ${this.#nameOf(found)}` } : circuitAt(circuit)
  }

  #nameOf({ certificate: { provenance } }: Found): string {
    return this.#seen.get(provenance.primarySha256 ?? '')?.name ?? 'another primary'
  }

  async #primaryOf({ primarySha256 }: CircuitFile, path: string, dataset: string): Promise<LoadedPatient> {
    const known = (await this.#known()).get(primarySha256)
    if (known) return known.loaded ?? loadOther(known.path, this.#options.places, dataset)
    throw new UserError({ code: 'primary-unknown', message: `${path} is the circuit of a primary with the weights ${primarySha256.slice(0, 12)}…, and none that is known here has them.`, remedy: 'Give the folder of that primary.', path })
  }

  /** By hash of the weights. */
  async #known(): Promise<Map<string, Known>> {
    const known = new Map(this.#seen)
    for (const { name, path, file, problem } of await listPrimaries(this.#options.places)) {
      if (!file || problem) continue
      // Written here, a primary says its hash; of a person's own the weights are read.
      const sha256 = file.provenance?.weightsSha256?.toLowerCase() ?? await readPrimary(path).then(({ weightsSha256 }) => weightsSha256, () => undefined)
      if (sha256 !== undefined) known.set(sha256, { name, path })
    }
    return known
  }

  #record(patient: PatientOnTable, find: string, matched: Matched, weightsSha256: string): boolean {
    const { recording, log } = this.#options
    if (!recording?.active) return false
    const { match, dataset, items, compared, pairs, mean, random, verdict: { alike, sentence } } = matched
    try {
      recording.append({
        kind: 'match',
        match,
        find,
        other: { name: matched.primaries[1], weightsSha256 },
        dataset,
        items,
        compared,
        pairs: pairs.length,
        mean,
        random,
        alike,
        verdict: sentence,
        result: recording.live.blobs.put(Buffer.from(toJson(matched))),
      }, patient)
      return true
    }
    catch (error) {
      // The recorder has told the screen already, and the matching is still there to be seen.
      if (!(error instanceof UserError)) throw error
      log(error.line)
      return false
    }
  }
}

/** A matching from its blob; no model is involved. */
export function recordedMatch(session: SessionReader, id: string): Matched {
  const event = session.head.matches.find(({ match }) => match === id)
  if (!event) throw new UserError({ code: 'match-unknown', message: `There is no matching ${id} in this session.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
  return fromJson(Buffer.from(session.blob(event.result)).toString('utf8')) as Matched
}

/** Whether circuits of these sites have anything to compare: units, and weights by the units at their ends; heads by where they look. */
function whyNot(own: string, other: string): string | undefined {
  if (own === other && own !== 'edges') return undefined
  if (own === 'edges' || other === 'edges') return 'Edges have no activation of their own to compare.'
  const heads = [own, other].filter(kind => kind === 'heads').length
  return heads === 1 && !/addresses/.test(own + other) ? 'Heads do not compare with units.' : undefined
}

function notesOf(own: CircuitFile, other: CircuitFile): string[] {
  const base = ({ baseline }: CircuitFile): string => typeof baseline === 'string' ? baseline : `resample ${baseline.resample}`
  return [
    ...own.datasetSha256 === other.datasetSha256 ? [] : ['The other circuit was found on other items than this one.'],
    ...own.objective === other.objective ? [] : [`The other circuit is ${other.objective}, this one ${own.objective}.`],
    ...base(own) === base(other) ? [] : [`The other circuit was found with the baseline ${base(other)}, this one with ${base(own)}.`],
  ]
}
