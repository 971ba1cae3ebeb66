/**
 * Edges of a transformer as changes of what readers read. Each reader that differs from its neighbours becomes one change
 * with a stream of its own; readers whose changes are the same number for number would share one, but are rare.
 */
import type { SiteReader } from '../../../preload/contract/address'
import type { Tensor } from '../../../preload/contract/engine'
import type { Model } from '../primary/model'
import type { Affine } from './affine'
import type { ReadPlan } from './plan'
import type { Edge } from './targets'
import { hookNamed } from '../primary/model'
import { at } from './affine'
import { positionsOf } from './targets'

/** What happened to one edge's contribution c so far: `c · scale + offset`. */
interface Changed {
  edge: Edge
  width: number
  /** [positions]. */
  scale: Float64Array
  /** [rows or 1 · positions · width]; undefined for zero. */
  offset?: Float64Array
  perItem: boolean
}

export class Reads {
  readonly #model: Model
  readonly #weights: Record<string, Tensor>
  readonly #rows: number
  readonly #edges = new Map<string, Changed>()

  constructor(model: Model, weights: Record<string, Tensor>, rows: number) {
    this.#model = model
    this.#weights = weights
    this.#rows = rows
  }

  /** @param affine of scalar `i` at position `t`; its scale is the same for all scalars */
  add(edge: Edge, width: number, affine: (t: number, i: number) => Affine): void {
    const positions = positionsOf(this.#model)
    const changed = this.#edges.get(edge.address) ?? { edge, width, scale: new Float64Array(positions).fill(1), perItem: false }
    this.#edges.set(edge.address, changed)
    for (let t = edge.span.from; t < edge.span.to; t++) {
      let scale = 1
      for (let i = 0; i < width; i++) {
        const value = affine(t, i)
        scale = value.scale
        this.#offset(changed, t * width + i, positions * width, value)
      }
      changed.scale[t] *= scale
    }
  }

  #offset(changed: Changed, at_: number, size: number, { scale, offset }: Affine): void {
    if (!changed.offset && offset === 0) return
    changed.offset ??= new Float64Array(size)
    if (typeof offset !== 'number' && !changed.perItem) {
      const shared = changed.offset
      changed.offset = new Float64Array(this.#rows * size)
      for (let row = 0; row < this.#rows; row++) changed.offset.set(shared, row * size)
      changed.perItem = true
    }
    for (let i = at_, row = 0; i < changed.offset.length; i += size, row++) changed.offset[i] = scale * changed.offset[i] + at(offset, row)
  }

  plans(): ReadPlan[] {
    const byReader = new Map<string, Changed[]>()
    for (const changed of this.#edges.values()) {
      for (const reader of this.#readers(changed.edge.to)) byReader.set(reader, [...byReader.get(reader) ?? [], changed])
    }
    return [...byReader].map(([reader, edges]) => this.#readPlan(reader, edges))
  }

  /** `blocks.1.attn.q/0`, or `blocks.1.attn.q/*` where all heads read the same change. */
  #readers({ module, index, part }: SiteReader): string[] {
    const reader = part ? `${module}.${part}` : module
    if (index !== undefined) return [`${reader}/${index}`]
    const alone = [...this.#edges.values()].some(({ edge: { to } }) => to.module === module && to.part === part && to.index !== undefined)
    return alone ? Array.from({ length: this.#readerCount(reader) }, (_, i) => `${reader}/${i}`) : [`${reader}/*`]
  }

  #readerCount(reader: string): number {
    const { architecture } = this.#model
    if (architecture.kind !== 'transformer') throw new Error('only a transformer has a residual stream')
    if (reader === 'unembed') return 1
    return reader.endsWith('.mlp') ? architecture.dMlp : architecture.heads
  }

  #readPlan(key: string, edges: Changed[]): ReadPlan {
    const slash = key.lastIndexOf('/')
    const [reader, index] = [key.slice(0, slash), key.slice(slash + 1)]
    const positions = positionsOf(this.#model)
    const mask = new Float32Array(this.#readerCount(reader)).fill(index === '*' ? 1 : 0)
    if (index !== '*') mask[Number(index)] = 1
    const perItem = edges.some(edge => edge.perItem)
    const width = edges[0].width
    const shift = new Float64Array((perItem ? this.#rows : 1) * positions * width)
    const writers: ReadPlan['writers'] = {}
    for (const { edge, scale, offset } of edges) {
      const { module, index: part } = edge.from
      const parts = this.#partCount(module)
      const scales = writers[module] ??= new Float32Array(positions * parts).fill(1)
      for (let t = 0; t < positions; t++) {
        for (let p = part ?? 0; p < (part === undefined ? parts : part + 1); p++) scales[t * parts + p] *= scale[t]
      }
      if (offset) shift.forEach((_, i) => { shift[i] += offset[i % offset.length] })
      if (part === undefined) this.#addBias(module, scale, width, shift)
    }
    // In order of writing, so that the same edges give the same program whatever order they came in.
    const order = ['embed', ...this.#model.hooks.map(hook => hook.name)]
    const sorted = Object.entries(writers).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    return { reader, mask, writers: Object.fromEntries(sorted), shift: Float32Array.from(shift), perItem }
  }

  #partCount(writer: string): number {
    if (writer === 'embed') return 1
    return writer.endsWith('.attn') ? hookNamed(this.#model, `${writer}.z`).shape[1] : hookNamed(this.#model, `${writer}.unit`).width
  }

  /** A whole module's contribution holds its bias, which no part of it carries. */
  #addBias(module: string, scale: Float64Array, width: number, shift: Float64Array): void {
    const bias = this.#weights[module.endsWith('.attn') ? `${module}.b_O` : `${module}.b_out`]?.data
    if (!bias) return
    shift.forEach((_, i) => { shift[i] += (scale[Math.floor(i / width) % scale.length] - 1) * bias[i % width] })
  }
}
