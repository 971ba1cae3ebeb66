/**
 * The mlp: dense layers, an activation on all but the last, logits out. Pure functions over arrays; no state.
 * What it computes is fixed here once; training, observing and stimulating all run this code.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { Activation, MlpArchitecture } from '../../../preload/contract/primary'
import type { NdArray } from '../executor/jax'
import type { Model, Run } from './model'
import { randomStream } from '../../lib/random'
import { nn, np } from '../executor/jax'
import { makeHook } from './model'
import { Parameters, Taps } from './taps'

/** Units per layer: `layers.0` … up to the logits. */
export function layerSizes({ hidden, outputs }: MlpArchitecture): number[] {
  return [...hidden, outputs]
}

/** `layers.0.weight`, `layers.0.bias`, `layers.1.weight`, … : the order parameters travel in. */
export function parameterShapes(architecture: MlpArchitecture): [name: string, shape: number[]][] {
  const sizes = [architecture.inputs, ...layerSizes(architecture)]
  return sizes.slice(1).flatMap((out, l): [string, number[]][] => [
    [`layers.${l}.weight`, [out, sizes[l]]],
    [`layers.${l}.bias`, [out]],
  ])
}

/** He normal weights (He et al. 2015, fan-in), zero biases. */
export function initialWeights(architecture: MlpArchitecture, seed: number): Record<string, Tensor> {
  return Object.fromEntries(parameterShapes(architecture).map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b))
    if (shape.length === 2) {
      const { normal } = randomStream(seed, `init/${name}`)
      const scale = Math.sqrt(2 / shape[1])
      for (let i = 0; i < data.length; i++) data[i] = scale * normal()
    }
    return [name, { shape, data }]
  }))
}

export function activate(activation: Activation, x: NdArray): NdArray {
  switch (activation) {
    case 'relu': return nn.relu(x)
    // The exact form, as in PyTorch's default.
    case 'gelu': return nn.gelu(x, { approximate: false })
    case 'tanh': return np.tanh(x)
    default: return activation satisfies never
  }
}

/**
 * The mlp as a `Model`. Hooks `layers.L.pre` (before the activation) and `layers.L`; on the last layer they are the same
 * value, the logits, and both exist so that an edge into it is written like any other.
 */
export function mlpModel(architecture: MlpArchitecture): Model {
  const parameters = parameterShapes(architecture)
  const depth = architecture.hidden.length
  return {
    architecture,
    parameters,
    hooks: layerSizes(architecture).flatMap((units, l) => [makeHook(`layers.${l}.pre`, [units]), makeHook(`layers.${l}`, [units])]),
    cuts: layerSizes(architecture).map((_, l) => `layers.${l}`),
    patterns: [],
    inputs: [architecture.inputs],
    outputs: { positions: 1, classes: architecture.outputs },
    initialWeights: seed => initialWeights(architecture, seed),
    forward: (values, inputs, run) => {
      const weights = new Parameters(parameters, values)
      const taps = new Taps(run)
      const outputs = dense({ depth, activation: architecture.activation }, weights, inputs, taps, run?.from)
      weights.dispose()
      return taps.finish(outputs)
    },
  }
}

/** Dense layers 0 … depth on `x` [items, inputs], also the head of a cnn; begins after `from` where that is one of them. */
export function dense({ depth, activation }: { depth: number, activation: Activation }, weights: Parameters, x: NdArray, taps: Taps, from?: Run['from']): NdArray {
  const start = from ? Number(/^layers\.(\d+)$/.exec(from.hook)?.[1] ?? -1) : -1
  if (start >= 0) {
    x.dispose()
    x = taps.tap(from!.hook, from!.value)
  }
  for (let l = start + 1; l <= depth; l++) {
    let value = np.dot(x, weights.take(`layers.${l}.weight`).transpose()).add(weights.take(`layers.${l}.bias`))
    value = taps.tap(`layers.${l}.pre`, value)
    if (l < depth) value = activate(activation, value)
    x = taps.tap(`layers.${l}`, value)
  }
  return x
}
