/**
 * From what seeds came to, to one score a site: by what taking it out does where it does most, the seeds' circuits being the places to
 * look; among too many sites for that, by how many of the seeds need it, and by cheap maps of the full primary where as many do.
 */
import type { Term } from './terms'
import type { TrainingPlan, TrainingResult } from './training'

export interface Rival {
  seed: number
  /** Indices of candidates, ascending. */
  members: Int32Array
  /** What the behaviour loses with them alone (or without them, of `necessary`), in units of the term, and in nats. */
  value: number
  kl: number
  accuracyKept: number
  held: boolean
  /** See `SeedResult`. */
  answering: boolean
}

type Pruner = (members: number[], term: Term) => Promise<{ members: number[], value: number }>

/** Gates nearer to 1 than this are as good as left alone. */
const TOUCHED = 0.02

/** The circuit of every seed, pruned where it has room to be; of `steer` the sites that are pushed. */
export async function circuitsOf(plan: TrainingPlan, { seeds }: TrainingResult, pruned: Pruner): Promise<Rival[]> {
  const rivals: Rival[] = []
  for (const { seed, gates, values, held, answering = false } of seeds) {
    const members = [...gates.keys()].filter(i => plan.form === 'steer' ? Math.abs(gates[i] - 1) > TOUCHED : gates[i] > 0.5)
    const small = plan.form === 'steer' || plan.budget !== undefined || !held ? { members, value: values[0] } : await pruned(members, plan.terms[0])
    rivals.push({ seed, members: Int32Array.from(small.members), value: small.value, kl: small.value * plan.terms[0].unit, accuracyKept: Number.NaN, held, answering })
  }
  return rivals
}

export interface Maps {
  /** Ranks of cheap maps in [0, 1), the larger the likelier a part. */
  ties: ArrayLike<number>
  /** See `evidenceOf`; undefined where there are too many sites. */
  evidence: Float64Array | undefined
}

/** Evidence that scores one half: the share of its size by which the output changes. */
const HALF = 0.02

export function scoresOf({ seeds, circuits, form }: TrainingPlan, rivals: readonly Rival[], { seeds: results }: TrainingResult, { ties, evidence }: Maps): { score: Float64Array, membership: Float32Array } {
  const n = circuits.slots.addresses.length
  const membership = new Float32Array(n)
  for (const { members } of rivals) members.forEach((i) => { membership[i] += 1 / rivals.length })
  // A reader that takes no step says all it knows in its own ranking.
  const soft = results[0].soft
  if (soft) return { score: Float64Array.from(soft), membership }
  if (form === 'keep' && evidence) return { score: evidence.map(value => value / (value + HALF)), membership }
  const push = form === 'steer' ? Float64Array.from({ length: n }, (_, i) => results.reduce((sum, { gates }) => sum + Math.min(1, Math.abs(gates[i] - 1)), 0) / results.length) : membership
  // Steps of 1 / (seeds + 1), and ties that never pass one.
  const step = 1 / (seeds + 1)
  return { score: Float64Array.from({ length: n }, (_, i) => Math.min(1, step * (push[i] * seeds + 0.999 * ties[i]))), membership }
}
