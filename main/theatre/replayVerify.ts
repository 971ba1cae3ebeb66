/** Verifying the opened session: its own primary is put on the engine's table for the time it takes, then the patient back. */
import type { ViewFunctions } from '../../preload/contract/rpc'
import type { EventOf } from '../../preload/contract/session'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { SessionReader } from '../session/reader'
import type { Replay } from './replay'
import { UserError } from '../../preload/contract/errors'
import { findRecorded } from './companions'
import { PatientOnTable } from './patient'
import { reexecute } from './verification'

export interface VerifierOptions {
  engine: EngineClient
  replay: Replay
  places: Places
  patient: () => PatientOnTable | undefined
  progress: (...args: Parameters<ViewFunctions['verifying']>) => void
}

export class Verifier {
  readonly #options: VerifierOptions
  #running = false
  #cancelled = false

  constructor(options: VerifierOptions) {
    this.#options = options
  }

  cancel(): void {
    this.#cancelled = true
  }

  /** Stores the result in the session. Throws `cancelled`, `weights-changed`, and what opening a primary may throw. */
  async verify(): Promise<EventOf<'verification'>> {
    if (this.#running) throw new UserError({ code: 'verifying', message: 'A session is being re-executed already.', remedy: 'Wait for it, or cancel it.' })
    this.#running = true
    this.#cancelled = false
    const { engine, replay, places, patient, progress } = this.#options
    const before = patient()
    let changed = false
    try {
      const table = await tableFor(replay.session, places, engine, before)
      changed = table !== before
      if (changed) await table.open()
      const result = await reexecute(replay.session, engine.functions, await engine.ready(), {
        progress: (done, total) => progress({ done, total }),
        cancelled: () => this.#cancelled,
      })
      if (!result) throw new UserError({ code: 'cancelled', message: 'The re-execution was cancelled; nothing was stored.', remedy: 'Start it again whenever you like.' })
      return await replay.write(recorder => recorder.append({ ...result.body, perTrial: recorder.blobs.put(result.perTrial) }, 0))
    }
    finally {
      this.#running = false
      if (changed) await before?.open()
    }
  }
}

/** The patient already on the table where it is the recorded one, else the recorded one read again. */
async function tableFor({ head, folder }: SessionReader, places: Places, engine: EngineClient, patient: PatientOnTable | undefined): Promise<PatientOnTable> {
  const provenance = head.provenance.at(-1)
  if (!provenance) throw new UserError({ code: 'session-incomplete', message: 'The session does not say which primary it was recorded on.', remedy: 'The log was damaged; it can be played back, not re-executed.', path: folder })
  const seed = head.started.rootSeed
  const same = (candidate: PatientOnTable): boolean => candidate.seed === seed
    && candidate.loaded.weightsSha256 === provenance.primary.weightsSha256
    && candidate.loaded.dataset.sha256 === provenance.dataset.sha256
  if (patient && same(patient)) return patient

  const recorded = new PatientOnTable(engine.functions, await findRecorded(provenance, places, folder), { seed })
  if (same(recorded)) return recorded
  const what = recorded.loaded.weightsSha256 === provenance.primary.weightsSha256 ? `the data set ${provenance.dataset.name} is` : 'its weights are'
  throw new UserError({
    code: 'primary-changed',
    message: `${provenance.primary.name} is no longer the primary the session was recorded on: ${what} different.`,
    remedy: 'Put the recorded primary back in its folder; until then the session can be played back, not re-executed.',
    path: recorded.loaded.path,
  })
}
