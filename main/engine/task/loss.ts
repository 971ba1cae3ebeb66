/** The training loss as a pure function of parameters; gradients come from it. */
import type { NdArray } from '../executor/jax'
import type { Model } from '../primary/model'
import { nn } from '../executor/jax'

/**
 * Loss of a model on a batch: [parameters…], inputs, targets one-hot [items · positions, classes] and 0 where they do not
 * count, and −1 over how many count [1].
 */
export function modelLoss(model: Model) {
  const { classes } = model.outputs
  return (parameters: NdArray[], inputs: NdArray, hot: NdArray, scale: NdArray): NdArray => {
    const { outputs } = model.forward(parameters, inputs)
    const rows = outputs.shape.length === 2 ? outputs : outputs.reshape([-1, classes])
    return nn.logSoftmax(rows).mul(hot).sum().mul(scale.reshape([]))
  }
}
