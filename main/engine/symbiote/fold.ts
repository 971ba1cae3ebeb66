/**
 * Gates folded into the weights they act through, so that a steered primary is an ordinary primary: it opens, runs and is operated
 * on without any gate. Exact but for rounding, or refused: a gate that no weight can stand for is said, with what to do instead.
 *
 * `foldCircuit` for gates of open `Circuits`; `foldGates` where the baseline's values are at hand.
 */
import type { Items } from '../../../preload/contract/engine'
import type { Baseline } from '../../../preload/contract/intervention'
import type { Executor } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Circuits } from './circuits'
import type { CellMap, Weights } from './folding'
import type { Slots } from './slots'
import { hookNamed } from '../primary/model'
import { Folding, unfoldable } from './folding'
import { gatesOfSlots } from './slots'

/** Weights under which the primary alone answers as it does under these gates. Throws `gates-unfoldable`. */
export async function foldCircuit(executor: Executor, { model, slots, gated, baselines }: Circuits, weights: Weights, gates: ArrayLike<number>, baseline: Baseline, train: Items): Promise<Weights> {
  if (baseline !== 'mean') return foldGates(model, weights, slots, gates, baseline)
  const { values, release } = await baselines.valuesFor(train, Int32Array.of(0))
  try {
    const means: Record<string, Float32Array> = {}
    for (const [i, hook] of gated.baselineHooks.entries()) means[hook] = await executor.download(values[i])
    return foldGates(model, weights, slots, gates, baseline, means)
  }
  finally {
    release()
  }
}

/**
 * @param gates [candidates]
 * @param means of baseline `mean`, by hook: [...hook.shape]
 */
export function foldGates(model: Model, weights: Weights, slots: Slots, gates: ArrayLike<number>, baseline: Baseline, means: Record<string, Float32Array> = {}): Weights {
  const all = gatesOfSlots(slots, gates)
  const folding = new Folding(model, weights)
  const cells = new Map<string, CellMap>()
  for (const [b, block] of slots.blocks.entries()) {
    const own = all.subarray(block.from, block.from + block.count)
    if (own.every(gate => gate === 1)) continue
    const address = slots.addresses[slots.blockOf.findIndex((of, i) => of === b && gates[i] !== 1)]
    if (block.kind !== 'weights' && typeof baseline === 'object') throw unfoldable(address, 'baseline resample takes another value for every item, and weights are the same for all', 'Use --baseline zero or mean.')
    switch (block.kind) {
      case 'weights': folding.multiply(block.tensor, own); break
      case 'dense': folding.edges(block, own, means[block.source]); break
      case 'cells': cells.set(block.hook, after(cells.get(block.hook), cellMap(model, block.hook, address, own, means[block.hook]))); break
      case 'stream': throw unfoldable(address, 'its gate changes what one reader takes of the residual stream, and no weight does that for one writer', 'Steer with heads, units or weights.')
      default: block satisfies never
    }
  }
  // In the order of computation, and after every change of the weights that read them.
  for (const { name } of model.hooks) {
    const map = cells.get(name)
    if (map) folding.cells(name, map)
  }
  return folding.weights()
}

/** Σ|gate − 1|: how much was prescribed. */
export function doseOf(gates: ArrayLike<number>): number {
  let dose = 0
  for (let i = 0; i < gates.length; i++) dose += Math.abs(gates[i] - 1)
  return dose
}

/** Σ|w′ − w| over all tensors: the dose in a currency that fine-tuning pays in as well. A tensor that was not there counts from zero. */
export function weightChange(before: Weights, after: Weights): number {
  return Object.entries(after).reduce((total, [name, { data }]) => {
    const old = before[name]?.data
    for (let i = 0; i < data.length; i++) total += Math.abs(data[i] - (old ? old[i] : 0))
    return total
  }, 0)
}

function cellMap(model: Model, hook: string, address: string, gates: Float32Array, mean?: Float32Array): CellMap {
  const { width, positions } = hookNamed(model, hook)
  const scale = Float64Array.from({ length: width }, (_, c) => gates[Math.floor(c * gates.length / width)])
  return { address, scale, offset: Float64Array.from({ length: positions * width }, (_, i) => mean ? (1 - scale[i % width]) * mean[i] : 0) }
}

/** One map, then another: units and their whole layer may both be gated. */
function after(first: CellMap | undefined, second: CellMap): CellMap {
  if (!first) return second
  const { address, scale, offset } = second
  return { address, scale: scale.map((s, c) => s * first.scale[c]), offset: offset.map((o, i) => scale[i % scale.length] * first.offset[i] + o) }
}
