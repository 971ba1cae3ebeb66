/** Initial weights, each tensor drawn from a stream of its own, so that another tensor's size never shifts them. */
import type { Tensor } from '../../../preload/contract/engine'
import { randomStream } from '../../lib/random'

/** Normal with the given deviation. */
export function normalTensor(name: string, shape: number[], deviation: number, seed: number): Tensor {
  const { normal } = randomStream(seed, `init/${name}`)
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => deviation * normal()) }
}

/** He et al. 2015, fan-in. */
export function heNormal(name: string, shape: number[], fanIn: number, seed: number): Tensor {
  return normalTensor(name, shape, Math.sqrt(2 / fanIn), seed)
}

export function filled(shape: number[], value: number): Tensor {
  return { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) }
}
