/**
 * The certificate of a circuit, computed on held-out items: which circuit is meant, its eight parts, and the verdict. A part that was
 * not run says so; a circuit is never certified on parts that were not run.
 */
import type { Certificate, CertificatePart, FindRequest } from '../../../../preload/contract/symbiote'
import type { Weights } from '../folding'
import type { Rival } from '../scoring'
import type { Subject } from '../subject'
import type { Tell } from '../telling'
import type { TrainingPlan, TrainingResult } from '../training'
import { itemCount } from '../../task/items'
import { agreementOf, stabilityOf } from './comparing'
import { controlsOf } from './controls'
import { circuitMeasures, curveOf, yardstickOf } from './measures'
import { minimalityOf } from './minimality'
import { againstRandom } from './random'
import { steeringOf } from './steering'
import { partsOf, verdictOf } from './verdict'

export interface Found {
  plan: TrainingPlan
  rivals: Rival[]
  trained: TrainingResult
  score: Float64Array
  membership: Float32Array
  attribution: Float64Array
  cancelled: boolean
  tell: Tell
  cancelledNow: () => boolean
}

export async function certify(subject: Subject, found: Found): Promise<{ certificate: Certificate, member: Uint8Array, gates: Float32Array, folded?: Weights }> {
  const { request, yardstick, circuits } = subject
  const { plan, rivals, tell } = found
  const n = circuits.slots.addresses.length
  const { member, gates } = await chooseCircuit(subject, found)
  const part = Uint8Array.from(member)
  const rest = part.map(m => 1 - m)
  const [circuit, complement] = await circuitMeasures(yardstick, [part, rest])
  const alone = await circuitMeasures(yardstick, rivals.map(({ members }) => indicator(n, members)))
  rivals.forEach((rival, i) => { rival.accuracyKept = alone[i].accuracyKept })
  await tell('measuring', 1, 2)
  const curve = await curveOf(yardstick, found.score)
  const more: Partial<Certificate> = {}
  const full = request.certificate === 'full'
  const steered = plan.form === 'steer'
  const on = (): boolean => !found.cancelled && !found.cancelledNow()
  if (full && on() && !steered) more.random = await againstRandom(yardstick, part, request.seed, share => tell('random circuits', share, 1))
  if (on() && !steered && circuit.sites > 0) more.minimality = await minimalityOf(yardstick, part, request.seed, share => tell('minimality', share, 1))
  if (full && on() && !steered) more.controls = await controlsOf(subject, plan, circuit.sites / n, share => tell('controls', share, 1))
  if (rivals.length > 1) more.stability = stabilityOf(rivals, found.membership)
  await tell('comparing', 0, 1)
  const steering = on() ? await steeringOf(subject, gates, found) : undefined
  const certificate: Certificate = {
    format: 'symbiote-certificate/1',
    asked: askedOf(request, subject, plan),
    full: yardstick.full,
    empty: yardstick.empty,
    circuit,
    ...curve,
    complement,
    ...more,
    agreement: on() ? await agreementOf(subject, part, found.score, found.attribution) : [],
    ...(request.objective === 'dissociate' || subject.references.length > 0 ? { matrix: await lesionMatrix(subject, rest) } : {}),
    ...(steering ? { steering: steering.report } : {}),
    parts: [],
    verdict: { certified: false, sentence: '', weakest: 'faithfulness' },
    provenance: { executor: '', device: '', versions: {}, seconds: 0 },
  }
  const parts: CertificatePart[] = partsOf(certificate)
  return { certificate: { ...certificate, parts, verdict: verdictOf(certificate, parts) }, member, gates, ...(steering?.folded ? { folded: steering.folded } : {}) }
}

function indicator(n: number, members: ArrayLike<number>): Uint8Array {
  const own = new Uint8Array(n)
  for (let i = 0; i < members.length; i++) own[members[i]] = 1
  return own
}

/**
 * The smallest circuit that holds, of all seeds. Where the rest of the network still does the task without it, its parts have
 * doubles elsewhere: then the circuit is all that any seed needed, if that leaves the rest with less.
 */
async function chooseCircuit({ yardstick, circuits }: Subject, { rivals, trained, plan }: Found): Promise<{ member: Uint8Array, gates: Float32Array }> {
  const n = circuits.slots.addresses.length
  const order = rivals.map((_, s) => s).sort((a, b) => Number(rivals[b].held) - Number(rivals[a].held) || Number(rivals[b].answering) - Number(rivals[a].answering) || rivals[a].members.length - rivals[b].members.length || rivals[a].value - rivals[b].value)
  const best = rivals[order[0]]
  const one = indicator(n, best.members)
  if (plan.form === 'steer') return { member: one, gates: Float32Array.from(trained.seeds[order[0]].gates, (gate, i) => one[i] === 1 ? gate : 1) }
  const union = indicator(n, rivals.filter(({ held }) => held).flatMap(({ members }) => [...members]))
  const [without, withoutAny] = await circuitMeasures(yardstick, [one.map(m => 1 - m), union.map(m => 1 - m)])
  const { accuracy, chance } = yardstick.full
  const redundant = plan.form === 'keep' && plan.budget === undefined && without.accuracy - chance > 0.15 * (accuracy - chance) && withoutAny.accuracy < without.accuracy
  const member = redundant ? union : one
  return { member, gates: Float32Array.from(member, m => (m === 1) === (plan.form === 'keep') ? 1 : 0) }
}

function askedOf(request: FindRequest, { circuits, train, heldOut, references }: Subject, { steps, together }: TrainingPlan): Certificate['asked'] {
  const { sites, baseline, objective, family, budget, target, seeds, seed, task } = request
  return {
    sites: typeof sites === 'string' ? sites : `${sites.length} addresses`,
    candidates: circuits.slots.addresses.length,
    baseline,
    positions: 'all',
    objective,
    family,
    budget,
    ...(target === undefined ? {} : { target }),
    seeds,
    seed,
    steps,
    task: { name: task.name, train: Math.min(train.rows.length, itemCount(task.train)), heldOut: heldOut.rows.length },
    references: request.references.slice(0, references.length).map(({ name }) => name),
    classes: [...train.answers],
    ...(together.length > 0 ? { together: [...together] } : {}),
  }
}

/** Accuracy by lesion and task. */
async function lesionMatrix({ circuits, request, references, heldOut }: Subject, without: Uint8Array): Promise<NonNullable<Certificate['matrix']>> {
  const columns: number[][] = []
  for (const behaviour of [heldOut, ...references.map(reference => reference.heldOut)]) {
    const yardstick = await yardstickOf(circuits, behaviour)
    columns.push([yardstick.full.accuracy, (await circuitMeasures(yardstick, [without]))[0].accuracy])
  }
  return { lesions: ['none', 'the circuit'], tasks: [request.task.name, ...request.references.map(({ name }) => name)], accuracy: [0, 1].map(row => columns.map(column => column[row])) }
}
