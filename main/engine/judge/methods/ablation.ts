/** Exact ablation: KL(full ‖ without the site), mean over items, of every site on its own. */
import type { Method } from '../subject'
import { divergences, everything, tooMuch } from '../subject'

export const ablation: Method = async (subject, turn) => {
  const { circuits } = subject
  const n = circuits.slots.addresses.length
  const reason = tooMuch(subject, n)
  if (reason) return { reason }
  const scores = new Float64Array(n)
  for (let from = 0; from < n; from += circuits.together) {
    const lesions = Array.from({ length: Math.min(circuits.together, n - from) }, (_, k) => {
      const gates = everything(circuits)
      gates[from + k] = 0
      return gates
    })
    scores.set(await divergences(subject, lesions), from)
    await turn((from + lesions.length) / n)
  }
  return scores
}
