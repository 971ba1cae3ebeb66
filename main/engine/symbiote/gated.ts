/**
 * A forward pass under gates: `b + g·(a − b)` at every slot, as one pure function of parameters, items and gates. Certificates,
 * judging and the symbiote's own training all run this; where the gates come from is no matter of this file.
 */
import type { Baseline } from '../../../preload/contract/intervention'
import type { NdArray } from '../executor/jax'
import type { Change, Model, ReadChange } from '../primary/model'
import type { Block, CellBlock, DenseBlock, Slots, StreamBlock } from './slots'
import { UserError } from '../../../preload/contract/errors'
import { np } from '../executor/jax'

export interface Gated {
  /** Hooks whose baseline values are needed, in the order they are passed. */
  readonly baselineHooks: readonly string[]
  /**
   * Takes everything it is given.
   * @param gates [slots]
   * @param baselines of `baselineHooks`: [1 or items, ...shape]
   * @returns [items · positions, classes]
   */
  readonly forward: (parameters: NdArray[], inputs: NdArray, gates: NdArray, baselines: NdArray[]) => NdArray
}

export function gatedModel(model: Model, slots: Slots, baseline: Baseline): Gated {
  const baselineHooks = baseline === 'zero' ? [] : hooksNeeded(slots.blocks)
  return {
    baselineHooks,
    forward: (parameters, inputs, gates, baselines) => {
      const values = new Map(baselineHooks.map((hook, i) => [hook, baselines[i]]))
      const pass = new GatedPass(model, parameters, gates, values)
      for (const block of slots.blocks) pass.add(block)
      return pass.run(inputs)
    },
  }
}

/** Throws `sites-unfit` where a baseline has no meaning for these sites, or is not built. */
export function checkBaseline({ blocks }: Slots, baseline: Baseline): void {
  if (baseline === 'zero') return
  const weights = blocks.find(block => block.kind === 'weights')
  if (weights) throw unfit(weights.tensor, 'a weight is the same for every item, so it has no baseline but zero', 'Use --baseline zero, or edges instead of weights.')
  const kernel = blocks.find(block => block.kind === 'dense' && !(block.source.startsWith('layers.') && block.reader.startsWith('layers.')))
  if (kernel?.kind === 'dense') throw unfit(kernel.tensor, 'edges out of feature maps are gated to zero only', 'Use --baseline zero.')
}

function hooksNeeded(blocks: readonly Block[]): string[] {
  const needed = new Set<string>()
  for (const block of blocks) {
    switch (block.kind) {
      case 'cells': needed.add(block.hook); break
      case 'dense': needed.add(block.source); break
      case 'stream': for (const { module } of block.writers) needed.add(writtenAt(module)); break
      case 'weights': break
      default: block satisfies never
    }
  }
  return [...needed]
}

/** The hook a writer's contribution is read off. */
function writtenAt(module: string): string {
  if (module === 'embed') return 'blocks.0.resid_pre'
  return module.endsWith('.attn') ? `${module}.z` : module
}

class GatedPass {
  readonly #model: Model
  readonly #parameters: NdArray[]
  readonly #gates: NdArray
  readonly #baselines: Map<string, NdArray>
  readonly #changes: Record<string, Change[]> = {}
  readonly #reads: ReadChange[] = []
  /** Of writers, [parts][1 or items, positions, width]. */
  readonly #contributions = new Map<string, NdArray[]>()

  constructor(model: Model, parameters: NdArray[], gates: NdArray, baselines: Map<string, NdArray>) {
    this.#model = model
    this.#parameters = [...parameters]
    this.#gates = gates
    this.#baselines = baselines
  }

  add(block: Block): void {
    switch (block.kind) {
      case 'weights': return this.#multiply(block.tensor, this.#gatesOf(block))
      case 'cells': return this.#cells(block)
      case 'dense': return this.#dense(block)
      case 'stream': return this.#stream(block)
      default: return block satisfies never
    }
  }

  run(inputs: NdArray): NdArray {
    for (const parts of this.#contributions.values()) parts.forEach(part => part.dispose())
    for (const value of this.#baselines.values()) value.dispose()
    this.#gates.dispose()
    const { outputs } = this.#model.forward(this.#parameters, inputs, { changes: this.#changes, reads: this.#reads })
    return outputs.shape.length === 2 ? outputs : outputs.reshape([-1, this.#model.outputs.classes])
  }

  #gatesOf({ from, count, shape }: Block): NdArray {
    return this.#gates.ref.slice([from, from + count]).reshape(shape)
  }

  #index(tensor: string): number {
    return this.#model.parameters.findIndex(([name]) => name === tensor)
  }

  #multiply(tensor: string, gates: NdArray): void {
    const i = this.#index(tensor)
    this.#parameters[i] = this.#parameters[i].mul(gates)
  }

  #cells(block: CellBlock): void {
    const gates = this.#gatesOf(block)
    const baseline = this.#baselines.get(block.hook)
    const offset = baseline ? baseline.ref.mul(np.subtract(1, gates.ref)) : np.zeros([1])
    ;(this.#changes[block.hook] ??= []).push({ kind: 'affine', scale: gates, offset })
  }

  /** Of the sum over sources Σ w·a, what falls away is Σ (1 − g)·w·b. */
  #dense(block: DenseBlock): void {
    const gates = this.#gatesOf(block)
    const baseline = this.#baselines.get(block.source)
    if (baseline) {
      const lost = this.#parameters[this.#index(block.tensor)].ref.mul(np.subtract(1, gates.ref))
      ;(this.#changes[block.reader] ??= []).push({ kind: 'affine', scale: np.ones([1]), offset: np.dot(baseline.ref, lost.transpose()) })
    }
    this.#multiply(block.tensor, gates)
  }

  #stream({ reader, head, readers, writers, from }: StreamBlock): void {
    const positions = this.#model.inputs[0]
    const width = (this.#model.architecture as { dModel: number }).dModel
    const scales: Record<string, NdArray> = {}
    let shift = np.zeros([1, positions, width])
    let at = from
    for (const { module, parts } of writers) {
      const gates = this.#gates.ref.slice([at, at + parts])
      at += parts
      const bias = module.endsWith('.mlp') ? this.#index(`${module}.b_out`) : -1
      // A module's gate acts on its bias too, which the change of its parts does not carry.
      if (bias >= 0) shift = shift.add(this.#parameters[bias].ref.mul(gates.ref.sub(1)))
      const contributions = this.#contributionsOf(module)
      contributions?.forEach((part, p) => { shift = shift.add(part.ref.mul(np.subtract(1, gates.ref.slice([p, p + 1])))) })
      scales[module] = np.broadcastTo(gates.reshape([1, parts]), [positions, parts])
    }
    const mask = np.array(Float32Array.from({ length: readers }, (_, i) => head === undefined || i === head ? 1 : 0))
    this.#reads.push({ reader, mask, writers: scales, shift })
  }

  /** What a writer's parts write at their baseline. */
  #contributionsOf(module: string): NdArray[] | undefined {
    const values = this.#baselines.get(writtenAt(module))
    if (!values) return undefined
    const known = this.#contributions.get(module)
    if (known) return known
    const parts = module.endsWith('.attn') ? this.#headsWrite(module, values) : [values.ref]
    this.#contributions.set(module, parts)
    return parts
  }

  #headsWrite(module: string, z: NdArray): NdArray[] {
    const [, positions, heads, inner] = z.shape
    return Array.from({ length: heads }, (_, h) => {
      const own = z.ref.slice([], [], [h, h + 1]).reshape([-1, positions, inner])
      return np.dot(own, this.#parameters[this.#index(`${module}.W_O`)].ref.slice([h, h + 1]).reshape([inner, -1]))
    })
  }
}

function unfit(path: string, why: string, remedy: string): UserError {
  return new UserError({ code: 'sites-unfit', message: `${path}: ${why}.`, remedy, path })
}
