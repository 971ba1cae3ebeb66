/** A training run that can go on: weights, moments and settings in one safetensors file, checked by a hash of its own. */
import type { Checkpoint, Tensor } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { architectureSchema } from '../../preload/contract/primary'
import { checkTensors, checkValues } from './architecture'
import { withPath } from './fileErrors'
import { checkJson } from './json'
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors'

export const CHECKPOINT_FILE = 'checkpoint.safetensors'
const FORMAT = 'symbiote-checkpoint/1'
const GROUPS = ['weights', 'first', 'second'] as const
const count = z.int().nonnegative()
const points = z.array(z.tuple([count, z.number()]))

const runSettingsSchema = z.object({
  /** Name of the primary being trained. */
  name: z.string().min(1),
  recipe: z.string().optional(),
  dataset: z.string(),
  architecture: architectureSchema,
  seed: z.int(),
  steps: count,
  batch: count,
  learningRate: z.number(),
  schedule: z.enum(['constant', 'linear']),
  optimiser: z.object({ beta1: z.number(), beta2: z.number(), weightDecay: z.number() }).optional(),
  checkpointEvery: count.optional(),
  executor: z.string().optional(),
  /** Training time so far. */
  seconds: z.number().optional(),
  /** Curves so far, [step, value], so that a resumed run shows them whole. */
  loss: points.optional(),
  accuracy: points.optional(),
})
/** What the run was started with; the checkpoint's own step is not among it. */
export type RunSettings = z.infer<typeof runSettingsSchema>

/** Into the folder the primary will have. Atomic: the previous checkpoint stays until this one is whole on disk. */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint, settings: RunSettings): Promise<void> {
  const tensors = Object.fromEntries(GROUPS.flatMap(group => Object.entries(checkpoint[group]).map(([name, tensor]) => [`${group}.${name}`, tensor])))
  await writeSafetensors(join(folder, CHECKPOINT_FILE), tensors, {
    format: FORMAT,
    step: String(checkpoint.step),
    settings: JSON.stringify(settings),
    sha256: digest(tensors),
  })
}

/** Throws `checkpoint-damaged` for one that is cut off or altered: it would train on as if nothing had happened, to another result. */
export async function readCheckpoint(folder: string): Promise<{ checkpoint: Checkpoint, settings: RunSettings }> {
  const path = join(folder, CHECKPOINT_FILE)
  const { tensors, metadata } = await readSafetensors(path).catch((error: unknown) => { throw asDamaged(error, path) })
  const { step, settings } = describe(metadata, path)
  if (metadata.sha256 !== digest(tensors))
    throw damaged(path, 'its tensors are not those that were written')
  return { checkpoint: { step, ...groupsOf(tensors, settings.architecture, path) }, settings }
}

/** How far a run got, without reading its tensors. */
export async function inspectCheckpoint(folder: string): Promise<{ step: number, settings: RunSettings }> {
  const path = join(folder, CHECKPOINT_FILE)
  const { metadata } = await readSafetensorsHeader(path).catch((error: unknown) => { throw asDamaged(error, path) })
  return describe(metadata, path)
}

/** Nothing happens where there is none. */
export async function removeCheckpoint(folder: string): Promise<void> {
  const path = join(folder, CHECKPOINT_FILE)
  await withPath(path, 'write', () => rm(path, { force: true }))
}

function describe(metadata: Record<string, string>, path: string): { step: number, settings: RunSettings } {
  if (metadata.format !== FORMAT)
    throw damaged(path, metadata.format?.startsWith('symbiote-checkpoint/') ? `it is of format ${metadata.format.slice(0, 40)}, and this version reads ${FORMAT}` : 'it is not a checkpoint')
  if (!/^\d{1,15}$/.test(metadata.step ?? ''))
    throw damaged(path, 'it does not say its step')
  return { step: Number(metadata.step), settings: checkJson(metadata.settings ?? '', path, runSettingsSchema) }
}

function groupsOf(tensors: Record<string, Tensor>, architecture: Architecture, path: string): Pick<Checkpoint, typeof GROUPS[number]> {
  const groups: Pick<Checkpoint, typeof GROUPS[number]> = { weights: {}, first: {}, second: {} }
  for (const [key, tensor] of Object.entries(tensors)) {
    const group = GROUPS.find(group => key.startsWith(`${group}.`))
    if (group === undefined)
      throw damaged(path, `it holds "${key.slice(0, 80)}", which is no part of a checkpoint`)
    groups[group][key.slice(group.length + 1)] = tensor
  }
  for (const group of GROUPS) {
    checkTensors(Object.fromEntries(Object.entries(groups[group]).map(([name, { shape }]) => [name, shape])), architecture, path)
    checkValues(groups[group], path)
  }
  return groups
}

/** Over names and bytes in order of name; shapes are checked against the architecture. */
function digest(tensors: Record<string, Tensor>): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(tensors).sort()) {
    const { data } = tensors[name]
    hash.update(`${name}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}

function asDamaged(error: unknown, path: string): unknown {
  return error instanceof UserError && error.code === 'file-damaged' ? damaged(path, error.message.split(': ').slice(1).join(': ').replace(/\.$/, ''), error) : error
}

function damaged(path: string, what: string, cause?: Error): UserError {
  return new UserError({
    code: 'checkpoint-damaged',
    message: `${path} cannot be continued from: ${what}.`,
    remedy: 'Restore it from a copy, or remove it and start the training again.',
    path,
  }, { cause })
}
