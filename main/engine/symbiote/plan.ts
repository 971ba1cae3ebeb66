import type { Circuits } from './circuits'
/** How a symbiote is trained on what was asked, and whether what training came to can be judged. */
import type { Rival } from './scoring'
import type { Subject } from './subject'
import type { Schedule, TrainingPlan, TrainingResult } from './training'
import { UserError } from '../../../preload/contract/errors'
import { percent } from '../../lib/percent'
import { isMany } from './circuits'
import { descriptorsOf } from './descriptors'
import { familyNet } from './families'
import { FORMS } from './terms'

const BATCH = { mlp: 128, cnn: 64, transformer: 12 } as const
/** What the behaviour may lose, as a share of what it loses with every candidate gone. Noise in place of the rest of a network costs as much. */
const TOLERANCE = 0.1
/**
 * Copies of a redundant part are held by different seeds, which repel each other. Among very many candidates everything has copies, so seeds that
 * avoid each other would each hold the second best.
 */
const SCHEDULES: Record<'few' | 'many', Schedule> = {
  few: { first: 0.01, last: 0.3, repulsion: 1, measurements: 40 },
  many: { first: 0.3, last: 0.3, repulsion: 0, measurements: 80, patience: 6 },
}
/** Largest stimulation: gates reach 1 + κ. */
const KAPPA = 1
/** Log α that gates begin with: open, or half-way where sites are pushed both ways. */
const START = { keep: 2, remove: 2, steer: -1 } as const
/**
 * How the symbiote is trained on a subject.
 * @param together names of the tasks that one symbiote learns side by side, where they are several; all of them have the net of the first
 */
export async function planOf(subject: Subject, together: readonly string[] = []): Promise<TrainingPlan> {
  const { request, circuits, terms } = subject
  const { slots } = circuits
  const form = FORMS[request.objective]
  const channels = form === 'steer' ? 2 : 1
  const descriptors = request.family === 'reader' ? await descriptorsOf(subject) : new Float32Array(slots.count)
  return {
    circuits,
    net: familyNet(request.family, { slots: slots.count, channels, contexts: Math.max(1, together.length), descriptors: descriptors.length / slots.count, start: START[form] }),
    form,
    channels,
    kappa: form === 'steer' ? KAPPA : 0,
    terms,
    together,
    seeds: request.seeds,
    seed: request.seed,
    steps: request.steps ?? stepsFor(circuits),
    batch: BATCH[request.architecture.kind],
    tolerance: TOLERANCE,
    schedule: isMany(circuits) && form !== 'steer' ? SCHEDULES.many : SCHEDULES.few,
    ...(request.budget === 'auto' ? {} : { budget: request.budget }),
    descriptors,
  }
}

/** A handful of gates is settled soon; among thousands the pressure must rise slowly for the right ones to be left. Training ends before when nothing more can go. */
function stepsFor(circuits: Circuits): number {
  const candidates = circuits.slots.addresses.length
  return candidates <= 64 ? 120 : candidates <= 1024 ? 800 : isMany(circuits) ? 2000 : 1000
}

/** Circuits that pruning may measure: what a minute allows. */
export function prunings({ circuits: { model } }: TrainingPlan): number {
  return model.architecture.kind === 'transformer' ? 400 : model.architecture.kind === 'cnn' ? 2000 : 8000
}

/** Throws `circuit-empty`, `budget-unmet`. */
export function checkCircuits({ circuits, form, budget }: TrainingPlan, { seeds }: TrainingResult): void {
  const n = circuits.slots.addresses.length
  if (form === 'steer' || n < 2) return
  if (seeds.every(({ size }) => size === 0)) throw new UserError({ code: 'circuit-empty', message: 'Every seed ended on an empty circuit: the pressure closed all candidates before the behaviour was caught.', remedy: 'Give more --steps, or another baseline.' })
  if (budget !== undefined && seeds.every(({ held }) => !held)) throw new UserError({ code: 'budget-unmet', message: `No seed came down to the budget of ${percent(budget)} of ${n} sites; the smallest circuit has ${Math.min(...seeds.map(({ size }) => size))}.`, remedy: 'Give more --steps, a larger --budget, or leave it auto.' })
}

/** Throws `circuit-full`. */
export function checkFull({ circuits, form, budget }: TrainingPlan, rivals: readonly Rival[]): void {
  const n = circuits.slots.addresses.length
  if (form !== 'keep' || budget !== undefined || n < 2 || rivals.some(({ members }) => members.length < n)) return
  throw new UserError({ code: 'circuit-full', message: `Every seed needs all ${n} candidates: none of them can be left out without the behaviour suffering, or the training was too short to leave any out.`, remedy: 'Give more --steps, or candidates of a finer kind.' })
}
