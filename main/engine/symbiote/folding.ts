/**
 * Weights while gates are folded into them: doubles until the end, so that one rounding is all that is lost. Knows for each
 * architecture which tensor reads a hook and which bias a constant can go to. Not which gates are folded in what order: see `fold.ts`.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { TransformerArchitecture } from '../../../preload/contract/primary'
import type { Model } from '../primary/model'
import type { DenseBlock } from './slots'
import { UserError } from '../../../preload/contract/errors'
import { transformerTensors } from '../../../preload/contract/primary'
import { hookNamed } from '../primary/model'

export type Weights = Record<string, Tensor>

/** What a hook's value `a` becomes under its gates: `scale · a + offset`. */
export interface CellMap {
  /** Named in errors. */
  address: string
  /** [width]. */
  scale: Float64Array
  /** [positions · width]. */
  offset: Float64Array
}

interface Working { shape: number[], data: Float64Array }

export class Folding {
  readonly #model: Model
  readonly #given: Weights
  readonly #changed = new Map<string, Working>()

  constructor(model: Model, weights: Weights) {
    this.#model = model
    this.#given = weights
  }

  /** New tensors where something changed, those given where not. */
  weights(): Weights {
    const rounded = [...this.#changed].map(([name, { shape, data }]): [string, Tensor] => [name, { shape, data: Float32Array.from(data) }])
    return { ...this.#given, ...Object.fromEntries(rounded) }
  }

  /** A gate for every run of as many neighbouring scalars. */
  multiply(tensor: string, gates: Float32Array): void {
    const { data } = this.#tensor(tensor)
    const size = data.length / gates.length
    for (let i = 0; i < data.length; i++) data[i] *= gates[Math.floor(i / size)]
  }

  /** Of Σ w·a what falls away is replaced by Σ (1 − g)·w·mean, which is the same for every item. */
  edges({ tensor, reader }: DenseBlock, gates: Float32Array, mean?: Float32Array): void {
    if (mean) {
      const { data } = this.#tensor(tensor)
      const bias = this.#tensor(reader.replace(/\.pre$/, '.bias')).data
      for (let i = 0; i < data.length; i++) bias[Math.floor(i / mean.length)] += (1 - gates[i]) * data[i] * mean[i % mean.length]
    }
    this.multiply(tensor, gates)
  }

  /** Throws `gates-unfoldable`. */
  cells(hook: string, map: CellMap): void {
    const [module, index] = hook.split('.')
    switch (module) {
      case 'layers': return this.#units(Number(index), map)
      case 'conv': return this.#channels(Number(index), map)
      default: return this.#inBlock(hook, map)
    }
  }

  /** The next layer's columns; of the last layer, which nothing reads, its own rows. */
  #units(l: number, map: CellMap): void {
    const [own, next] = [`layers.${l}`, `layers.${l + 1}`]
    if (this.#given[`${next}.weight`]) return this.#columns(next, map)
    const [, into] = this.#tensor(`${own}.weight`).shape
    this.#own(`${own}.weight`, `${own}.bias`, map, map.offset, i => Math.floor(i / into))
  }

  /** The next kernels' slices; of the last maps the columns that read their pixels. */
  #channels(l: number, map: CellMap): void {
    const kernels = `conv.${l + 1}.weight`
    if (!this.#given[kernels]) return this.#columns('layers.0', map)
    if (!isZero(map.offset)) throw unfoldable(map.address, 'its mean differs from pixel to pixel, and the next convolution has one bias for all of them', 'Use --baseline zero.')
    const { shape: [, into, ...kernel], data } = this.#tensor(kernels)
    const size = kernel.reduce((a, b) => a * b, 1)
    const pixels = map.scale.length / into
    for (let i = 0; i < data.length; i++) data[i] *= map.scale[Math.floor(i / size) % into * pixels]
  }

  /** A dense layer that reads the hook: weight [out, in]. */
  #columns(layer: string, { scale, offset }: CellMap): void {
    const { data } = this.#tensor(`${layer}.weight`)
    const bias = this.#tensor(`${layer}.bias`).data
    for (let i = 0; i < data.length; i++) {
      bias[Math.floor(i / scale.length)] += data[i] * offset[i % scale.length]
      data[i] *= scale[i % scale.length]
    }
  }

  #inBlock(hook: string, map: CellMap): void {
    const [, module, part] = /^(blocks\.\d+\.(?:attn|mlp))(?:\.(\w+))?$/.exec(hook) ?? []
    if (module === undefined) throw unfoldable(map.address, 'the residual stream carries it past every weight', 'Steer with heads, units or weights.')
    const { dModel, dHead } = this.#architecture
    const [out, bias] = module.endsWith('.attn') ? [`${module}.W_O`, `${module}.b_O`] : [`${module}.W_out`, `${module}.b_out`]
    const constant = this.#constant(hook, map)
    switch (part) {
      case 'z':
      case 'unit': return this.#rows(out, bias, map, constant)
      // [heads, dModel, dHead]: components are head and inner.
      case 'q':
      case 'k':
      case 'v': return this.#own(`${module}.W_${part.toUpperCase()}`, `${module}.b_${part.toUpperCase()}`, map, constant, i => Math.floor(i / (dModel * dHead)) * dHead + i % dHead)
      default: return this.#own(out, bias, map, constant, i => i % dModel)
    }
  }

  /** The matrix whose rows read the hook: [width, dModel] once heads and their insides are one axis. */
  #rows(tensor: string, bias: string, { scale }: CellMap, constant: Float64Array): void {
    const { data } = this.#tensor(tensor)
    const columns = data.length / scale.length
    const added = isZero(constant) ? undefined : this.#tensor(bias).data
    for (let i = 0; i < data.length; i++) {
      const row = Math.floor(i / columns)
      if (added) added[i % columns] += constant[row] * data[i]
      data[i] *= scale[row]
    }
  }

  /** The matrix whose product, with its bias, is the hook's value: both are scaled, and the constant goes to the bias. */
  #own(tensor: string, bias: string, { scale }: CellMap, constant: Float64Array, componentOf: (i: number) => number): void {
    const { data } = this.#tensor(tensor)
    for (let i = 0; i < data.length; i++) data[i] *= scale[componentOf(i)]
    if (isZero(constant) && !this.#given[bias] && !this.#changed.has(bias)) return
    const added = this.#tensor(bias).data
    for (let c = 0; c < added.length; c++) added[c] = scale[c] * added[c] + constant[c]
  }

  /**
   * The one constant of all positions that matter. A transformer's means are those of each position, and its biases the same for all,
   * so there is one only where one position is read: in the last block of a classifier, or where items have one position.
   */
  #constant(hook: string, { address, scale, offset }: CellMap): Float64Array {
    if (isZero(offset)) return offset.subarray(0, scale.length)
    const { positions } = hookNamed(this.#model, hook)
    const { layers, outputs } = this.#architecture
    const oneRead = outputs !== 'tokens' && hook.startsWith(`blocks.${layers - 1}.`) && !/\.[kv]$/.test(hook)
    if (positions > 1 && !oneRead) throw unfoldable(address, 'its mean differs from position to position, and a bias is the same for all of them', 'Use --baseline zero.')
    return offset.subarray((positions - 1) * scale.length)
  }

  get #architecture(): TransformerArchitecture {
    return this.#model.architecture as TransformerArchitecture
  }

  /** A bias that a transformer may have is made where it has none. */
  #tensor(name: string): Working {
    const known = this.#changed.get(name)
    if (known) return known
    const given = this.#given[name]
    const working: Working = given ? { shape: given.shape, data: Float64Array.from(given.data) } : this.#zeros(name)
    this.#changed.set(name, working)
    return working
  }

  #zeros(name: string): Working {
    const { shape } = transformerTensors(this.#architecture).find(tensor => tensor.name === name)!
    return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) }
  }
}

function isZero(values: Float64Array): boolean {
  return values.every(value => value === 0)
}

export function unfoldable(address: string, why: string, remedy: string): UserError {
  return new UserError({ code: 'gates-unfoldable', message: `${address} cannot be folded into the weights: ${why}.`, remedy, path: address })
}
