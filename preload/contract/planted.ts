/** Primaries whose circuit is known because it was planted: what is asked of the engine and what comes back. */
import type { Items, Tensor } from './engine'
import type { Architecture, DatasetFile } from './primary'
import type { Truth } from './truth'

export const DESIGNS = ['split', 'shared', 'backup', 'cancelling', 'reverse', 'fraction-of-previous'] as const
export type Design = typeof DESIGNS[number]

/** Units of each hidden layer of a planted mlp; at the least what its tasks take. */
export const PLANTED_WIDTH = { least: 20, most: 256 } as const

export interface PlantRequest {
  design: Design
  /** The same design, seed and width give the same bytes on every machine. */
  seed: number
  /** Units of each hidden layer, the least where left out; what is planted is as large in any of them. Programs have none. */
  width?: number
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
