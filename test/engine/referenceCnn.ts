/** The cnn in plain loops and doubles, one item at a time. An oracle, not an engine. Hooks are flat [channel · y · x], or units. */
import type { CnnArchitecture } from '../../preload/contract/primary'
import type { Weights } from './reference'
import { numbers } from './reference'

export type CnnTouch = (hook: string, index: number, value: number) => number
/** May change what a source (channel or unit of the layer below) contributes to each pixel of a channel, or to a unit. */
export type CnnTouchEdge = (module: string, to: number, from: number, pixel: number, contribution: number) => number

export function referenceCnn(
  { input, conv, hidden, outputs, activation }: CnnArchitecture,
  weights: Weights,
  picture: ArrayLike<number>,
  touch: CnnTouch = (_h, _i, value) => value,
  edge: CnnTouchEdge = (_m, _t, _f, _p, contribution) => contribution,
): Record<string, number[]> {
  const hooks: Record<string, number[]> = {}
  const act = (v: number): number => activation === 'relu' ? Math.max(0, v) : Math.tanh(v)
  let [channels, height, width] = input as [number, number, number]
  let x: number[] = Array.from(picture)
  conv.forEach(({ out, kernel, stride }, l) => {
    const [h, w] = [height, width].map(size => Math.floor((size - kernel) / stride) + 1)
    const kernels = weights[`conv.${l}.weight`].data
    const values: number[] = []
    for (let o = 0; o < out; o++) {
      for (let y = 0; y < h; y++) {
        for (let z = 0; z < w; z++) {
          let sum = weights[`conv.${l}.bias`].data[o]
          for (let c = 0; c < channels; c++) {
            let part = 0
            for (let ky = 0; ky < kernel; ky++) {
              for (let kx = 0; kx < kernel; kx++) part += kernels[((o * channels + c) * kernel + ky) * kernel + kx] * x[(c * height + y * stride + ky) * width + z * stride + kx]
            }
            sum += edge(`conv.${l}`, o, c, y * w + z, part)
          }
          values.push(act(sum))
        }
      }
    }
    x = hooks[`conv.${l}`] = values.map((value, i) => touch(`conv.${l}`, i, value))
    ;[channels, height, width] = [out, h, w]
  })
  const pixels = height * width
  ;[...hidden, outputs].forEach((units, l) => {
    const w = weights[`layers.${l}.weight`].data
    const sources = l === 0 ? channels : x.length
    const each = x.length / sources
    const before = x
    x = hooks[`layers.${l}`] = Array.from({ length: units }, (_, u) => {
      let sum = weights[`layers.${l}.bias`].data[u]
      for (let s = 0; s < sources; s++) {
        let part = 0
        for (let i = s * each; i < (s + 1) * each; i++) part += w[u * before.length + i] * before[i]
        sum += edge(`layers.${l}`, u, s, 0, part)
      }
      return touch(`layers.${l}`, u, l < hidden.length ? act(sum) : sum)
    })
  })
  if (pixels < 1) throw new Error('no pixels')
  return hooks
}

export function cnnWeights(shapes: readonly (readonly [string, number[]])[]): Weights {
  return Object.fromEntries(shapes.map(([name, shape], i) => [name, { shape, data: numbers(shape.reduce((a, b) => a * b, 1), i + 1) }]))
}
