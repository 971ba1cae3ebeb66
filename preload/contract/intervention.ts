/** An intervention is data: the same JSON in a file, over RPC, on the command line and in a session. */
import { z } from 'zod'

const finite = z.number()

export const baselineSchema = z.union([
  z.literal('zero'),
  z.literal('mean'),
  z.strictObject({ resample: z.int().nonnegative() }),
])
/** What an inhibited site falls back to: zero, its mean over calibration items, or another item's value. */
export type Baseline = z.infer<typeof baselineSchema>

const site = z.string().min(1)

export const interventionSchema = z.discriminatedUnion('op', [
  /** `b + strength·(a − b)`: 0 ablates to the baseline, 1 leaves, above 1 stimulates. */
  z.strictObject({ site, op: z.literal('gate'), strength: finite, baseline: baselineSchema.default('zero') }),
  /** `a + strength·σ`, σ over the calibration items; the sign is polarity. */
  z.strictObject({ site, op: z.literal('drive'), strength: finite }),
  /** The value `strength` itself. */
  z.strictObject({ site, op: z.literal('clamp'), strength: finite }),
  /** `a + strength·σ·ε`, ε standard normal from the stream named by `seed`. */
  z.strictObject({ site, op: z.literal('noise'), strength: finite, seed: z.int().nonnegative() }),
  /** The site's value in the item's counterfactual run. */
  z.strictObject({ site, op: z.literal('patch') }),
])
export type Intervention = z.infer<typeof interventionSchema>

export const interventionSetSchema = z.strictObject({
  interventions: z.array(interventionSchema),
  /** Without it, two interventions on one site are an error. */
  compose: z.boolean().default(false),
})
export type InterventionSet = z.infer<typeof interventionSetSchema>

/** A file may hold the set or just its list. */
export const interventionFileSchema = z.union([
  interventionSetSchema,
  z.array(interventionSchema).transform(interventions => ({ interventions, compose: false })),
])

export function baselineName(baseline: Baseline): string {
  return typeof baseline === 'string' ? baseline : `resample ${baseline.resample}`
}
