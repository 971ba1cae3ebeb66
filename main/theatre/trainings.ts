/** The training the screen started: one at a time, told to the screen and to the session being recorded. */
import type { HostFunctions, TrainingInfo } from '../../preload/contract/rpc'
import type { BodyOf } from '../../preload/contract/session'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { LoadedPatient } from './loading'
import type { TrainingPlan } from './training'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { readCheckpoint } from '../files/checkpoint'
import { loadItems } from './loading'
import { recipeNamed } from './recipes'
import { TrainingRun } from './training'

type Request = Parameters<HostFunctions['train']>[0]

export class Trainings {
  readonly #engine: EngineClient
  readonly #places: Places
  readonly #changed: (info: TrainingInfo, event?: BodyOf<'training'>) => void
  #run: TrainingRun | undefined
  #ended: Promise<unknown> = Promise.resolve()

  constructor(engine: EngineClient, places: Places, changed: (info: TrainingInfo, event?: BodyOf<'training'>) => void) {
    this.#engine = engine
    this.#places = places
    this.#changed = changed
  }

  get running(): boolean {
    return this.#run !== undefined && !this.#run.over
  }

  get info(): TrainingInfo | undefined {
    return this.#run?.info
  }

  /** The primary in training as it is now, or was a few hundred steps ago. Throws `not-training`, `training-young`. */
  async snapshot(): Promise<LoadedPatient> {
    if (!this.#run || !this.running) throw new UserError({ code: 'not-training', message: 'No primary is being trained.', remedy: 'Open it among the patients, or start its training.' })
    return this.#run.snapshot()
  }

  /** Answers as soon as the run is under way. */
  async start(request: Request): Promise<TrainingInfo> {
    if (this.#run && this.running) throw new UserError({ code: 'training', message: `${this.#run.info.name} is being trained.`, remedy: 'Wait for it, or cancel it.' })
    const plan = await planOf(request, this.#places)
    const run = new TrainingRun(this.#engine, plan, {
      changed: info => this.#changed(info, info.state === 'running' ? undefined : eventOf(info)),
      progress: ({ step, loss, accuracy }) => this.#changed(run.info, { kind: 'training', run: run.info.run, state: 'progress', step, loss, ...(accuracy === undefined ? {} : { accuracy }) }),
    })
    this.#run = run
    this.#changed(run.info, { kind: 'training', run: run.info.run, state: plan.from ? 'resumed' : 'started', step: run.info.step })
    this.#ended = run.go()
    return run.info
  }

  async pause(paused: boolean): Promise<void> {
    await this.#run?.pause(paused)
  }

  async cancel(): Promise<void> {
    await this.#run?.cancel()
    await this.#ended
  }

  /** Cancels, so that the checkpoint is written and the run can be resumed. */
  close(): Promise<void> {
    return this.cancel().catch(() => {})
  }
}

function eventOf({ run, state, step }: TrainingInfo): BodyOf<'training'> {
  return { kind: 'training', run, state: state === 'diverged' ? 'failed' : state === 'running' ? 'progress' : state, step }
}

async function planOf({ recipe: recipeName, name, seed, steps, resume }: Request, { home }: Places): Promise<TrainingPlan> {
  const path = join(home, 'primaries', folderName(name))
  if (resume) return resumed(path)
  await requireFree(path, name)
  const recipe = recipeNamed(recipeName)
  const { architecture, dataset } = recipe
  return { ...recipe, path, name, recipe: recipeName, seed, steps: steps ?? recipe.steps, ...await splitsOf(dataset, architecture) }
}

/** Before hours of work, not after: a run never ends in front of a folder that is taken. */
export async function requireFree(path: string, name: string): Promise<void> {
  const held = await readdir(path).catch(() => [])
  if (held.length > 0) throw new UserError({ code: 'primary-exists', message: `There is already a primary or a run named ${name}.`, remedy: 'Choose another name, or resume that run.', path })
}

/** The run in a folder as it was started, from its last checkpoint. */
export async function resumed(path: string): Promise<TrainingPlan> {
  const from = await readCheckpoint(path)
  const { name, recipe, architecture, dataset, batch, learningRate, schedule, optimiser, seed, steps } = from.settings
  return { path, name, ...(recipe === undefined ? {} : { recipe }), architecture, dataset, batch, learningRate, schedule, ...(optimiser ? { optimiser } : {}), seed, steps, from, ...await splitsOf(dataset, architecture) }
}

export async function splitsOf(dataset: string, architecture: TrainingPlan['architecture']): Promise<Pick<TrainingPlan, 'train' | 'test' | 'kind'>> {
  const [train, test] = [await loadItems(dataset, architecture, 'train'), await loadItems(dataset, architecture, 'test')]
  return { train: train.items, test: test.items, kind: train.info.kind }
}

/** Letters, digits and hyphens of the name; it becomes a folder. */
export function folderName(name: string): string {
  const safe = name.normalize('NFKD').replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60)
  if (safe) return safe
  throw new UserError({ code: 'name-empty', message: `"${name}" leaves nothing to name a folder with.`, remedy: 'Use letters or digits.' })
}
