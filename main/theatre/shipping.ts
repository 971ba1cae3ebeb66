/**
 * Makes the primaries that ship: trains a recipe, seed after seed, until its circuit is verified. What fails is kept in the
 * user's own folder, marked as failed, and never takes the place of what ships.
 */
import type { RecipeName } from '../../preload/contract/primary'
import type { TrainingInfo } from '../../preload/contract/rpc'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { CheckResult } from './check'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { readPrimary, writePrimary } from '../files/primary'
import { checkPrimary } from './check'
import { loadPatient } from './loading'
import { recipes } from './recipes'
import { TrainingRun } from './training'
import { splitsOf } from './trainings'

export interface ShippingOptions {
  places: Places
  /** Folder that gets a folder named like the recipe. */
  out: string
  seeds: number[]
  progress: (info: TrainingInfo) => void
  /** What became of a seed. */
  tried: (seed: number, seconds: number, result: CheckResult) => void
  signal: AbortSignal
}

export interface Made { path: string, seed: number, seconds: number, check: CheckResult }

/** Throws `circuit-missing` when no seed brings the circuit about. */
export async function makeShipped(engine: EngineClient, name: RecipeName, options: ShippingOptions): Promise<Made> {
  const { places, out, seeds, signal } = options
  const recipe = recipes[name]
  const splits = await splitsOf(recipe.dataset, recipe.architecture)
  for (const seed of seeds) {
    const path = join(places.home, 'primaries', `${name}-${seed}`)
    await rm(path, { recursive: true, force: true })
    const run = new TrainingRun(engine, { ...recipe, ...splits, recipe: name, name, path, seed }, { changed: options.progress, progress: () => {} })
    const stop = (): void => void run.cancel()
    signal.addEventListener('abort', stop, { once: true })
    const result = await run.go()
    signal.removeEventListener('abort', stop)
    if (run.info.state !== 'finished' || !result) throw new UserError({ code: 'training-failed', message: run.info.message ?? `${name} was not trained to its end.`, remedy: 'Start it again.', path })
    const check = await checkPrimary(engine, await loadPatient(path, places))
    options.tried(seed, result.seconds, check)
    await mark(path, path, check)
    if (!check.passed) continue
    await mark(path, join(out, name), check)
    await rm(path, { recursive: true, force: true })
    return { path: join(out, name), seed, seconds: result.seconds, check }
  }
  throw new UserError({ code: 'circuit-missing', message: `${name}: no circuit with seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}.`, remedy: `What was trained is kept in ${join(places.home, 'primaries')}, marked as failed; try other seeds with --seed.` })
}

/** Says in the primary's own file what its check gave. */
async function mark(from: string, to: string, { recipe, passed, scores }: CheckResult): Promise<void> {
  const { file, weights } = await readPrimary(from)
  await writePrimary(to, { file: { ...file, provenance: { ...file.provenance, circuit: { recipe, passed, scores: rounded(scores) } } }, weights }, { replace: true })
}

function rounded(scores: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(scores).map(([name, value]) => [name, Number(value.toPrecision(6))]))
}
