/** `primary.json` and `dataset.json`: what a primary and a data set are on disk. Not the tensors themselves. */
import { z } from 'zod'

const size = z.int().positive()

export const activationSchema = z.enum(['relu', 'gelu', 'tanh'])
export type Activation = z.infer<typeof activationSchema>

export const mlpSchema = z.strictObject({
  kind: z.literal('mlp'),
  inputs: size,
  hidden: z.array(size),
  outputs: size,
  activation: activationSchema,
})
export type MlpArchitecture = z.infer<typeof mlpSchema>

/** The architectures this build runs; a union so that the next kind is one more member. */
export const architectureSchema = z.discriminatedUnion('kind', [mlpSchema])
export type Architecture = z.infer<typeof architectureSchema>

export const provenanceSchema = z.looseObject({
  seed: z.int().optional(),
  executor: z.string().optional(),
  steps: z.int().optional(),
  weightsSha256: z.string().optional(),
  metrics: z.record(z.string(), z.number()).optional(),
})

export const primaryFileSchema = z.object({
  format: z.literal('symbiote-primary/1'),
  name: z.string().min(1),
  architecture: architectureSchema,
  task: z.object({ kind: z.enum(['classification', 'next-token']), dataset: z.string() }),
  provenance: provenanceSchema.optional(),
})
export type PrimaryFile = z.infer<typeof primaryFileSchema>

export const datasetFileSchema = z.object({
  format: z.literal('symbiote-dataset/1'),
  name: z.string().min(1),
  kind: z.enum(['classification', 'next-token']),
  inputs: z.object({ shape: z.array(size).min(1) }),
  classes: size,
  classNames: z.array(z.string()).optional(),
})
export type DatasetFile = z.infer<typeof datasetFileSchema>
