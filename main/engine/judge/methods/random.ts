/** What luck gives: the floor under every figure. */
import type { Method } from '../subject'
import { randomStream } from '../../../lib/random'

export const random: Method = async ({ circuits, seed }) => {
  const { uniform } = randomStream(seed, 'judge/random')
  return Float64Array.from(circuits.slots.addresses, () => uniform())
}
