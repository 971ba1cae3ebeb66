/**
 * Batches to fine-tune with: items to be steered, whose soft target is the class wanted, and beside them others, whose soft target is
 * what the full primary answers. One cross-entropy over both is the loss; of the others it is their KL and a constant.
 */
import type { Model } from '../primary/model'
import type { Chosen, Yardstick } from './steering'
import { softmax } from '../../lib/logits'
import { randomStream } from '../../lib/random'
import { gatherInputs, gatherMask } from '../task/items'

export interface TuningBatch {
  /** [items, ...inputs]. */
  inputs: Float32Array<ArrayBuffer>
  /** [items · positions, classes]; those of the steered sum to 1, and so do those of the others. */
  soft: Float32Array<ArrayBuffer>
}

/** Items of each kind, at most; of items with many positions no more than have so many in all. */
const ITEMS = 64
const POSITIONS = 2048

/** The same for the same seed and step. */
export function tuningBatches(model: Model, { steer, others, full, target }: Yardstick, { sparing, seed }: { sparing: boolean, seed: number }): (step: number) => TuningBatch {
  const { positions, classes } = model.outputs
  const size = Math.max(1, Math.min(ITEMS, Math.floor(POSITIONS / (model.architecture.kind === 'transformer' ? model.inputs[0] : 1))))
  const pool = others.flatMap((chosen, k) => Array.from(chosen.rows, (_, i) => ({ k, i })))
  return (step) => {
    const draw = randomStream(seed, `tuning/${step}`)
    const wanted = drawn(steer.rows.length, size, draw.integer).map(i => partOf(steer, i, () => oneHot(target, classes)))
    const spared = !sparing
      ? []
      : drawn(pool.length, size, draw.integer).map(d => pool[d]).map(({ k, i }) => partOf(others[k], i, (t) => {
          const at = (i * positions + t) * classes
          return softmax(full[k].subarray(at, at + classes))
        }))
    return joined([wanted, spared], positions, classes)
  }
}

interface Part { inputs: Float32Array, mask: Float32Array, of: (position: number) => Float32Array }

function partOf({ items, rows }: Chosen, i: number, of: Part['of']): Part {
  const row = Int32Array.of(rows[i])
  return { inputs: gatherInputs(items, row), mask: gatherMask(items, row), of }
}

/** All, or that many with replacement. */
function drawn(n: number, size: number, integer: (n: number) => number): number[] {
  return Array.from({ length: Math.min(n, size) }, (_, i) => n <= size ? i : integer(n))
}

function joined(kinds: Part[][], positions: number, classes: number): TuningBatch {
  const parts = kinds.flat()
  const each = parts[0].inputs.length
  const inputs = new Float32Array(parts.length * each)
  const soft = new Float32Array(parts.length * positions * classes)
  let at = 0
  for (const kind of kinds) {
    const count = kind.reduce((sum, { mask }) => mask.reduce((a, b) => a + b, sum), 0)
    for (const { inputs: own, mask, of } of kind) {
      inputs.set(own, at * each)
      mask.forEach((weight, t) => {
        if (weight > 0) soft.set(of(t).map(p => p * weight / count), (at * positions + t) * classes)
      })
      at++
    }
  }
  return { inputs, soft }
}

function oneHot(index: number, classes: number): Float32Array {
  return Float32Array.from({ length: classes }, (_, c) => c === index ? 1 : 0)
}
