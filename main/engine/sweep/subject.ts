/** Between a sweep and what it sweeps: the patient's parts it needs, and the ways an architecture offers. */
import type { Items, StimulateRequest, StimulateResult, Tensor } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { Architecture } from '../../../preload/contract/primary'
import type { Calibration } from '../stimulation/calibration'
import type { Gathered } from './rowQueue'

export interface SweepSubject {
  architecture: Architecture
  weights: Record<string, Tensor>
  items: Items
  calibration: Calibration
  /** A full run through the path that stimulations take: the slow way. */
  stimulate: (request: StimulateRequest) => Promise<StimulateResult>
}

/** Interventions taken apart: `run` gives the effects of most, `slow` lists those that need a full run each. */
export interface Prepared {
  slow: number[]
  /** Stops when `ready` answers no. */
  run: (gathered: Gathered, ready: () => Promise<boolean>) => Promise<void>
}

export interface SweepEngine {
  exact: (interventions: readonly Intervention[]) => Promise<Prepared>
  /** Gradient × difference; with `steps`, its integrated form. */
  estimate: (interventions: readonly Intervention[], steps?: number) => Promise<Prepared>
  /** Of the unstimulated primary, [items · classes]. */
  logits: Float32Array
  dispose: () => void
}
