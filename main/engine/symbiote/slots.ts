/**
 * Where the gates of candidate sites sit. Every tensor, hook or reader that holds a candidate becomes a block of slots, one for
 * each of its places; places that are no candidates have a slot too, whose gate stays 1. So a block is one reshape of a
 * run of gates, whatever selection was made, and programs need no gather.
 */
import type { SiteReader, SiteWriter } from '../../../preload/contract/address'
import type { SiteSelection } from '../../../preload/contract/sweep'
import type { Model } from '../primary/model'
import type { Place } from '../stimulation/targets'
import { UserError } from '../../../preload/contract/errors'
import { sitesToSweep } from '../../../preload/contract/sweepSites'
import { hookNamed } from '../primary/model'
import { denseRun, positionsOf, targetAt } from '../stimulation/targets'

/** `shape` is what its gates are reshaped to, so that they broadcast over the value they multiply. */
interface Run { shape: number[], from: number, count: number }
/** The entries of a tensor, or its kernels. */
export interface WeightBlock extends Run { kind: 'weights', tensor: string }
/** Units, channels, heads or all of a hook. */
export interface CellBlock extends Run { kind: 'cells', hook: string }
/** Weights of a dense layer as edges: what falls away is replaced by the source's baseline. `source` and `reader` are hooks. */
export interface DenseBlock extends Run { kind: 'dense', tensor: string, source: string, reader: string }
/** What one reader of the residual stream takes from each writer before it. */
export interface StreamBlock extends Run {
  kind: 'stream'
  reader: string
  /** Of the reader's heads; undefined where there is one reader. */
  head?: number
  /** Heads of the reader; 1 for `unembed`, units of an mlp. */
  readers: number
  writers: { module: string, parts: number }[]
}
export type Block = WeightBlock | CellBlock | DenseBlock | StreamBlock

export interface Slots {
  addresses: string[]
  blocks: Block[]
  /** Slots in all. */
  count: number
  /** [candidates]. */
  slotOf: Int32Array
  /** [candidates], index into `blocks`: what a random circuit of the same profile keeps to. */
  blockOf: Int32Array
  /** [slots], 1 for candidates. */
  free: Float32Array<ArrayBuffer>
}

/** Throws what `sitesToSweep` throws, and `sites-unfit` for sites that gates cannot act on here. */
export function slotsOf(selection: SiteSelection, model: Model): Slots {
  const sites = sitesToSweep(selection, model.architecture)
  const builder = new Builder(model)
  const places = sites.map(({ address, site }) => builder.place(targetAt(site, { site: address, op: 'gate', strength: 0, baseline: 'zero' }, model).place, address))
  const blocks = builder.blocks
  let count = 0
  for (const block of blocks) {
    block.from = count
    count += block.count
  }
  const slotOf = Int32Array.from(places, ({ block, at }) => block.from + at)
  const free = new Float32Array(count)
  slotOf.forEach((slot, i) => {
    if (free[slot] === 1) throw new UserError({ code: 'site-twice', message: `${sites[i].address} is among the candidates twice.`, remedy: 'Name every site once.', path: sites[i].address })
    free[slot] = 1
  })
  const index = new Map(blocks.map((block, i) => [block, i]))
  return { addresses: sites.map(({ address }) => address), blocks, count, slotOf, blockOf: Int32Array.from(places, ({ block }) => index.get(block)!), free }
}

/** Gates of all slots from those of the candidates, [candidates] → [slots]; 1 where there is no candidate. */
export function gatesOfSlots({ count, slotOf }: Slots, gates: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const all = new Float32Array(count).fill(1)
  slotOf.forEach((slot, i) => { all[slot] = gates[i] })
  return all
}

class Builder {
  readonly blocks: Block[] = []
  readonly #model: Model
  readonly #known = new Map<string, Block>()

  constructor(model: Model) {
    this.#model = model
  }

  place(place: Place, address: string): { block: Block, at: number } {
    switch (place.kind) {
      case 'weights': return this.#weights(place.tensor, place.from, place.size)
      case 'cells': return this.#cells(place, address)
      case 'edge': return this.#edge(place, address)
      case 'direction': throw unfit(address, 'a direction has no gate of its own here', 'Choose heads, units, weights or edges; a direction can be stimulated by hand.')
      default: return place satisfies never
    }
  }

  #block<T extends Block>(key: string, make: () => Omit<T, 'from'>): T {
    const known = this.#known.get(key)
    if (known) return known as T
    const block = { ...make(), from: 0 } as T
    this.#known.set(key, block)
    this.blocks.push(block)
    return block
  }

  #weights(tensor: string, from: number, size: number): { block: Block, at: number } {
    const block = this.#block<WeightBlock>(`${tensor}/${size}`, () => {
      const { shape, count } = chunks(this.#shapeOf(tensor), size)
      return { kind: 'weights', tensor, shape, count }
    })
    return { block, at: from / size }
  }

  #cells({ hook, components, span }: Extract<Place, { kind: 'cells' }>, address: string): { block: Block, at: number } {
    const { shape, positions, width } = hookNamed(this.#model, hook)
    if (span.to - span.from !== positions) throw unfit(address, 'gates act at every position', 'Leave the position out.')
    const size = components.length
    // Without the positions: [units], [channels, pixels], [heads, dHead].
    const inner = this.#model.architecture.kind === 'transformer' ? shape.slice(1) : [...shape]
    const block = this.#block<CellBlock>(`${hook}/${size}`, () => {
      const { shape, count } = chunks(inner, size)
      return { kind: 'cells', hook, shape, count }
    })
    if (width % size !== 0) throw new Error(`${address} is ${size} of ${width} scalars`)
    return { block, at: components[0] / size }
  }

  #edge({ from, to, span }: Extract<Place, { kind: 'edge' }>, address: string): { block: Block, at: number } {
    const run = denseRun({ kind: 'edge', from, to, span, address }, this.#model)
    if (run) {
      const block = this.#block<DenseBlock>(`${run.tensor}/edges/${run.size}`, () => {
        const { shape, count } = chunks(this.#shapeOf(run.tensor), run.size)
        return { kind: 'dense', tensor: run.tensor, source: from.module, reader: `${to.module}.pre`, shape, count }
      })
      return { block, at: run.from / run.size }
    }
    if (span.to - span.from !== positionsOf(this.#model)) throw unfit(address, 'gates act at every position', 'Leave the position out.')
    const block = this.#stream(to, address)
    return { block, at: writerPlace(block, from, address) }
  }

  #stream({ module, index, part }: SiteReader, address: string): StreamBlock {
    const reader = part ? `${module}.${part}` : module
    const { architecture } = this.#model
    if (architecture.kind !== 'transformer') throw new Error('only a transformer has a residual stream')
    if ((module.endsWith('.attn') && index === undefined) || (module.endsWith('.mlp') && index !== undefined))
      throw unfit(address, 'gates of edges end at a head, a whole mlp or the unembedding', 'Write the edge to one head, or to the mlp as a whole.')
    return this.#block<StreamBlock>(`${reader}/${index ?? '*'}`, () => {
      const writers = writersBefore(this.#model, module)
      return {
        kind: 'stream',
        reader,
        ...(index === undefined ? {} : { head: index }),
        readers: module.endsWith('.attn') ? architecture.heads : module === 'unembed' ? 1 : architecture.dMlp,
        writers,
        shape: [],
        count: writers.reduce((sum, { parts }) => sum + parts, 0),
      }
    })
  }

  #shapeOf(tensor: string): number[] {
    return this.#model.parameters.find(([name]) => name === tensor)![1]
  }
}

/** The leading axes of a shape whose entries are chunks of `size` scalars each, the others kept at 1. */
function chunks(shape: number[], size: number): { shape: number[], count: number } {
  const leading: number[] = []
  let left = shape.reduce((a, b) => a * b, 1) / size
  const count = left
  for (const axis of shape) {
    leading.push(left > 1 ? axis : 1)
    left /= leading[leading.length - 1]
  }
  return { shape: leading, count }
}

/** Every writer of the stream before a module reads it, in order: the embedding, heads, mlps. */
function writersBefore({ architecture }: Model, module: string): StreamBlock['writers'] {
  if (architecture.kind !== 'transformer') return []
  const { layers, heads, dMlp } = architecture
  const [, block, part] = /^blocks\.(\d+)\.(attn|mlp)$/.exec(module) ?? [undefined, String(layers), 'attn']
  const writers = [{ module: 'embed', parts: 1 }]
  for (let l = 0; l <= Number(block) && l < layers; l++) {
    if (l < Number(block) || part === 'mlp') writers.push({ module: `blocks.${l}.attn`, parts: heads })
    if (l < Number(block) && dMlp > 0) writers.push({ module: `blocks.${l}.mlp`, parts: 1 })
  }
  return writers
}

function writerPlace({ writers }: StreamBlock, { module, index }: SiteWriter, address: string): number {
  let at = 0
  for (const writer of writers) {
    if (writer.module === module) {
      if ((index === undefined) !== (writer.parts === 1 && !module.endsWith('.attn'))) throw unfit(address, 'gates of edges begin at the embedding, a head or a whole mlp', 'Write the edge from one head, or from the mlp as a whole.')
      return at + (index ?? 0)
    }
    at += writer.parts
  }
  throw new Error(`${module} writes nothing before that`)
}

function unfit(address: string, why: string, remedy: string): UserError {
  return new UserError({ code: 'sites-unfit', message: `${address} cannot be a candidate: ${why}.`, remedy, path: address })
}
