import type { HostFunctions } from '../../preload/contract/rpc'
import type { EventOf } from '../../preload/contract/session'
/**
 * Sweeps and dose–response runs, one at a time: told to the screen as they go, and a sweep recorded when it ends. Cancelled,
 * a sweep keeps the effects it has; a recorded one is read back from its blobs alone.
 */
import type { DoseCurve, SweepInfo, SweepRequest, SweepResult, Swept } from '../../preload/contract/sweep'
import type { EngineClient } from '../host/engineClient'
import type { SessionReader } from '../session/reader'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import { Buffer } from 'node:buffer'
import { ulid } from 'ulid'
import { UserError } from '../../preload/contract/errors'
import { expandSites } from '../../preload/contract/sweepSites'

type Asked = Parameters<HostFunctions['sweep']>[0]
type AskedDose = Parameters<HostFunctions['dose']>[0]

export interface SweepsOptions {
  /** Where a sweep is recorded, if a session is being. */
  recording?: Recording
  changed: (info: SweepInfo) => void
}

export class Sweeps {
  readonly #engine: EngineClient
  readonly #options: SweepsOptions
  #running: { id: string, ended: Promise<unknown> } | undefined
  /** The last sweep, and the weights it is of. */
  #last: { swept: Swept, weightsSha256: string } | undefined

  constructor(engine: EngineClient, options: SweepsOptions) {
    this.#engine = engine
    this.#options = options
  }

  async sweep(patient: PatientOnTable, request: Asked): Promise<Swept> {
    const items = firstItems(patient, request.items)
    // Before the engine is asked: a selection that means nothing costs nothing.
    const addresses = expandSites(request.sites, patient.loaded.file.architecture)
    const full: SweepRequest = { ...request, sweep: ulid(), items }
    const { sites, operation, measure, method } = request
    let info: SweepInfo = { sweep: full.sweep, state: 'running', sites, operation, measure, method, items: items.length, done: 0, total: addresses.length, seconds: 0 }
    const tell = (change: Partial<SweepInfo>): void => this.#options.changed(info = { ...info, ...change })
    const result = await this.#run(full.sweep, ({ done, seconds }) => tell({ done, seconds }), () => {
      tell({})
      return this.#engine.functions.sweep(full)
    }).catch((error: unknown) => {
      tell({ state: 'failed', ...(error instanceof UserError ? { problem: error.data } : {}) })
      throw error
    })
    tell({ state: result.state, done: result.done, seconds: result.seconds })
    const recorded = this.#record(patient, full, addresses, result)
    const { mean, se, baseline, disagreement, preparationSeconds } = result
    const swept: Swept = { info, addresses, mean, se, baseline, preparationSeconds, ...(disagreement ? { disagreement } : {}), recorded }
    this.#last = { swept, weightsSha256: patient.loaded.weightsSha256 }
    return swept
  }

  /** Size of the last sweep's effect at each of these sites, NaN where it has none, under the sweep's name; nothing where it has none of them. */
  mapOver(patient: PatientOnTable, addresses: string[]): Record<string, Float64Array> {
    if (this.#last?.weightsSha256 !== patient.loaded.weightsSha256) return {}
    const { swept } = this.#last
    const effects = new Map(swept.addresses.map((address, i) => [address, Math.abs(swept.mean[i])]))
    const map = Float64Array.from(addresses, address => effects.get(address) ?? Number.NaN)
    return map.some(value => !Number.isNaN(value)) ? { [`sweep: ${swept.info.measure}, ${swept.info.method}`]: map } : {}
  }

  async dose(patient: PatientOnTable, request: AskedDose): Promise<DoseCurve> {
    const dose = ulid()
    const items = firstItems(patient, request.items)
    return this.#run(dose, () => {}, () => this.#engine.functions.dose({ ...request, dose, items }))
  }

  async cancel(): Promise<void> {
    const running = this.#running
    if (!running) return
    // A lost engine has cancelled it already.
    await this.#engine.functions.cancel(running.id).catch(() => {})
    await running.ended
  }

  async #run<T>(id: string, progress: (at: { done: number, seconds: number }) => void, start: () => Promise<T>): Promise<T> {
    if (this.#running) throw new UserError({ code: 'sweeping', message: 'A sweep or a dose–response run is under way.', remedy: 'Wait for it, or cancel it.' })
    const undo = this.#engine.on('sweeping', (told) => {
      if (told.sweep === id) progress(told)
    })
    const result = start()
    this.#running = { id, ended: result.catch(() => {}) }
    try {
      return await result
    }
    finally {
      undo()
      this.#running = undefined
    }
  }

  #record(patient: PatientOnTable, { sweep, items, operation, measure, method }: SweepRequest, addresses: string[], result: SweepResult): boolean {
    const { recording } = this.#options
    if (!recording?.active) return false
    const { blobs } = recording.live
    const effects = new Float64Array(2 * addresses.length)
    for (let i = 0; i < addresses.length; i++) effects.set([result.mean[i], result.se[i]], 2 * i)
    recording.append({
      kind: 'sweep',
      sweep,
      operation,
      measure,
      method,
      state: result.state,
      items: items.length,
      rows: blobs.put(bytesOf(items)),
      sites: addresses.length,
      done: result.done,
      addresses: blobs.put(Buffer.from(addresses.join('\n'))),
      effects: blobs.put(bytesOf(effects)),
      baseline: result.baseline,
      seconds: result.seconds,
      ...(result.disagreement ? { disagreement: result.disagreement } : {}),
    }, patient)
    return true
  }
}

/** A sweep from its blobs; no model is involved. */
export function recordedSweep(session: SessionReader, id: string): Swept {
  const event = session.head.sweeps.find(({ sweep }) => sweep === id)
  if (!event) throw new UserError({ code: 'sweep-unknown', message: `There is no sweep ${id} in this session.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
  const addresses = Buffer.from(session.blob(event.addresses)).toString('utf8').split('\n')
  const effects = new Float64Array(session.blob(event.effects).slice().buffer)
  if (effects.length !== 2 * addresses.length || addresses.length !== event.sites) throw damaged(session, event)
  const every = (offset: number): Float64Array => Float64Array.from(addresses, (_, i) => effects[2 * i + offset])
  const { sweep, state, operation, measure, method, items, done, sites, seconds, baseline, disagreement } = event
  return {
    info: { sweep, state, sites: addresses, operation, measure, method, items, done, total: sites, seconds },
    addresses,
    mean: every(0),
    se: every(1),
    baseline,
    ...(disagreement ? { disagreement } : {}),
    recorded: true,
  }
}

/** The first so many of the patient's items: what scripts and other tools measure on too. */
function firstItems(patient: PatientOnTable, n: number): Int32Array {
  const { dataset } = patient.loaded
  const available = patient.loaded.items.inputs.shape[0]
  if (n > available) throw new UserError({ code: 'too-few-items', message: `${n.toLocaleString('en')} items were asked for, and ${dataset.name} has ${available.toLocaleString('en')} here.`, remedy: `Ask for ${available} or fewer.` })
  return Int32Array.from({ length: n }, (_, i) => i)
}

function bytesOf(values: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function damaged({ folder }: SessionReader, { sweep, sites }: EventOf<'sweep'>): UserError {
  return new UserError({ code: 'session-incomplete', message: `The blobs of sweep ${sweep} do not hold the ${sites} sites its event names.`, remedy: 'Restore the session from a copy; everything else in it is readable.', path: folder })
}
