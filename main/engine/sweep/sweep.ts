import type { Measure } from '../../../preload/contract/engine'
/**
 * One effect per site for a set of sites. Every effect is paired: the same items with and without, the difference of the
 * measure item by item, then mean, standard error and n. Partial results survive a cancel.
 */
import type { Intervention } from '../../../preload/contract/intervention'
import type { Disagreement, SweepProgress, SweepRequest, SweepResult } from '../../../preload/contract/sweep'
import type { Executor } from '../executor/executor'
import type { Answers } from './rowMeasures'
import type { Job, Prepared, SweepEngine, SweepSubject } from './subject'
import { UserError } from '../../../preload/contract/errors'
import { sitesToSweep } from '../../../preload/contract/sweepSites'
import { randomStream } from '../../lib/random'
import { targetAt } from '../stimulation/targets'
import { effectOf, meanOf, measureItems, MEASURES } from '../task/measures'
import { disagreementOf } from './disagreement'
import { modelSweep } from './modelSweep'
import { answersOf, DIFFERENTIABLE, itemMeasure } from './rowMeasures'

export interface SweepHooks {
  progress: (progress: SweepProgress) => void
  /** A macrotask, so that a stimulation or a cancel gets its turn. */
  ready: () => Promise<void>
  cancelled: () => boolean
  /** Milliseconds, monotonic. */
  now: () => number
}

const PROGRESS_MS = 150
/** Longest the engine is kept from answering anything else. */
const TURN_MS = 30
/** Sites an estimate is compared with the exact sweep on. */
const SAMPLE = 64
const STEPS = 16
const NAMED_AT_ONCE = 4096

export async function sweep(executor: Executor, subject: SweepSubject, request: SweepRequest, hooks: SweepHooks): Promise<SweepResult> {
  const { measure, method, items } = request
  const estimated = method === 'attribution' || method === 'integrated'
  if (estimated && !DIFFERENTIABLE.includes(measure)) throw withoutGradient(measure)
  const began = hooks.now()
  const jobs = await jobsOf(request, subject, hooks)
  const engine = await modelSweep(executor, subject, items, measure)
  try {
    const prepared = method === 'slow'
      ? allSlow(jobs)
      : estimated ? await engine.estimate(jobs, method === 'integrated' ? request.steps ?? STEPS : undefined) : await engine.exact(jobs)
    const start = hooks.now()
    const found = await collect(subject, request, jobs, prepared, hooks)
    const seconds = (hooks.now() - start) / 1000
    const disagreement = estimated && found.done > 1 ? await compare(subject, request, engine, jobs, found.mean, hooks) : undefined
    return {
      ...found,
      state: found.done < jobs.length ? 'cancelled' : 'finished',
      sites: jobs.length,
      items: items.length,
      baseline: measuresOf(engine.logits, answersOf(subject.model, subject.items, items)),
      seconds,
      preparationSeconds: (start - began) / 1000,
      ...(disagreement ? { disagreement } : {}),
    }
  }
  finally {
    engine.dispose()
  }
}

/** Hundreds of thousands of weights take a while to name, and others get their turn meanwhile. */
async function jobsOf({ sites, operation }: SweepRequest, { model }: SweepSubject, { ready }: SweepHooks): Promise<Job[]> {
  const jobs: Job[] = []
  for (const { address, site } of sitesToSweep(sites, model.architecture)) {
    jobs.push([targetAt(site, { site: address, ...operation }, model)])
    if (jobs.length % NAMED_AT_ONCE === 0) await ready()
  }
  return jobs
}

function allSlow(jobs: readonly Job[]): Prepared {
  return { slow: [...jobs.keys()], run: async () => {} }
}

async function collect(subject: SweepSubject, request: Pick<SweepRequest, 'sweep' | 'measure' | 'items'>, jobs: readonly Job[], prepared: Prepared, hooks: SweepHooks): Promise<Pick<SweepResult, 'mean' | 'se' | 'done'>> {
  const mean = new Float64Array(jobs.length).fill(Number.NaN)
  const se = new Float64Array(jobs.length).fill(Number.NaN)
  let done = 0
  const turn = turns(hooks, () => ({ sweep: request.sweep, done, total: jobs.length }))
  const keep = (place: number, differences: ArrayLike<number>): void => {
    const effect = effectOf(differences)
    mean[place] = effect.mean
    se[place] = effect.se
    done++
  }
  await prepared.run(keep, turn)
  for (const place of prepared.slow) {
    if (!await turn()) break
    keep(place, await slowDifferences(subject, request, jobs[place][0].intervention))
  }
  await turn(true)
  return { mean, se, done }
}

/** The difference per item by a full run through the path that stimulations take. */
export async function slowDifferences({ stimulate, model, items: data }: SweepSubject, { items, measure }: Pick<SweepRequest, 'items' | 'measure'>, intervention: Intervention): Promise<Float64Array> {
  const { outputs, pairedOutputs } = await stimulate({ set: { interventions: [intervention], compose: false }, focus: items[0], battery: items })
  // The focus item stands first.
  const answers = answersOf(model, data, Int32Array.of(items[0], ...items))
  const [before, after] = [spread(pairedOutputs, answers), spread(outputs, answers)]
  const of = itemMeasure(measure, before, answers)
  const size = answers.classes * answers.positions
  return Float64Array.from(items, (_, i) => of(after, (i + 1) * size, i + 1) - of(before, (i + 1) * size, i + 1))
}

/** A stimulation answers with the logits that count; puts each at its place. */
function spread(counted: Float32Array, { classes, targets, shares }: Answers): Float32Array {
  if (counted.length === targets.length * classes) return counted
  const logits = new Float32Array(targets.length * classes)
  let from = 0
  for (let i = 0; i < targets.length; i++) {
    if (shares && shares[i] === 0) continue
    logits.set(counted.subarray(from, from += classes), i * classes)
  }
  return logits
}

/** Tells of progress a few times a second and lets others in; answers whether to go on. */
function turns({ now, progress, ready, cancelled }: SweepHooks, state: () => Omit<SweepProgress, 'seconds'>): (last?: boolean) => Promise<boolean> {
  const start = now()
  let told = -Infinity
  let rested = start
  return async (last = false) => {
    const time = now()
    if (last || time - told >= PROGRESS_MS) {
      told = time
      progress({ ...state(), seconds: (time - start) / 1000 })
    }
    if (time - rested >= TURN_MS) {
      await ready()
      rested = now()
    }
    return !cancelled()
  }
}

/** The estimate beside the exact sweep on a sample of its sites. */
async function compare(subject: SweepSubject, request: SweepRequest, engine: SweepEngine, jobs: readonly Job[], estimates: Float64Array, hooks: SweepHooks): Promise<Disagreement> {
  const reached = jobs.map((_, i) => i).filter(i => !Number.isNaN(estimates[i]))
  const order = randomStream(1, 'sweep/sample').permutation(reached.length)
  const sample = Array.from(order.subarray(0, SAMPLE), i => reached[i]).sort((a, b) => a - b)
  const some = sample.map(i => jobs[i])
  const exact = await collect(subject, request, some, await engine.exact(some), { ...hooks, progress: () => {}, cancelled: () => false })
  return disagreementOf(sample.map(i => estimates[i]), exact.mean)
}

/** Means of every measure of the unstimulated primary. */
export function measuresOf(logits: Float32Array, { targets, classes, positions, shares }: Answers): Record<Measure, number> {
  const columns = measureItems(logits, logits, { targets, classes, positions, ...(shares ? { mask: shares } : {}) })
  return Object.fromEntries(MEASURES.map(measure => [measure, meanOf(columns[measure].before)])) as Record<Measure, number>
}

function withoutGradient(measure: Measure): UserError {
  return new UserError({
    code: 'measure-unfit',
    message: `Attribution follows a gradient, and ${measure} has none worth following: ${measure === 'kl' ? 'it is zero where the primary stands' : 'it counts answers'}.`,
    remedy: `Measure ${DIFFERENTIABLE.join(', ')}, or sweep with the method exact.`,
  })
}
