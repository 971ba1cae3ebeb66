/** The training loss as a pure function of parameters; gradients come from it. */
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { NdArray } from '../executor/jax'
import { nn } from '../executor/jax'
import { forward } from '../primary/mlp'

/** Mean cross-entropy in nats. `oneHot` is [items, classes]. */
export function crossEntropy(logits: NdArray, oneHot: NdArray): NdArray {
  const items = oneHot.shape[0]
  return nn.logSoftmax(logits).mul(oneHot).sum().mul(-1 / items)
}

/** Loss of an mlp on a batch: [parameters…], inputs [items, inputs], targets one-hot [items, classes]. */
export function mlpLoss(architecture: MlpArchitecture) {
  return (parameters: NdArray[], inputs: NdArray, oneHot: NdArray): NdArray => {
    const values = forward(architecture, parameters, inputs)
    for (const value of values.slice(0, -1)) value.dispose()
    return crossEntropy(values[values.length - 1], oneHot)
  }
}
