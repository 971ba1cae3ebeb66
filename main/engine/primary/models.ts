/** The model of an architecture. */
import type { Architecture } from '../../../preload/contract/primary'
import type { Model } from './model'
import { cnnModel } from './cnn'
import { mlpModel } from './mlp'
import { transformerModel } from './transformer'

export interface ModelOptions {
  /** Names of the tensors at hand: optional ones (attention biases, norms' gains) exist only where the primary has them. Undefined: those it would be initialised with. */
  tensors?: readonly string[]
  /** Token positions of the items; the whole context if left out. */
  positions?: number
}

export function modelOf(architecture: Architecture, options: ModelOptions = {}): Model {
  switch (architecture.kind) {
    case 'mlp': return mlpModel(architecture)
    case 'cnn': return cnnModel(architecture)
    case 'transformer': return transformerModel(architecture, options)
    default: return architecture satisfies never
  }
}
