/** `prescription.json`: what was done to a primary to steer it, beside the steered primary whose weights have it folded in. */
import { z } from 'zod'
import { baselineSchema } from './intervention'
import { objectiveSchema } from './symbiote'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { message: 'not a SHA-256 in lower-case hexadecimal' })

export const prescriptionSchema = z.strictObject({
  format: z.literal('symbiote-prescription/1'),
  /** The primary it was written for, by its name and the hash of its weights file. */
  base: z.strictObject({ name: z.string().min(1), weightsSha256: sha256 }),
  dataset: z.strictObject({ name: z.string().min(1), sha256 }),
  objective: objectiveSchema,
  /** The class to bring about; of the objective steer. */
  target: z.int().nonnegative().optional(),
  baseline: baselineSchema,
  /** Every site whose gate is not 1. */
  gates: z.array(z.strictObject({ address: z.string().min(1), gate: z.number() })),
  /** Σ|gate − 1|. */
  dose: z.number().nonnegative(),
})
export type Prescription = z.infer<typeof prescriptionSchema>
