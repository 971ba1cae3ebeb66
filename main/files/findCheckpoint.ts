/**
 * A cancelled find on disk, to be gone on with: one safetensors file with the symbiote's arrays, and in its metadata what was asked, of whom,
 * and where the training stands. Written in one step, so it is whole or not there.
 */
import type { Tensor } from '../../preload/contract/engine'
import type { SeedBest, SymbioteCheckpoint } from '../../preload/contract/symbiote'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { findAskedSchema } from '../../preload/contract/symbiote'
import { checkJson } from './json'
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors'

/** Its name in the folder of a circuit; among several it is named after its find. */
export const FIND_CHECKPOINT_FILE = 'find.safetensors'

const point = z.object({ step: z.int(), behaviour: z.number(), size: z.number(), pressure: z.number(), reference: z.number().optional() })
const task = z.object({ name: z.string(), sha256: z.string() })

const keptSchema = z.object({
  format: z.literal('symbiote-find/1'),
  find: z.string(),
  /** Wall clock, UTC, ISO 8601. */
  cancelledAt: z.string(),
  asked: findAskedSchema,
  /** Names or folders, as they were asked for; none is the primary's own task. */
  datasets: z.array(z.string()),
  targets: z.array(z.int()),
  references: z.array(z.string()),
  primary: z.object({ name: z.string(), path: z.string(), weightsSha256: z.string() }),
  /** What they held: gone on with on other items, it would be another find. */
  tasks: z.array(task),
  executor: z.string(),
  symbiotes: z.array(z.object({
    step: z.int().positive(),
    steps: z.int().positive(),
    over: z.boolean(),
    arrays: z.int().positive(),
    streams: z.object({ batches: z.array(z.int()), noise: z.array(z.int()) }),
    tasks: z.array(z.object({
      smooth: z.array(z.number()),
      best: z.array(z.object({ seed: z.int(), values: z.array(z.number()), size: z.number(), held: z.boolean(), answering: z.literal(true).optional() }).nullable()),
      history: z.array(point),
      since: z.array(z.int().nonnegative()).optional(),
    })),
  })).min(1),
})
type Kept = z.infer<typeof keptSchema>

/** Everything but the arrays. */
export type KeptFind = Omit<Kept, 'format' | 'symbiotes'> & { step: number, steps: number, over: boolean }

export async function writeFindCheckpoint(path: string, about: Omit<KeptFind, 'step' | 'over'>, checkpoints: readonly SymbioteCheckpoint[]): Promise<void> {
  const tensors: Record<string, Tensor> = {}
  const { steps, ...rest } = about
  const symbiotes = checkpoints.map(({ step, over, state, streams, tasks }, k): Kept['symbiotes'][number] => {
    state.forEach((data, i) => { tensors[`${k}.state.${i}`] = { shape: [data.length], data } })
    tasks.forEach(({ best }, t) => best.forEach((one, s) => {
      if (one) tensors[`${k}.best.${t}.${s}`] = { shape: [one.gates.length], data: one.gates }
    }))
    return {
      step,
      steps,
      over,
      arrays: state.length,
      streams,
      tasks: tasks.map(({ smooth, best, history, since }) => ({ smooth, history, ...(since ? { since } : {}), best: best.map(one => one ? { seed: one.seed, values: one.values, size: one.size, held: one.held, ...(one.answering ? { answering: one.answering } : {}) } : null) })),
    }
  })
  const kept: Kept = { format: 'symbiote-find/1', ...rest, symbiotes }
  await writeSafetensors(path, tensors, { find: JSON.stringify(kept) })
}

/** What it is of, without its arrays: enough for a list. */
export async function inspectFindCheckpoint(path: string): Promise<KeptFind> {
  return aboutOf(keptOf((await readSafetensorsHeader(path)).metadata, path))
}

export async function readFindCheckpoint(path: string): Promise<{ about: KeptFind, checkpoints: SymbioteCheckpoint[] }> {
  const { tensors, metadata } = await readSafetensors(path)
  const kept = keptOf(metadata, path)
  const array = (name: string): Float32Array => {
    const data = tensors[name]?.data
    if (data instanceof Float32Array) return data
    throw damaged(path, `the array ${name} is missing`)
  }
  const checkpoints = kept.symbiotes.map(({ step, over, arrays, streams, tasks }, k): SymbioteCheckpoint => ({
    step,
    over,
    state: Array.from({ length: arrays }, (_, i) => array(`${k}.state.${i}`)),
    streams,
    tasks: tasks.map(({ smooth, best, history, since }, t) => ({
      smooth,
      ...(since ? { since } : {}),
      history: history.map(({ reference, ...one }) => ({ ...one, ...reference === undefined ? {} : { reference } })),
      best: best.map((one, s) => one === null ? undefined : bestOf(one, array(`${k}.best.${t}.${s}`))),
    })),
  }))
  return { about: aboutOf(kept), checkpoints }
}

type KeptBest = NonNullable<Kept['symbiotes'][number]['tasks'][number]['best'][number]>

function bestOf({ answering, ...one }: KeptBest, gates: Float32Array): SeedBest {
  return { ...one, gates, ...(answering ? { answering } : {}) }
}

function keptOf(metadata: Record<string, string>, path: string): Kept {
  const { find } = metadata
  if (find === undefined) throw damaged(path, 'it says of no find')
  return checkJson(find, path, keptSchema)
}

/** Where the last of its symbiotes stands. */
function aboutOf({ format: _, symbiotes, ...about }: Kept): KeptFind {
  const { step, steps, over } = symbiotes.at(-1)!
  return { ...about, step, steps, over }
}

function damaged(path: string, what: string): UserError {
  return new UserError({ code: 'file-damaged', message: `${path} is not what is kept of a cancelled find: ${what}.`, remedy: 'Restore it from a copy, or start the find anew.', path })
}
