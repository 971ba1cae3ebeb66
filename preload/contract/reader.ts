/**
 * Training a reader over several primaries: `free` finds the circuit of each, and the reader learns to tell from what can be measured of a
 * site whether it is part of one. No truth is needed, so any primaries will do that have a task.
 */
import type { Tensor } from './engine'
import type { Baseline } from './intervention'
import type { Architecture } from './primary'
import type { SiteSelection } from './sweep'
import type { ReaderFile, TaskItems } from './symbiote'

export interface ReadPrimary {
  name: string
  architecture: Architecture
  weights: Record<string, Tensor>
  task: TaskItems
}

export interface ReadRequest {
  read: string
  sites: SiteSelection
  baseline: Baseline
  seed: number
  /** Of the finds; as suits each primary where left out. */
  seeds?: number
  steps?: number
  primaries: ReadPrimary[]
}

export interface ReadProgress {
  read: string
  /** Whose circuit is being found; undefined while the reader learns. */
  primary?: string
  done: number
  total: number
  /** Of this primary, or of the learning. */
  share: number
  seconds: number
}

/** How a reader that was trained on all the other primaries does on one. */
export interface ReadCheck {
  name: string
  candidates: number
  /** Sites that `free` scores one half or more. */
  members: number
  /** Average precision against them, without training; undefined where there is no other primary, or no member. */
  ap?: number
  /** The same of per-item gradient × weight. */
  gradient?: number
}

export interface ReadResult {
  file: ReaderFile
  primaries: ReadCheck[]
  seconds: { finding: number, learning: number }
}
