/**
 * Takes out of a circuit what it does not need. Training leaves members that once helped; here each is taken out in turn on
 * training items, the least missed first, as long as the behaviour is kept. What remains is minimal under single removals.
 */
import type { Circuits } from './circuits'
import type { Form, Measured, Term } from './terms'
import { measured, MISSING } from './terms'

export interface PruneOptions {
  circuits: Circuits
  form: Form
  term: Term
  tolerance: number
  /** Circuits that may be measured; large circuits take fewer, larger bites. */
  most: number
}

/** @param members indices of candidates, ascending @returns those that are needed, and what the behaviour loses with them alone */
export async function prune(members: readonly number[], { circuits, form, term, tolerance, most }: PruneOptions): Promise<{ members: number[], value: number }> {
  const n = circuits.slots.addresses.length
  const gatesWithout = (kept: ReadonlySet<number>): Float32Array => Float32Array.from({ length: n }, (_, i) => kept.has(i) === (form === 'keep') ? 1 : 0)
  const about = async (sets: ReadonlySet<number>[]): Promise<Measured[]> => measured(circuits, term, sets.map(gatesWithout), 256)
  let kept = [...members]
  const [begun] = await about([new Set(kept)])
  // What keeps the answers goes on keeping them.
  const answering = begun.missed <= MISSING
  const measure = async (sets: ReadonlySet<number>[]): Promise<number[]> => (await about(sets)).map(({ value, missed }) => answering && missed > MISSING ? Infinity : value)
  let { value } = begun
  let spent = 0
  // Outside the tolerance there is no room to take anything.
  while (value <= tolerance && kept.length > 1 && spent + kept.length <= most) {
    const without = await measure(kept.map(one => new Set(kept.filter(other => other !== one))))
    spent += kept.length
    const order = [...kept.keys()].filter(i => without[i] <= tolerance).sort((a, b) => without[a] - without[b])
    if (order.length === 0) break
    const bite = await largestBite(kept, order, value => value <= tolerance, measure)
    spent += bite.spent
    kept = bite.kept
    value = bite.value
  }
  return { members: kept, value }
}

/** As many of the least missed as can go together: half of those that could go alone, then half of that, down to one. */
async function largestBite(kept: number[], order: number[], fine: (value: number) => boolean, measure: (sets: ReadonlySet<number>[]) => Promise<number[]>): Promise<{ kept: number[], value: number, spent: number }> {
  const sizes: number[] = []
  for (let size = Math.ceil(order.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) sizes.push(size)
  const left = sizes.map((size) => {
    const gone = new Set(order.slice(0, size))
    return kept.filter((_, i) => !gone.has(i))
  })
  const values = await measure(left.map(own => new Set(own)))
  const first = values.findIndex(fine)
  // One alone was fine before.
  const at = first < 0 ? left.length - 1 : first
  return { kept: left[at], value: values[at], spent: sizes.length }
}
