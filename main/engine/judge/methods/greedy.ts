/**
 * Greedy removal (ACDC: Conmy et al. 2023, "Towards Automated Circuit Discovery for Mechanistic Interpretability", algorithm 1):
 * from the outputs backwards, each site is removed for good if KL(full ‖ what is left) grows by less than τ. A site's score is
 * the largest τ of a ladder at which it stays.
 */
import type { Method, Subject, Turn } from '../subject'
import { divergences, everything, tooMuch } from '../subject'

/** τ in nats, half decades from the largest. */
const LADDER = Array.from({ length: 12 }, (_, i) => 10 ** (0.5 - i / 2))
const MOST_SITES = 5000

export const greedy: Method = async (subject, turn) => {
  const n = subject.circuits.slots.addresses.length
  if (n > MOST_SITES) return { reason: `it removes one of ${n.toLocaleString('en')} sites after the other; ${MOST_SITES.toLocaleString('en')} at most` }
  const reason = tooMuch(subject, n * LADDER.length)
  if (reason) return { reason }
  const scores = new Float64Array(n)
  let left = new Float32Array(n)
  for (const [rung, threshold] of LADDER.entries()) {
    left = await removed(subject, threshold, left, share => turn((rung + share) / LADDER.length))
    left.forEach((gate, i) => {
      if (gate === 1) scores[i] = Math.max(scores[i], 1 - rung / LADDER.length)
    })
  }
  return scores
}

/**
 * Gates of the sites, 1 for those that stay. Each run tries several removals in a row, on the ground that is expected by then, and is
 * made use of as far as it was: what comes out is what one after the other would give, whatever was expected.
 */
export async function removed(subject: Subject, threshold: number, expected: Float32Array, turn: Turn): Promise<Float32Array<ArrayBuffer>> {
  const { circuits } = subject
  const gates = everything(circuits)
  let divergence = 0
  // The last site is the closest to the outputs.
  for (let next = gates.length - 1; next >= 0;) {
    const found = await divergences(subject, ahead(gates, next, expected, circuits.together))
    for (const after of found) {
      const goes = after - divergence < threshold
      const foreseen = goes === (expected[next] === 0)
      if (goes) {
        gates[next] = 0
        divergence = after
      }
      next--
      if (!foreseen) break
    }
    await turn(1 - (next + 1) / gates.length)
  }
  return gates
}

/** The removal of `next` and of those that follow it, each with all before it as expected. */
function ahead(gates: Float32Array, next: number, expected: Float32Array, most: number): Float32Array[] {
  const ground = gates.slice()
  return Array.from({ length: Math.min(most, next + 1) }, (_, k) => {
    const tried = ground.slice()
    tried[next - k] = 0
    ground[next - k] = expected[next - k]
    return tried
  })
}
