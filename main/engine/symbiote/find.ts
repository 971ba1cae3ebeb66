/**
 * Finds a circuit: checks that there is something to find, trains a symbiote, prunes what each seed came to, scores every candidate by
 * how many seeds hold it, and computes the certificate on items the training never saw.
 */
import type { FindContext, FindProgress, FindRequest, FindResult, SymbioteCheckpoint } from '../../../preload/contract/symbiote'
import type { Executor } from '../executor/executor'
import type { Rival } from './scoring'
import type { Subject } from './subject'
import type { Tell } from './telling'
import type { TrainingPlan, TrainingResult } from './training'
import { contextName } from '../../../preload/contract/symbiote'
import { attributionOf, tieBreak } from './attribution'
import { certify } from './certificate/certify'
import { reverseOf, withReverse } from './dissociation'
import { evidenceOf } from './evidence'
import { checkCircuits, checkFull, planOf, prunings } from './plan'
import { prune } from './prune'
import { applyReader, readerFile } from './reader'
import { circuitsOf, scoresOf } from './scoring'
import { named, withSubjects } from './subject'
import { teller } from './telling'
import { trainTogether } from './training'

export interface FindHooks {
  progress: (progress: FindProgress) => void
  /** A macrotask, so that a stimulation or a cancel gets its turn. */
  ready: () => Promise<void>
  cancelled: () => boolean
  /** Milliseconds, monotonic. */
  now: () => number
}

/**
 * With `contexts` one symbiote learns all of the tasks, and each comes out with its own circuit and certificate.
 * Throws `task-undone`, `nothing-to-find`, `sites-unfit`, `symbiote-diverged`, `circuit-empty`, `circuit-full`, `target-missing`, `nothing-to-steer`, `nothing-to-spare`.
 */
export async function findCircuit(executor: Executor, { from = [], ...request }: FindRequest, hooks: FindHooks): Promise<FindResult> {
  const first = await findOne(executor, request, hooks, from[0])
  if (request.objective !== 'dissociate' || first.found.state !== 'finished') return resumable(first.found, [first.checkpoint])
  const second = await findOne(executor, reverseOf(request), hooks, from[1])
  return resumable({ ...withReverse(first.found, second.found), state: second.found.state }, [first.checkpoint, second.checkpoint])
}

/** One that was cancelled before its first step is begun anew as well. */
function resumable(found: FindResult, checkpoints: readonly (SymbioteCheckpoint | undefined)[]): FindResult {
  const checkpoint = checkpoints.flatMap(one => one && one.step > 0 ? [one] : [])
  return found.state === 'cancelled' && checkpoint.length > 0 ? { ...found, checkpoint } : found
}

async function findOne(executor: Executor, { contexts = [], ...request }: FindRequest, hooks: FindHooks, from?: SymbioteCheckpoint): Promise<{ found: FindResult, checkpoint?: SymbioteCheckpoint }> {
  const requests = [request, ...contexts.map((context: FindContext): FindRequest => ({ ...request, ...context }))]
  const tell = teller(request.find, requests.length, hooks)
  return withSubjects(executor, requests, async (open) => {
    await tell(0)('checking', 0, 1)
    const { results: [first, ...others], checkpoint } = await search(await open(), hooks, tell, from)
    return { found: others.length > 0 ? { ...first, contexts: others } : first, ...(checkpoint ? { checkpoint } : {}) }
  })
}

/** What training came to, before it is judged. */
export interface Scored {
  plan: TrainingPlan
  trained: TrainingResult
  rivals: Rival[]
  attribution: Float64Array
  score: Float64Array
  membership: Float32Array
}

export async function scored(subject: Subject, hooks: Pick<FindHooks, 'cancelled'>, tell: Tell): Promise<Scored> {
  const { plans: [plan], trained: [trained] } = await train([subject], hooks, tell)
  return scoredAlone(subject, plan, trained, tell)
}

/** One symbiote on all of the subjects: a plan and a result for each. */
async function train(subjects: readonly Subject[], { cancelled }: Pick<FindHooks, 'cancelled'>, tell: Tell, from?: SymbioteCheckpoint): Promise<{ plans: TrainingPlan[], trained: TrainingResult[] }> {
  const [{ executor, request: { reader } }] = subjects
  const plans: TrainingPlan[] = []
  const together = subjects.length > 1 ? subjects.map(({ request: { task, target } }) => contextName(task.name, target)) : []
  for (const subject of subjects) plans.push(await planOf(subject, together))
  const [{ steps }] = plans
  if (reader) return { plans, trained: [await applyReader(executor, plans[0], reader)] }
  const trained = await trainTogether(executor, plans, {
    cancelled,
    step: async ({ step, gates, ...training }) => {
      await tell('training', step, steps, { training: { step, steps, ...training } }, gates)
    },
  }, from)
  return { plans, trained }
}

async function scoredAlone(subject: Subject, plan: TrainingPlan, trained: TrainingResult, tell: Tell): Promise<Scored> {
  const { circuits } = subject
  checkCircuits(plan, trained)
  await tell('measuring', 0, 1)
  const rivals = await circuitsOf(plan, trained, (members, term) => prune(members, { circuits, form: plan.form, term, tolerance: plan.tolerance, most: prunings(plan) }))
  checkFull(plan, rivals)
  const attribution = await attributionOf(subject)
  return { plan, trained, rivals, attribution, ...scoresOf(plan, rivals, trained, { ties: await tieBreak(subject, attribution), evidence: await evidenceOf(subject, rivals) }) }
}

async function search(subjects: readonly Subject[], hooks: FindHooks, tell: (context: number) => Tell, from?: SymbioteCheckpoint): Promise<{ results: FindResult[], checkpoint?: SymbioteCheckpoint }> {
  const start = hooks.now()
  const { plans, trained } = await train(subjects, hooks, tell(0), from)
  const trainingMs = hooks.now() - start
  const results: FindResult[] = []
  for (const [k, subject] of subjects.entries()) {
    results.push(await named(subject.request, subjects.length > 1, () => judged(subject, { plan: plans[k], trained: trained[k], trainingMs }, hooks, tell(k))))
  }
  const [{ checkpoint }] = trained
  return { results, ...(checkpoint ? { checkpoint } : {}) }
}

interface Training { plan: TrainingPlan, trained: TrainingResult, trainingMs: number }

/** Prunes, scores and certifies what training came to on one task. */
async function judged(subject: Subject, { plan, trained, trainingMs }: Training, hooks: FindHooks, tell: Tell): Promise<FindResult> {
  const { executor, request, circuits } = subject
  const start = hooks.now() - trainingMs
  const found = await scoredAlone(subject, plan, trained, tell)
  const { rivals, score, membership } = found
  const trainingSeconds = (hooks.now() - start) / 1000
  const cancelled = trained.cancelled || hooks.cancelled()
  const certified = await certify(subject, { ...found, cancelled, tell, cancelledNow: hooks.cancelled })
  const { certificate, member, gates, folded } = certified
  certificate.provenance = { executor: executor.name, device: executor.device, versions: executor.versions, seconds: (hooks.now() - start) / 1000 }
  return {
    state: cancelled ? 'cancelled' : 'finished',
    addresses: circuits.slots.addresses,
    score,
    member,
    membership,
    gates,
    rivals: rivals.map(({ seed, members, kl, accuracyKept }) => ({ seed, members, kl, accuracyKept })),
    budget: member.reduce((sum, m) => sum + m, 0) / member.length,
    history: trained.history,
    certificate,
    ...(request.family === 'reader' && !request.reader ? { reader: readerFile(plan, trained) } : {}),
    ...(folded ? { folded } : {}),
    seconds: { training: trainingSeconds, certificate: (hooks.now() - start) / 1000 - trainingSeconds },
  }
}
