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

const convStage = z.strictObject({ out: size, kernel: size, stride: size })

/** Convolutions without padding, the activation after each, then dense layers as in an mlp. */
export const cnnSchema = z.strictObject({
  kind: z.literal('cnn'),
  /** Channels, height, width. */
  input: z.tuple([size, size, size]),
  conv: z.array(convStage).min(1),
  hidden: z.array(size),
  outputs: size,
  activation: activationSchema,
}).refine(({ input, conv }) => featureMaps({ input, conv }).every(map => map.height > 0 && map.width > 0), { path: ['conv'], message: 'a kernel is larger than the picture it gets; use smaller kernels, strides or fewer stages' })
export type CnnArchitecture = z.infer<typeof cnnSchema>

/** `dMlp` 0 is attention only; `norm` rms without `w` tensors has no gain. Positions are learned and added to the embedding. */
export const transformerSchema = z.strictObject({
  kind: z.literal('transformer'),
  layers: size,
  dModel: size,
  heads: size,
  dHead: size,
  dMlp: z.int().nonnegative(),
  vocab: size,
  /** Most positions an item may have. */
  context: size,
  attention: z.enum(['causal', 'bidirectional']),
  norm: z.enum(['none', 'layer', 'rms']),
  activation: activationSchema,
  /** A token at every position, or one class, read at the last position. */
  outputs: z.union([z.literal('tokens'), z.strictObject({ classes: size, position: z.literal('last') })]),
})
export type TransformerArchitecture = z.infer<typeof transformerSchema>

export const architectureSchema = z.discriminatedUnion('kind', [mlpSchema, cnnSchema, transformerSchema])
export type Architecture = z.infer<typeof architectureSchema>

/** Size of every feature map, `conv.0` first. */
export function featureMaps({ input, conv }: { input: [number, number, number], conv: { out: number, kernel: number, stride: number }[] }): { channels: number, height: number, width: number }[] {
  let [, height, width] = input
  return conv.map(({ out, kernel, stride }) => {
    height = Math.floor((height - kernel) / stride) + 1
    width = Math.floor((width - kernel) / stride) + 1
    return { channels: out, height, width }
  })
}

/** A transformer's tensors in order of computation, named and shaped as in TransformerLens. Optional ones may be left out. */
export function transformerTensors(architecture: TransformerArchitecture): { name: string, shape: number[], optional: boolean }[] {
  const { layers, dModel, heads, dHead, dMlp, vocab, context, norm } = architecture
  const tensor = (name: string, ...shape: number[]) => ({ name, shape, optional: false })
  const optional = (name: string, ...shape: number[]) => ({ name, shape, optional: true })
  const normOf = (name: string) => norm === 'none' ? [] : [optional(`${name}.w`, dModel), optional(`${name}.b`, dModel)]
  return [
    tensor('embed.W_E', vocab, dModel),
    tensor('pos_embed.W_pos', context, dModel),
    ...Array.from({ length: layers }, (_, l) => [
      ...normOf(`blocks.${l}.ln1`),
      ...['Q', 'K', 'V'].flatMap(part => [tensor(`blocks.${l}.attn.W_${part}`, heads, dModel, dHead), optional(`blocks.${l}.attn.b_${part}`, heads, dHead)]),
      tensor(`blocks.${l}.attn.W_O`, heads, dHead, dModel),
      optional(`blocks.${l}.attn.b_O`, dModel),
      ...(dMlp === 0
        ? []
        : [
            ...normOf(`blocks.${l}.ln2`),
            tensor(`blocks.${l}.mlp.W_in`, dModel, dMlp),
            optional(`blocks.${l}.mlp.b_in`, dMlp),
            tensor(`blocks.${l}.mlp.W_out`, dMlp, dModel),
            optional(`blocks.${l}.mlp.b_out`, dModel),
          ]),
    ]).flat(),
    ...normOf('ln_final'),
    tensor('unembed.W_U', dModel, classesOf(architecture)),
    optional('unembed.b_U', classesOf(architecture)),
  ]
}

/** Outputs at one position: classes, or tokens. */
export function classesOf(architecture: Architecture): number {
  if (architecture.kind !== 'transformer')
    return architecture.outputs
  return architecture.outputs === 'tokens' ? architecture.vocab : architecture.outputs.classes
}

/** One line for a person: `mlp 784 · 256 · 128 · 10, relu`. */
export function architectureLine(architecture: Architecture): string {
  switch (architecture.kind) {
    case 'mlp': return `mlp ${[architecture.inputs, ...architecture.hidden, architecture.outputs].join(' · ')}, ${architecture.activation}`
    case 'cnn': return `cnn ${[architecture.input.join(' × '), ...featureMaps(architecture).map(map => `${map.channels} maps ${map.height} × ${map.width}`), ...architecture.hidden, architecture.outputs].join(' · ')}, ${architecture.activation}`
    case 'transformer': {
      const { layers, heads, dModel, dMlp, attention } = architecture
      return `transformer, ${layers} layer${layers === 1 ? '' : 's'} · ${heads} heads${dMlp === 0 ? ', attention only' : ` · mlp ${dMlp}`} · width ${dModel}, ${attention}`
    }
    default: return architecture satisfies never
  }
}

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

/** Ways to make a primary that are known here by name; what each does is the host's to know. */
export const RECIPES = ['digits', 'digits-cnn', 'induction', 'modadd', 'moby'] as const
export type RecipeName = typeof RECIPES[number]
