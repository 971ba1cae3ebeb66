/** Trains a primary and writes it as a folder. Ctrl-C keeps a checkpoint that --resume goes on from. */
import type { TrainingInfo } from '../../../preload/contract/rpc'
import type { TrainingPlan } from '../../theatre/training'
import type { Command, Invocation } from '../command'
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { UserError } from '../../../preload/contract/errors'
import { architectureSchema } from '../../../preload/contract/primary'
import { checkJson } from '../../files/json'
import { readPrimary } from '../../files/primary'
import { recipeNamed, recipes } from '../../theatre/recipes'
import { TrainingRun } from '../../theatre/training'
import { requireFree, resumed, splitsOf } from '../../theatre/trainings'
import { integerOption, Interrupted, requiredOption, UsageError } from '../command'

export const train: Command = {
  summary: 'train a primary',
  usage: '(--recipe NAME | --architecture FILE --dataset DATASET) [--seed 1] [--steps N] [--resume] --out DIR',
  options: {
    recipe: { type: 'string' },
    architecture: { type: 'string' },
    dataset: { type: 'string' },
    steps: { type: 'string' },
    resume: { type: 'boolean' },
    out: { type: 'string' },
  },
  positionals: { min: 0, max: 0 },
  run: async (invocation) => {
    const { workstation, progress, signal, say } = invocation
    const plan = await planOf(invocation)
    const engine = workstation.engine()
    const { executor, device } = await engine.ready()
    say(`training ${plan.name} with ${executor} on ${device}: ${plan.train.inputs.shape[0].toLocaleString('en')} items, ${plan.steps.toLocaleString('en')} steps of ${plan.batch}, seed ${plan.seed}`)

    let message: string | undefined
    const run = new TrainingRun(engine, plan, {
      changed: (info: TrainingInfo) => {
        if (info.message !== undefined && info.message !== message) say(info.message)
        message = info.message
      },
      progress: ({ step, steps, loss, accuracy }) => progress.update(step, steps, `loss ${loss.toFixed(4)}${accuracy === undefined ? '' : ` · test accuracy ${(100 * accuracy).toFixed(2)} %`}`),
    })
    signal.addEventListener('abort', () => void run.cancel())
    const start = performance.now()
    const result = await run.go()
    progress.end()
    const { state, path } = run.info
    if (state === 'cancelled') throw new Interrupted(`Stopped at step ${run.info.step}; go on with: symbiote train --resume --out ${path}`)
    if (!result || state !== 'finished') throw new UserError({ code: 'training-failed', message: run.info.message ?? 'The training failed.', remedy: state === 'diverged' ? '' : 'Mend that and use --resume.', path })

    const seconds = (performance.now() - start) / 1000
    const { weightsSha256 } = await readPrimary(path)
    const steps = result.checkpoint.step
    return {
      json: { out: path, steps, seconds, msPerStep: 1000 * result.seconds / (steps - (plan.from?.checkpoint.step ?? 0)), executor, device, metrics: result.metrics, weightsSha256 },
      text: `${path}: ${steps} steps in ${seconds.toFixed(1)} s, test accuracy ${(100 * result.metrics.testAccuracy).toFixed(2)} %, weights ${weightsSha256.slice(0, 12)}…`,
    }
  },
}

async function planOf(invocation: Invocation): Promise<TrainingPlan> {
  const { options } = invocation
  const path = resolve(requiredOption(invocation, 'out'))
  if (options.resume) return resumed(path)
  const seed = integerOption(invocation, 'seed') ?? 1
  const steps = integerOption(invocation, 'steps', { min: 1 })
  if (typeof options.recipe === 'string' && options.architecture !== undefined) throw new UsageError('Give --recipe or --architecture, not both.')
  await requireFree(path, basename(path))
  if (typeof options.recipe === 'string') {
    const recipe = recipeNamed(options.recipe)
    return { ...recipe, recipe: options.recipe, steps: steps ?? recipe.steps, path, name: options.recipe, seed, ...await splitsOf(recipe.dataset, recipe.architecture) }
  }
  if (options.architecture === undefined) throw new UsageError(`--recipe (${Object.keys(recipes).join(', ')}) or --architecture is missing.`)
  const file = resolve(String(options.architecture))
  const architecture = checkJson(await readFile(file, 'utf8').catch((error: Error) => { throw unreadable(file, error) }), file, architectureSchema)
  const dataset = requiredOption(invocation, 'dataset')
  const { batch, learningRate, schedule, steps: usual } = recipes.digits
  return { architecture, dataset, batch, learningRate, schedule, steps: steps ?? usual, path, name: basename(path), seed, ...await splitsOf(dataset, architecture) }
}

function unreadable(path: string, cause: Error): UserError {
  return new UserError({ code: 'file-unreadable', message: `${path} cannot be read: ${cause.message}.`, remedy: 'Give the file with the architecture as JSON.', path }, { cause })
}
