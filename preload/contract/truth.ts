/** `task-0.weights.truth.json`: which sites are a task's circuit, as far as that is known, for judging circuit finders. */
import { z } from 'zod'

export const truthKindSchema = z.enum(['weights', 'units', 'heads', 'edges'])
export type TruthKind = z.infer<typeof truthKindSchema>

const addresses = z.array(z.string().min(1))

/** Every other candidate of the kind is not part of the circuit. */
export const truthSchema = z.strictObject({
  format: z.literal('symbiote-truth/1'),
  kind: truthKindSchema,
  /** What a removed site falls back to, where the truth depends on it. */
  baseline: z.enum(['zero', 'mean', 'resample']).optional(),
  sites: addresses,
  /** Planted and without causal effect: neither right nor wrong to find, left out of the scoring. */
  inert: addresses,
  note: z.string().optional(),
})
export type Truth = z.infer<typeof truthSchema>
