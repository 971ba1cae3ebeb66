/** Between a sweep and what it sweeps: the patient's parts it needs, and the ways an architecture offers. */
import type { Items, StimulateRequest, StimulateResult, Tensor } from '../../../preload/contract/engine'
import type { Model } from '../primary/model'
import type { Knowledge } from '../stimulation/knowledge'
import type { Observer } from '../stimulation/observing'
import type { Target } from '../stimulation/targets'
import type { Gathered } from './rowQueue'

export interface SweepSubject {
  model: Model
  weights: Record<string, Tensor>
  items: Items
  knowledge: Knowledge
  observer: Observer
  /** A full run through the path that stimulations take: the slow way. */
  stimulate: (request: StimulateRequest) => Promise<StimulateResult>
}

/** One intervention on one place; more places than one where the address is a range of a dose–response run. */
export type Job = readonly Target[]

/** Jobs taken apart: `run` gives the effects of most, `slow` lists those that need a full run each. */
export interface Prepared {
  slow: number[]
  /** Stops when `ready` answers no. */
  run: (gathered: Gathered, ready: () => Promise<boolean>) => Promise<void>
}

export interface SweepEngine {
  exact: (jobs: readonly Job[]) => Promise<Prepared>
  /** Gradient × difference; with `steps`, its integrated form. */
  estimate: (jobs: readonly Job[], steps?: number) => Promise<Prepared>
  /** Of the unstimulated primary, [items · positions · classes]. */
  logits: Float32Array
  dispose: () => void
}
