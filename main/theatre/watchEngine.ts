/** What follows when the engine is lost or back: the screen hears it, the session notes it, the patient is handed over again. */
import type { ViewFunctions } from '../../preload/contract/rpc'
import type { EngineClient } from '../host/engineClient'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import type { Stimulator } from './stimulation'
import { UserError } from '../../preload/contract/errors'

export interface WatchOptions {
  engine: EngineClient
  patient: () => PatientOnTable | undefined
  recording: Recording
  stimulator: Stimulator
  tell: (...args: Parameters<ViewFunctions['engine']>) => void
  log: (line: string) => void
}

export function watchEngine({ engine, patient, recording, stimulator, tell, log }: WatchOptions): () => void {
  const note = (what: 'engine-lost' | 'engine-restarted' | 'engine-failed', message: string): void => {
    const on = patient()
    if (!on || !recording.active) return
    try {
      if (what === 'engine-lost') stimulator.release(on, 'engine-lost')
      recording.append({ kind: 'instrument', what, message }, on)
    }
    catch (error) {
      // The recorder has told the screen already; the engine's restart must not fail over it.
      log(error instanceof UserError ? error.line : String(error))
    }
  }

  let lost = false
  return engine.onState((state) => {
    tell(state)
    switch (state.state) {
      case 'starting': break
      case 'lost':
        lost = true
        note('engine-lost', state.message)
        break
      case 'failed':
        note('engine-failed', state.error.message)
        break
      case 'ready':
        // Listeners run before calls that waited are sent, so the patient is there when they arrive.
        patient()?.open().catch((error: Error) => log(`the patient could not be handed to the new engine: ${error.message}`))
        if (lost) note('engine-restarted', `${state.engine.executor} on ${state.engine.device}`)
        lost = false
        break
      default: state satisfies never
    }
  })
}
