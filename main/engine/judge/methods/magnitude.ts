/** |w|: the size of a weight, or of a kernel as a whole. Asks neither the task nor the items. */
import type { Tensor } from '../../../../preload/contract/engine'
import type { Block } from '../../symbiote/slots'
import type { Method } from '../subject'

export const magnitude: Method = async ({ circuits: { slots }, weights }) => {
  const scores = new Float64Array(slots.addresses.length)
  for (const [i, slot] of slots.slotOf.entries()) {
    const block = slots.blocks[slots.blockOf[i]]
    if (!('tensor' in block)) return { reason: `${slots.addresses[i]} is no weight and has no size of its own` }
    scores[i] = sizeOf(weights[block.tensor], block, slot - block.from)
  }
  return scores
}

/** Of the scalars that share the block's `at`-th gate. */
function sizeOf({ data }: Tensor, { count }: Block, at: number): number {
  const size = data.length / count
  return Math.hypot(...data.subarray(at * size, (at + 1) * size))
}
