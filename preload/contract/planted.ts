/** Primaries whose circuit is known because it was planted: what is asked of the engine and what comes back. */
import type { Items, Tensor } from './engine'
import type { Architecture, DatasetFile } from './primary'
import type { Truth } from './truth'

export const DESIGNS = ['split', 'shared', 'backup', 'cancelling', 'reverse', 'fraction-of-previous'] as const
export type Design = typeof DESIGNS[number]

export interface PlantRequest {
  design: Design
  /** The same design and seed give the same bytes on every machine. */
  seed: number
}

export interface PlantedTask {
  file: DatasetFile
  train: Items
  test: Items
  /** Test accuracy among the classes that the task answers with: of the primary, and before noise was added to it. */
  accuracy: number
  cleanAccuracy: number
  /** Share of test items that get the same answer with and without the noise. */
  agreement: number
  truths: Omit<Truth, 'format'>[]
}

export interface Planted {
  architecture: Architecture
  weights: Record<string, Tensor>
  tasks: PlantedTask[]
}
