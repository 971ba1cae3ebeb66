/** A transformer's tensors, their initial values and its hook points. Not what it computes: see `transformer.ts`. */
import type { Tensor } from '../../../preload/contract/engine'
import type { TransformerArchitecture } from '../../../preload/contract/primary'
import type { Hook } from './model'
import { transformerTensors } from '../../../preload/contract/primary'
import { filled, normalTensor } from './initial'
import { makeHook } from './model'

/**
 * Tensors in order of computation. Of the optional ones those that are at hand, or those a new primary has: the mlp's biases,
 * and gain and bias of `layer` norms; no attention biases, no output bias, no gain for `rms`.
 */
export function transformerParameters(architecture: TransformerArchitecture, tensors?: readonly string[]): [name: string, shape: number[]][] {
  return transformerTensors(architecture)
    .filter(({ name, optional }) => !optional || (tensors ? tensors.includes(name) : /\.b_(?:in|out)$/.test(name) || (architecture.norm === 'layer' && /(?:ln\d|ln_final)\.[wb]$/.test(name))))
    .map(({ name, shape }) => [name, shape])
}

/** Hooks [T, …] in order of computation. `.q .k .v .z` are [T, heads, dHead]; `blocks.L.attn` and `blocks.L.mlp` are what is written to the stream. */
export function transformerHooks({ layers, heads, dHead, dModel, dMlp }: TransformerArchitecture, positions: number): Hook[] {
  const hook = (name: string, ...shape: number[]): Hook => makeHook(name, [positions, ...shape], true)
  return Array.from({ length: layers }, (_, l) => [
    hook(`blocks.${l}.resid_pre`, dModel),
    ...['q', 'k', 'v', 'z'].map(part => hook(`blocks.${l}.attn.${part}`, heads, dHead)),
    hook(`blocks.${l}.attn`, dModel),
    ...(dMlp === 0
      ? []
      : [hook(`blocks.${l}.resid_mid`, dModel), hook(`blocks.${l}.mlp.pre`, dMlp), hook(`blocks.${l}.mlp.unit`, dMlp), hook(`blocks.${l}.mlp`, dModel)]),
    hook(`blocks.${l}.resid_post`, dModel),
  ]).flat()
}

/** Normal with deviation 1/√fan-in of what multiplies it, 0.02 · √(… ) nowhere: the stream begins at unit scale times dModel^−½, as the peers do. */
export function transformerWeights({ dModel, dHead, heads, dMlp }: TransformerArchitecture, parameters: readonly (readonly [string, number[]])[], seed: number): Record<string, Tensor> {
  const deviation = (name: string): number => {
    if (name.endsWith('W_O')) return (heads * dHead) ** -0.5
    return name.endsWith('W_out') ? dMlp ** -0.5 : dModel ** -0.5
  }
  return Object.fromEntries(parameters.map(([name, shape]) => {
    if (/\.ln\d\.w$|^ln_final\.w$/.test(name)) return [name, filled(shape, 1)]
    return [name, /\.b_?[A-Za-z]*$/.test(name) ? filled(shape, 0) : normalTensor(name, shape, deviation(name), seed)]
  }))
}
