/**
 * Part 6, negative controls: the same procedure, at the size it came to, where there is nothing to find. On a primary with reset weights
 * a circuit cannot do the task; on shuffled labels a circuit that does it on held-out items would have been made up by the training.
 */
import type { Certificate, ControlOutcome } from '../../../../preload/contract/symbiote'
import type { Behaviour } from '../behaviour'
import type { Subject } from '../subject'
import type { TrainingPlan } from '../training'
import { percent } from '../../../lib/percent'
import { randomStream } from '../../../lib/random'
import { uploadTensor } from '../../executor/executor'
import { behaviourOf } from '../behaviour'
import { openCircuits } from '../circuits'
import { familyNet } from '../families'
import { termsOf } from '../terms'
import { appliedGates, trainSymbiote } from '../training'
import { circuitMeasures, yardstickOf } from './measures'

/** Of the run's steps; its size is given, so there is no size to be searched. */
const STEPS = 0.5
/** What a circuit must reach to pass, as in the verdict. */
export const KEPT = 0.95
export const FAITHFUL = 0.8

export async function controlsOf(subject: Subject, plan: TrainingPlan, share: number, turn: (share: number) => Promise<void>): Promise<NonNullable<Certificate['controls']>> {
  const resetWeights = await onResetWeights(subject, plan, share, part => turn(part / 2))
  const shuffledLabels = await onShuffledLabels(subject, plan, share, part => turn(0.5 + part / 2))
  return { resetWeights, shuffledLabels }
}

type Turn = (share: number) => Promise<void>

async function onResetWeights(subject: Subject, plan: TrainingPlan, share: number, turn: Turn): Promise<ControlOutcome> {
  const { executor, request, circuits: { model, slots } } = subject
  const initial = model.initialWeights(request.seed + 7919)
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, initial[name] ?? request.weights[name]))
  const circuits = await openCircuits(executor, model, parameters, slots, request.baseline, request.task.train)
  try {
    const open = async (behaviour: Behaviour): Promise<Behaviour> => behaviourOf(circuits, behaviour.items, behaviour.answers, behaviour.rows.length)
    return await control({ ...subject, circuits, train: await open(subject.train), heldOut: await open(subject.heldOut) }, plan, share, turn)
  }
  finally {
    circuits.dispose()
    executor.free(...parameters)
  }
}

/** The full primary's answers, given to the wrong items. */
async function onShuffledLabels(subject: Subject, plan: TrainingPlan, share: number, turn: Turn): Promise<ControlOutcome> {
  return control({ ...subject, train: shuffled(subject.train, subject.request.seed), heldOut: shuffled(subject.heldOut, subject.request.seed + 1) }, plan, share, turn)
}

async function control(subject: Subject, plan: TrainingPlan, share: number, turn: Turn): Promise<ControlOutcome> {
  const { executor, circuits, train, heldOut, request } = subject
  const yardstick = await yardstickOf(circuits, heldOut)
  const terms = await termsOf('sufficient', circuits, train, []).catch(() => undefined)
  if (!terms) return { certified: false, reason: 'there is no behaviour to find a circuit of', accuracyKept: 0, share }
  const steps = Math.max(20, Math.round(STEPS * plan.steps))
  const own: TrainingPlan = {
    ...plan,
    circuits,
    terms,
    form: 'keep',
    channels: 1,
    kappa: 0,
    net: familyNet('free', { slots: circuits.slots.count, channels: 1, contexts: 1, descriptors: 1, start: 2 }),
    descriptors: new Float32Array(circuits.slots.count),
    seeds: 1,
    seed: request.seed + 101,
    steps,
    budget: Math.max(share, 1 / circuits.slots.addresses.length),
  }
  const { seeds: [found] } = await trainSymbiote(executor, own, { cancelled: () => false, step: async ({ step }) => turn(step / steps) })
  const [measures] = await circuitMeasures(yardstick, [appliedGates('keep', found.gates)])
  const { chance } = yardstick.full
  const does = measures.accuracy > chance + 0.2 * (1 - chance)
  const faithful = measures.faithfulness >= FAITHFUL
  const certified = does && faithful && measures.accuracyKept >= KEPT
  const { errorAgreement } = measures
  return {
    certified,
    reason: certified ? 'it passed, which it must not' : !does ? `its circuit is right on ${percent(measures.accuracy)} of held-out items, where chance is ${percent(chance)}` : !faithful ? `its circuit is faithful to ${percent(measures.faithfulness)} only` : `its circuit keeps ${percent(measures.accuracyKept)} of the accuracy only`,
    accuracyKept: measures.accuracyKept,
    ...(errorAgreement ? { errorAgreement: errorAgreement.agree / errorAgreement.errors } : {}),
    share,
  }
}

/** Answers and targets of another item each; inputs stay. */
function shuffled(behaviour: Behaviour, seed: number): Behaviour {
  const { positions, answers, rows } = behaviour
  const order = randomStream(seed, 'certificate/shuffled').permutation(rows.length)
  const move = <T extends Float32Array | Int32Array>(from: T, each: number): T => {
    const to = from.slice() as T
    order.forEach((source, i) => to.set(from.subarray(source * each, (source + 1) * each), i * each))
    return to
  }
  return { ...behaviour, logits: move(behaviour.logits, positions * answers.length), targets: move(behaviour.targets, positions), shares: move(behaviour.shares, positions) }
}
