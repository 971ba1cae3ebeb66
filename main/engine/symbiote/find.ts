/**
 * Finds a circuit: checks that there is something to find, trains a symbiote, prunes what each seed came to, scores every candidate by
 * how many seeds hold it, and computes the certificate on items the training never saw.
 */
import type { FindPhase, FindProgress, FindRequest, FindResult } from '../../../preload/contract/symbiote'
import type { Executor } from '../executor/executor'
import type { Behaviour } from './behaviour'
import type { Yardstick } from './certificate/measures'
import type { Circuits } from './circuits'
import type { Rival } from './scoring'
import type { SteeringQuestion } from './steering'
import type { Term } from './terms'
import type { TrainingPlan, TrainingResult } from './training'
import { UserError } from '../../../preload/contract/errors'
import { percent } from '../../lib/percent'
import { uploadTensor } from '../executor/executor'
import { modelOf } from '../primary/models'
import { answersOfTask } from './answers'
import { attributionOf, tieBreak } from './attribution'
import { behaviourOf } from './behaviour'
import { certify } from './certificate/certify'
import { yardstickOf } from './certificate/measures'
import { openCircuits } from './circuits'
import { descriptorsOf } from './descriptors'
import { reverseOf, withReverse } from './dissociation'
import { evidenceOf } from './evidence'
import { familyNet } from './families'
import { prune } from './prune'
import { applyReader, readerFile } from './reader'
import { circuitsOf, scoresOf } from './scoring'
import { slotsOf } from './slots'
import { questionOf } from './steering'
import { FORMS, termsOf } from './terms'
import { trainSymbiote } from './training'

export interface FindHooks {
  progress: (progress: FindProgress) => void
  /** A macrotask, so that a stimulation or a cancel gets its turn. */
  ready: () => Promise<void>
  cancelled: () => boolean
  /** Milliseconds, monotonic. */
  now: () => number
}

const PROGRESS_MS = 200
/** Items that a task is learned on and judged on, at most. Tokens of an item cost as much as items. */
const ITEMS = { mlp: [4096, 2048], cnn: [2048, 1024], transformer: [512, 256] } as const
const BATCH = { mlp: 128, cnn: 64, transformer: 12 } as const
/** What the behaviour may lose, as a share of what it loses with every candidate gone. Noise in place of the rest of a network costs as much. */
const TOLERANCE = 0.1
/** Largest stimulation: gates reach 1 + κ. */
const KAPPA = 1
/** Log α that gates begin with: open, or half-way where sites are pushed both ways. */
const START = { keep: 2, remove: 2, steer: -1 } as const
/** Of an answer's way from chance to always right, what a primary must have gone for its task to be worth asking about. */
const ABLE = 0.2
/** Shares of the whole by time, for progress. */
const PHASES: Partial<Record<FindPhase, [from: number, to: number]>> = { 'checking': [0, 0.03], 'training': [0.03, 0.55], 'measuring': [0.55, 0.65], 'random circuits': [0.65, 0.75], 'minimality': [0.75, 0.8], 'controls': [0.8, 0.95], 'comparing': [0.95, 1] }

/** Everything a find works on, open on the executor. */
export interface Subject {
  executor: Executor
  request: FindRequest
  circuits: Circuits
  train: Behaviour
  heldOut: Behaviour
  references: { train: Behaviour, heldOut: Behaviour }[]
  yardstick: Yardstick
  terms: Term[]
  /** Of `steer`. */
  question?: SteeringQuestion
}

/** Throws `task-undone`, `nothing-to-find`, `sites-unfit`, `symbiote-diverged`, `circuit-empty`, `circuit-full`, `target-missing`, `nothing-to-steer`, `nothing-to-spare`. */
export async function findCircuit(executor: Executor, request: FindRequest, hooks: FindHooks): Promise<FindResult> {
  const found = await findOne(executor, request, hooks)
  return request.objective === 'dissociate' && found.state === 'finished' ? withReverse(found, await findOne(executor, reverseOf(request), hooks)) : found
}

async function findOne(executor: Executor, request: FindRequest, hooks: FindHooks): Promise<FindResult> {
  const tell = teller(request.find, hooks)
  return withSubject(executor, request, async (open) => {
    await tell('checking', 0, 1)
    return search(await open(), hooks, tell)
  })
}

/** Opens what a find works on, and frees it whatever happens; `open` checks the task. */
export async function withSubject<T>(executor: Executor, request: FindRequest, use: (open: () => Promise<Subject>) => Promise<T>): Promise<T> {
  const { architecture, weights, task } = request
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: task.train.inputs.shape[1] })
  const slots = slotsOf(request.sites, model)
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  try {
    const circuits = await openCircuits(executor, model, parameters, slots, request.baseline, task.train)
    try {
      return await use(() => subjectOf(executor, request, circuits))
    }
    finally {
      circuits.dispose()
    }
  }
  finally {
    executor.free(...parameters)
  }
}

async function subjectOf(executor: Executor, request: FindRequest, circuits: Circuits): Promise<Subject> {
  const [most, held] = ITEMS[request.architecture.kind]
  const open = async ({ train, test }: FindRequest['task']): Promise<{ train: Behaviour, heldOut: Behaviour }> => {
    // What is steered to is to be answered instead of every other class, not only of the task's.
    const answers = request.objective === 'steer' ? Array.from({ length: circuits.model.outputs.classes }, (_, c) => c) : answersOfTask(train, circuits.model)
    return { train: await behaviourOf(circuits, train, answers, most), heldOut: await behaviourOf(circuits, test, answers, held) }
  }
  const { train, heldOut } = await open(request.task)
  const yardstick = await yardstickOf(circuits, heldOut)
  checkTask(request, yardstick, train)
  const references: { train: Behaviour, heldOut: Behaviour }[] = []
  for (const reference of request.references) references.push(await open(reference))
  const terms = await termsOf(request.objective, circuits, train, references.map(reference => reference.train), request.target)
  const { objective, task, target, seed } = request
  // Before minutes of work: whether there is anything to steer and to spare.
  const question = objective === 'steer' ? questionOf(task, request.references, circuits.model, { target: target!, seed }) : undefined
  return { executor, request, circuits, train, heldOut, references, yardstick, terms, ...(question ? { question } : {}) }
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

export async function scored(subject: Subject, { cancelled }: Pick<FindHooks, 'cancelled'>, tell: Tell): Promise<Scored> {
  const { executor, request, circuits } = subject
  const plan = await planOf(subject)
  const trained = request.reader
    ? await applyReader(executor, plan, request.reader)
    : await trainSymbiote(executor, plan, {
        cancelled,
        step: async ({ step, gates, ...training }) => {
          await tell('training', step, plan.steps, { training: { step, steps: plan.steps, ...training } }, gates)
        },
      })
  checkCircuits(plan, trained)
  await tell('measuring', 0, 1)
  const rivals = await circuitsOf(plan, trained, (members, term) => prune(members, { circuits, form: plan.form, term, tolerance: plan.tolerance, most: prunings(plan) }))
  checkFull(plan, rivals)
  const attribution = await attributionOf(subject)
  return { plan, trained, rivals, attribution, ...scoresOf(plan, rivals, trained, { ties: await tieBreak(subject, attribution), evidence: await evidenceOf(subject, rivals) }) }
}

async function search(subject: Subject, hooks: FindHooks, tell: Tell): Promise<FindResult> {
  const { executor, request, circuits } = subject
  const start = hooks.now()
  const found = await scored(subject, hooks, tell)
  const { plan, trained, rivals, score, membership } = found
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

/** How the symbiote is trained on a subject. */
export async function planOf(subject: Subject): Promise<TrainingPlan> {
  const { request, circuits, terms } = subject
  const { slots } = circuits
  const form = FORMS[request.objective]
  const channels = form === 'steer' ? 2 : 1
  const descriptors = request.family === 'reader' ? await descriptorsOf(subject) : new Float32Array(slots.count)
  return {
    circuits,
    net: familyNet(request.family, { slots: slots.count, channels, contexts: 1, descriptors: descriptors.length / slots.count, start: START[form] }),
    form,
    channels,
    kappa: form === 'steer' ? KAPPA : 0,
    terms,
    seeds: request.seeds,
    seed: request.seed,
    steps: request.steps ?? stepsFor(slots.addresses.length),
    batch: BATCH[request.architecture.kind],
    tolerance: TOLERANCE,
    ...(request.budget === 'auto' ? {} : { budget: request.budget }),
    descriptors,
  }
}

/** A handful of gates is settled soon; among thousands the pressure must rise slowly for the right ones to be left. */
function stepsFor(candidates: number): number {
  return candidates <= 64 ? 120 : candidates <= 1024 ? 800 : 1000
}

/** Circuits that pruning may measure: what a minute allows. */
function prunings({ circuits: { model } }: TrainingPlan): number {
  return model.architecture.kind === 'transformer' ? 400 : model.architecture.kind === 'cnn' ? 2000 : 8000
}

function checkTask({ task, objective, target }: FindRequest, { full }: Yardstick, { answers }: Behaviour): void {
  if (objective === 'steer' && (target === undefined || !answers.includes(target))) {
    throw new UserError({ code: 'target-missing', message: target === undefined ? 'To steer, a target class is needed.' : `Class ${target} is none of the answers of ${task.name} (${answers.join(', ')}).`, remedy: `Give one of ${answers.slice(0, 12).join(', ')} with --target.` })
  }
  if (objective !== 'steer' && full.accuracy < full.chance + ABLE * (1 - full.chance)) {
    throw new UserError({ code: 'task-undone', message: `The primary does not do the task ${task.name}: it is right on ${percent(full.accuracy)} of held-out items, and always giving the commonest answer on ${percent(full.chance)}.`, remedy: 'Choose a task the primary was trained on, or a primary that does this one.' })
  }
}

function checkCircuits({ circuits, form, budget }: TrainingPlan, { seeds }: TrainingResult): void {
  const n = circuits.slots.addresses.length
  if (form === 'steer' || n < 2) return
  if (seeds.every(({ size }) => size === 0)) throw new UserError({ code: 'circuit-empty', message: 'Every seed ended on an empty circuit: the pressure closed all candidates before the behaviour was caught.', remedy: 'Give more --steps, or another baseline.' })
  if (budget !== undefined && seeds.every(({ held }) => !held)) throw new UserError({ code: 'budget-unmet', message: `No seed came down to the budget of ${percent(budget)} of ${n} sites; the smallest circuit has ${Math.min(...seeds.map(({ size }) => size))}.`, remedy: 'Give more --steps, a larger --budget, or leave it auto.' })
}

function checkFull({ circuits, form, budget }: TrainingPlan, rivals: readonly Rival[]): void {
  const n = circuits.slots.addresses.length
  if (form !== 'keep' || budget !== undefined || n < 2 || rivals.some(({ members }) => members.length < n)) return
  throw new UserError({ code: 'circuit-full', message: `Every seed needs all ${n} candidates: none of them can be left out without the behaviour suffering, or the training was too short to leave any out.`, remedy: 'Give more --steps, or candidates of a finer kind.' })
}

export type Tell = (phase: FindPhase, done: number, total: number, more?: Pick<FindProgress, 'training'>, gates?: () => Promise<Float32Array>) => Promise<void>

/** Tells of progress a few times a second and lets others in. */
function teller(find: string, { now, progress, ready }: FindHooks): Tell {
  const start = now()
  let told = -Infinity
  let last: FindPhase | undefined
  return async (phase, done, total, more = {}, gates) => {
    const time = now()
    if (phase !== last || time - told >= PROGRESS_MS || done === total) {
      told = time
      last = phase
      const [from, to] = PHASES[phase] ?? [0, 1]
      const values = gates ? { gates: Uint8Array.from(await gates(), gate => Math.min(255, Math.max(0, Math.round(100 * gate)))) } : {}
      progress({ find, phase, share: from + (to - from) * done / Math.max(1, total), done, total, seconds: (time - start) / 1000, ...more, ...values })
    }
    await ready()
  }
}
