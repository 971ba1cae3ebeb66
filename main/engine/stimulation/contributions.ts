/**
 * What a writer contributes to a reader, as a linear map of the writer's own values: the weight times a unit, a head's z
 * times its W_O, a feature map convolved with its kernel. Plain loops; the forward pass does the same on the executor.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { CnnArchitecture } from '../../../preload/contract/primary'
import type { Model } from '../primary/model'
import type { Edge } from './targets'
import { featureMaps } from '../../../preload/contract/primary'
import { hookNamed } from '../primary/model'
import { denseRun } from './targets'

export interface Contribution {
  /** The hook whose values it is made of. */
  hook: string
  /** Scalars per position. */
  width: number
  /** [n · positions · width of the hook] → [n · positions · width]. */
  of: (values: ArrayLike<number>) => Float64Array
}

export function contributionOf(edge: Edge, model: Model, weightsOf: (tensor: string) => Tensor): Contribution {
  const run = denseRun(edge, model)
  if (run) return feedForward(edge, model, weightsOf, run)
  const { module, index } = edge.from
  if (module === 'embed') return whole('blocks.0.resid_pre', model)
  // With its bias: all that the module writes.
  if (index === undefined) return whole(module, model)
  const [hook, tensor, inner] = module.endsWith('.attn')
    ? [`${module}.z`, `${module}.W_O`, hookNamed(model, `${module}.z`).shape[2]]
    : [`${module}.unit`, `${module}.W_out`, 1]
  const { shape, data } = weightsOf(tensor)
  const width = shape[shape.length - 1]
  return linear(hook, model, width, index * inner, inner, (i, o) => data[(index * inner + i) * width + o])
}

function whole(hook: string, model: Model): Contribution {
  return { hook, width: hookNamed(model, hook).width, of: values => Float64Array.from(values) }
}

/** Σ over `inner` scalars of the hook from `first` on, times a matrix. */
function linear(hook: string, model: Model, width: number, first: number, inner: number, weight: (i: number, o: number) => number): Contribution {
  const from = hookNamed(model, hook).width
  return {
    hook,
    width,
    of: (values) => {
      const rows = values.length / from
      const out = new Float64Array(rows * width)
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < inner; i++) {
          const value = values[row * from + first + i]
          if (value === 0) continue
          for (let o = 0; o < width; o++) out[row * width + o] += value * weight(i, o)
        }
      }
      return out
    },
  }
}

function feedForward(edge: Edge, model: Model, weightsOf: (tensor: string) => Tensor, run: { tensor: string, from: number, size: number }): Contribution {
  const { from, to } = edge
  const weight = (i: number): number => weightsOf(run.tensor).data[run.from + i]
  if (to.module.startsWith('conv.')) return convolved(from.module, from.index!, model, model.architecture as CnnArchitecture, weight)
  const pixels = from.module.startsWith('conv.') ? hookNamed(model, from.module).shape[1] : 1
  return linear(from.module, model, 1, from.index! * pixels, pixels, i => weight(i))
}

/** One feature map through its kernel: [pixels of the next maps]. */
function convolved(hook: string, channel: number, model: Model, architecture: CnnArchitecture, weight: (i: number) => number): Contribution {
  const l = Number(hook.slice('conv.'.length))
  const maps = featureMaps(architecture)
  const [{ height, width: columns }, next] = [maps[l], maps[l + 1]]
  const { kernel, stride } = architecture.conv[l + 1]
  const from = hookNamed(model, hook).width
  const pixels = next.height * next.width
  return {
    hook,
    width: pixels,
    of: values => Float64Array.from({ length: values.length / from * pixels }, (_, flat) => {
      const start = Math.floor(flat / pixels) * from + channel * height * columns
      const [y, x] = [Math.floor(flat % pixels / next.width) * stride, flat % next.width * stride]
      let sum = 0
      for (let ky = 0; ky < kernel; ky++) {
        for (let kx = 0; kx < kernel; kx++) sum += weight(ky * kernel + kx) * values[start + (y + ky) * columns + x + kx]
      }
      return sum
    }),
  }
}
