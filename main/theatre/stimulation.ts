/**
 * Stimulate and release. The engine answers first and the log is written before the screen hears of it, so an event's
 * time is when the answer was there; the trial's latency says how long before that the command came.
 */
import type { StimulateResult } from '../../preload/contract/engine'
import type { InterventionSet } from '../../preload/contract/intervention'
import type { Stimulation } from '../../preload/contract/rpc'
import type { BodyOf } from '../../preload/contract/session'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import { performance } from 'node:perf_hooks'
import { ulid } from 'ulid'
import { UserError } from '../../preload/contract/errors'
import { argmax } from '../lib/logits'

/** Changed answers sent to the screen; all are counted. */
const CHANGES_SHOWN = 64

export type ReleaseReason = BodyOf<'stimulation.off'>['reason']

export class Stimulator {
  readonly #recording: Recording
  /** The stimulation that is on and in the log. */
  #on: string | undefined

  constructor(recording: Recording) {
    this.#recording = recording
  }

  async stimulate(patient: PatientOnTable, { set, focus, replaces = false }: { set: InterventionSet, focus: number, replaces?: boolean }): Promise<Stimulation> {
    const start = performance.now()
    const battery = patient.battery
    patient.checked(focus)
    const result = await this.#run(patient, set, focus, battery)
    const hostMs = performance.now() - start
    const stimulation = ulid()
    const trial = ulid()
    const recorded = this.#recording.active
    if (recorded) this.#record(patient, { stimulation, trial, set, focus, result, replaces, latencyMs: hostMs })
    return {
      stimulation,
      trial,
      set,
      before: result.before,
      after: result.after,
      measures: result.measures,
      changed: result.changed.slice(0, CHANGES_SHOWN),
      changedCount: result.changed.length,
      battery: battery.length,
      engineMs: result.latencyMs,
      hostMs,
      recorded,
    }
  }

  release(patient: PatientOnTable | undefined, reason: ReleaseReason): void {
    const stimulation = this.#on
    this.#on = undefined
    if (stimulation !== undefined && patient && this.#recording.active)
      this.#recording.append({ kind: 'stimulation.off', stimulation, reason }, patient)
  }

  async #run(patient: PatientOnTable, set: InterventionSet, focus: number, battery: Int32Array): Promise<StimulateResult> {
    try {
      return await (await patient.engine()).stimulate({ set, focus, battery })
    }
    catch (error) {
      // The command was given and met a dead engine: the session says so.
      if (error instanceof UserError && error.code === 'engine-lost' && this.#recording.active) {
        const stimulation = ulid()
        this.release(patient, 'engine-lost')
        this.#recording.append({ kind: 'stimulation', stimulation, interventions: set.interventions, compose: set.compose, sham: false }, patient)
        this.#recording.append({ kind: 'stimulation.off', stimulation, reason: 'engine-lost' }, patient)
      }
      throw error
    }
  }

  #record(patient: PatientOnTable, { stimulation, trial, set, focus, result, replaces, latencyMs }: {
    stimulation: string
    trial: string
    set: InterventionSet
    focus: number
    result: StimulateResult
    replaces: boolean
    latencyMs: number
  }): void {
    const recording = this.#recording
    this.release(patient, replaces ? 'replaced' : 'released')
    recording.describeSites(set.interventions.map(intervention => intervention.site), patient)
    recording.append({ kind: 'stimulation', stimulation, interventions: set.interventions, compose: set.compose, sham: false }, patient)
    this.#on = stimulation
    recording.append(trialOf(recording, { stimulation, trial, focus, result, latencyMs }), patient)
  }
}

/** Blobs first: an event never names one that is not there. The battery is the recording's own where none is given. */
export function trialOf(recording: Recording, { stimulation, trial, focus, result, latencyMs, battery = recording.battery, sham = false }: { stimulation: string, trial: string, focus: number, result: StimulateResult, latencyMs: number, battery?: string, sham?: boolean }): BodyOf<'trial'> {
  const { before, after } = result
  recording.monitors.stimulated(before, after)
  const logits = after.activations[after.activations.length - 1]
  const response = argmax(logits)
  return {
    kind: 'trial',
    trial,
    stimulation,
    battery,
    focus,
    target: after.target,
    response,
    correct: response === after.target,
    sham,
    outputs: recording.keep(result.outputs),
    pairedOutputs: recording.keep(result.pairedOutputs),
    activations: recording.keepActivations(after),
    pairedActivations: recording.keepActivations(before),
    input: recording.keep(after.input),
    ...result.focus,
    latencyMs,
    effects: Object.fromEntries(Object.entries(result.measures).map(([name, { effect }]) => [name, effect])),
    changed: result.changed.length,
  }
}
