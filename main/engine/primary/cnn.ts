/**
 * The cnn: convolutions without padding, then dense layers as in an mlp. A convolution is written as unfolding the picture
 * into patches and one matrix product, because direct convolution kernels are slow in WebAssembly and missing elsewhere.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { CnnArchitecture } from '../../../preload/contract/primary'
import type { NdArray } from '../executor/jax'
import type { Hook, Model, Run } from './model'
import { flattenedSize } from '../../../preload/contract/addressCnn'
import { featureMaps } from '../../../preload/contract/primary'
import { np } from '../executor/jax'
import { heNormal } from './initial'
import { activate, dense, parameterShapes as denseShapes } from './mlp'
import { makeHook } from './model'
import { Parameters, Taps } from './taps'

interface Stage { kernel: number, stride: number, into: number, channels: number, height: number, width: number }

export function cnnModel(architecture: CnnArchitecture): Model {
  const stages = stagesOf(architecture)
  const parameters = cnnParameterShapes(architecture)
  const { activation, hidden, input } = architecture
  return {
    architecture,
    parameters,
    hooks: [...stages.flatMap(convHooks), ...[...hidden, architecture.outputs].flatMap((units, l) => [makeHook(`layers.${l}.pre`, [units]), makeHook(`layers.${l}`, [units])])],
    cuts: [...stages.map((_, l) => `conv.${l}`), ...[...hidden, architecture.outputs].map((_, l) => `layers.${l}`)],
    patterns: [],
    inputs: input,
    outputs: { positions: 1, classes: architecture.outputs },
    initialWeights: seed => initialWeights(parameters, seed),
    forward: (values, inputs, run) => {
      const weights = new Parameters(parameters, values)
      const taps = new Taps(run)
      const inDense = run?.from?.hook.startsWith('layers.') ?? false
      const flat = inDense ? inputs : convolutions(stages, activation, weights, inputs.reshape([-1, ...input]), taps, run?.from)
      const outputs = dense({ depth: hidden.length, activation }, weights, flat, taps, inDense ? run?.from : undefined)
      weights.dispose()
      return taps.finish(outputs)
    },
  }
}

/** `conv.L.weight` [out, in, kh, kw], `conv.L.bias`, then the dense layers'. */
export function cnnParameterShapes(architecture: CnnArchitecture): [name: string, shape: number[]][] {
  const { hidden, outputs, activation } = architecture
  return [
    ...stagesOf(architecture).flatMap(({ kernel, into, channels }, l): [string, number[]][] => [
      [`conv.${l}.weight`, [channels, into, kernel, kernel]],
      [`conv.${l}.bias`, [channels]],
    ]),
    ...denseShapes({ kind: 'mlp', inputs: flattenedSize(architecture), hidden, outputs, activation }),
  ]
}

function stagesOf({ input, conv }: CnnArchitecture): Stage[] {
  return featureMaps({ input, conv }).map((map, l) => ({ ...map, kernel: conv[l].kernel, stride: conv[l].stride, into: l === 0 ? input[0] : conv[l - 1].out }))
}

/** Sites are whole maps: a channel's are `height · width` neighbouring scalars. */
function convHooks({ channels, height, width }: Stage, l: number): Hook[] {
  return [makeHook(`conv.${l}.pre`, [channels, height * width]), makeHook(`conv.${l}`, [channels, height * width])]
}

/** @returns the last maps, flattened [items, channel · y · x] */
function convolutions(stages: Stage[], activation: CnnArchitecture['activation'], weights: Parameters, x: NdArray, taps: Taps, from: Run['from']): NdArray {
  const start = from ? Number(from.hook.slice('conv.'.length)) : -1
  if (start >= 0) {
    x.dispose()
    x = asMaps(taps.tap(from!.hook, from!.value), stages[start])
  }
  for (let l = start + 1; l < stages.length; l++) {
    const { channels, into, kernel, height, width } = stages[l]
    const items = x.shape[0]
    const kernels = weights.take(`conv.${l}.weight`).reshape([channels, into * kernel * kernel])
    // [items · pixels, patch] · [patch, channels]
    const value = np.dot(patches(x, stages[l]), kernels.transpose()).add(weights.take(`conv.${l}.bias`))
    const maps = value.reshape([items, height * width, channels]).transpose([0, 2, 1])
    x = asMaps(taps.tap(`conv.${l}`, activate(activation, taps.tap(`conv.${l}.pre`, maps))), stages[l])
  }
  return x.reshape([x.shape[0], -1])
}

function asMaps(x: NdArray, { channels, height, width }: Stage): NdArray {
  return x.reshape([x.shape[0], channels, height, width])
}

/** [items, channels, y, x] → [items · pixels, channel · ky · kx]: the patch each output pixel sees. */
function patches(x: NdArray, { kernel, stride, into, height, width }: Stage): NdArray {
  const items = x.shape[0]
  const shifted: NdArray[] = []
  for (let ky = 0; ky < kernel; ky++) {
    for (let kx = 0; kx < kernel; kx++)
      shifted.push(everyNth(everyNth(x.ref, 2, ky, height, stride), 3, kx, width, stride).reshape([items, into, 1, height * width]))
  }
  x.dispose()
  return np.concatenate(shifted, 2).transpose([0, 3, 1, 2]).reshape([items * height * width, into * kernel * kernel])
}

/** `count` entries of an axis from `start`, `stride` apart: slices and reshapes alone, which have gradients everywhere. */
function everyNth(x: NdArray, axis: 2 | 3, start: number, count: number, stride: number): NdArray {
  const all: [] = []
  if (stride === 1) return axis === 2 ? x.slice(all, all, [start, start + count]) : x.slice(all, all, all, [start, start + count])
  const size = x.shape[axis]
  const end = start + count * stride
  const padded = end > size ? np.pad(x, { [axis]: [0, end - size] }) : x
  const part = axis === 2 ? padded.slice(all, all, [start, end]) : padded.slice(all, all, all, [start, end])
  const [n, c, h, w] = part.shape
  return axis === 2
    ? part.reshape([n, c, count, stride, w]).slice(all, all, all, 0)
    : part.reshape([n, c, h, count, stride]).slice(all, all, all, all, 0)
}

/** He normal weights over the fan-in, zero biases. */
function initialWeights(shapes: [string, number[]][], seed: number): Record<string, Tensor> {
  return Object.fromEntries(shapes.map(([name, shape]) => [name, shape.length === 1 ? { shape, data: new Float32Array(shape[0]) } : heNormal(name, shape, shape.slice(1).reduce((a, b) => a * b), seed)]))
}
