/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017) of KL(full ‖ circuit), from all candidates at their baselines to all open:
 * the gradient by each gate, averaged over the way and over items, in absolute value at the end.
 */
import type { Method } from '../subject'
import { gateGradients, towardsFull } from '../gateGradients'

const STEPS = 16

export const integrated: Method = async (subject, turn) => {
  const gradients = gateGradients(subject, towardsFull(subject), { each: false })
  const scores = new Float64Array(subject.circuits.slots.addresses.length)
  for (let step = 0; step < STEPS; step++) {
    // The middle of each stretch of the way.
    const gates = new Float32Array(scores.length).fill((step + 0.5) / STEPS)
    const found = await gradients.at(gates, share => turn((step + share) / STEPS))
    found.forEach((value, i) => { scores[i] += value / STEPS })
  }
  return scores.map(Math.abs)
}
