/**
 * A find in the session being recorded: what was asked, the gates as they emerge, and the circuit with its certificate; and read back
 * from its blobs alone. A full disk ends no find: the recorder tells the screen, and the circuit is still there to be saved.
 */
import type { UserErrorData } from '../../preload/contract/errors'
import type { BodyOf, EventBody, EventOf } from '../../preload/contract/session'
import type { FindAsked, FindInfo, FindProgress, FindResult, Found } from '../../preload/contract/symbiote'
import type { SessionReader } from '../session/reader'
import type { FindTasks } from './findTasks'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import { UserError } from '../../preload/contract/errors'
import { itemCount } from '../lib/answers'
import { fromJson, toJson } from '../session/eventJson'

/** Gates are kept at most this often, ms. */
const GATES_EVERY = 1000

type Body = BodyOf<'symbiote'>
type Result = NonNullable<Body['result']>

export interface FindRecorded { find: string, asked: FindAsked, tasks: FindTasks, resumes?: FindInfo['resumes'] }

export class FindRecord {
  readonly #recording: Recording | undefined
  readonly #patient: PatientOnTable
  readonly #recorded: FindRecorded
  readonly #log: (line: string) => void
  /** Folder of the session that knows of this find: a recording may begin while it runs. */
  #begunIn: string | undefined
  #gatesAt = Number.NEGATIVE_INFINITY

  constructor(recording: Recording | undefined, patient: PatientOnTable, recorded: FindRecorded, log: (line: string) => void) {
    this.#recording = recording
    this.#patient = patient
    this.#recorded = recorded
    this.#log = log
  }

  begin(): void {
    this.#append(() => this.#body('running'))
  }

  gates({ phase, share, training, gates }: FindProgress): void {
    const now = performance.now()
    if (!gates || now - this.#gatesAt < GATES_EVERY || !this.#recording?.active) return
    this.#gatesAt = now
    if (this.#begunIn !== this.#recording.live.folder) this.begin()
    this.#append(recording => ({ kind: 'symbiote.gates', find: this.#recorded.find, phase, share, ...(training ? { training } : {}), gates: recording.live.blobs.put(gates) }))
  }

  /** True when it went into a session. */
  end(result: FindResult): boolean {
    return this.#append(recording => ({ ...this.#body(result.state), result: keep(recording, result) }))
  }

  fail(problem: UserErrorData | undefined): void {
    this.#append(() => ({ ...this.#body('failed'), ...(problem ? { problem } : {}) }))
  }

  #body(state: Body['state']): Body {
    const { find, asked, tasks: { task, references }, resumes } = this.#recorded
    return {
      kind: 'symbiote',
      find,
      state,
      asked,
      task: { name: task.name, sha256: task.sha256, train: itemCount(task.train), heldOut: itemCount(task.test) },
      references: references.map(({ name, sha256 }) => ({ name, sha256 })),
      ...(resumes ? { resumes } : {}),
    }
  }

  #append(make: (recording: Recording) => EventBody): boolean {
    const recording = this.#recording
    if (!recording?.active) return false
    try {
      recording.append(make(recording), this.#patient)
      this.#begunIn = recording.live.folder
      return true
    }
    catch (error) {
      if (!(error instanceof UserError)) throw error
      this.#log(error.line)
      return false
    }
  }
}

function keep({ live: { blobs } }: Recording, { addresses, score, member, membership, gates, rivals, certificate, history, seconds }: FindResult): Result {
  const json = (value: unknown): string => blobs.put(Buffer.from(toJson(value)))
  return {
    sites: addresses.length,
    members: member.reduce((sum, one) => sum + one, 0),
    certified: certificate.verdict.certified,
    verdict: certificate.verdict.sentence,
    addresses: blobs.put(Buffer.from(addresses.join('\n'))),
    score: blobs.put(bytesOf(score)),
    member: blobs.put(member),
    membership: blobs.put(bytesOf(membership)),
    gates: blobs.put(bytesOf(gates)),
    rivals: json(rivals.map(rival => ({ ...rival, members: [...rival.members] }))),
    certificate: json(certificate),
    history: json(history),
    seconds,
  }
}

/** A find from its blobs; no model is involved. */
export function recordedFind(session: SessionReader, id: string): Found {
  const event = session.head.finds.findLast(({ find }) => find === id)
  if (!event) throw new UserError({ code: 'find-unknown', message: `There is no find ${id} in this session.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
  const { result } = event
  if (!result) throw new UserError({ code: 'find-unfinished', message: event.problem ? `This find failed: ${event.problem.message}` : 'The recording ended before this find did.', remedy: 'Its gates up to then can be played.', path: session.folder })
  const json = (sha256: string): unknown => fromJson(Buffer.from(session.blob(sha256)).toString('utf8'))
  const found: Found = {
    info: infoOf(event, result),
    addresses: Buffer.from(session.blob(result.addresses)).toString('utf8').split('\n'),
    score: new Float64Array(session.blob(result.score).buffer),
    member: session.blob(result.member),
    membership: new Float32Array(session.blob(result.membership).buffer),
    gates: new Float32Array(session.blob(result.gates).buffer),
    rivals: (json(result.rivals) as (Omit<Found['rivals'][number], 'members'> & { members: number[] })[]).map(rival => ({ ...rival, members: Int32Array.from(rival.members) })),
    history: json(result.history) as Found['history'],
    certificate: json(result.certificate) as Found['certificate'],
    recorded: true,
  }
  const { addresses, score, member, membership, gates } = found
  if ([addresses, score, member, membership, gates].some(list => list.length !== result.sites))
    throw new UserError({ code: 'session-incomplete', message: `The blobs of find ${id} do not hold the ${result.sites} sites its event names.`, remedy: 'Restore the session from a copy; everything else in it is readable.', path: session.folder })
  return found
}

/** The gates of a moment, by the id of their event. */
export function recordedGates(session: SessionReader, id: string): Uint8Array {
  const event = session.head.gates.find(gates => gates.id === id)
  if (!event) throw new UserError({ code: 'gates-unknown', message: `There are no gates ${id} in this session.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
  return session.blob(event.gates)
}

function infoOf({ find, state, asked, task, references, resumes }: EventOf<'symbiote'>, { seconds }: Result): FindInfo {
  return { find, state, asked, task: task.name, references: references.map(({ name }) => name), phase: 'finished', share: 1, done: 1, total: 1, seconds: seconds.training + seconds.certificate, ...(resumes ? { resumes } : {}) }
}

function bytesOf(values: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
