/** A reader as a file, and a reader applied to a primary it was not trained on: no step of training is taken. */
import type { ReaderFile } from '../../../preload/contract/symbiote'
import type { Executor } from '../executor/executor'
import type { FamilyNet } from './families'
import type { Slots } from './slots'
import type { TrainingPlan, TrainingResult } from './training'
import { UserError } from '../../../preload/contract/errors'
import { DESCRIPTORS } from './descriptors'
import { compileLogits } from './step'
import { termValues } from './terms'
import { appliedGates, candidateGates } from './training'

const ARRAYS = ['hidden.0.weight', 'hidden.0.bias', 'hidden.1.weight', 'hidden.1.bias', 'out.weight', 'out.bias'] as const
/** Ratio of a circuit's size to the one before, looking for the smallest that does. */
const STRIDE = 1.1

/** Of the seed that came closest. */
export function readerFile({ net, circuits: { slots } }: TrainingPlan, { learned, seeds }: TrainingResult): ReaderFile {
  const best = seeds.map((_, s) => s).sort((a, b) => seeds[a].values[0] - seeds[b].values[0])[0]
  return fileOf(kindOf(slots), net.shapes, learned[best])
}

/** @param about the primaries it was trained on, where they were several */
export function fileOf(sites: string, shapes: FamilyNet['shapes'], learned: readonly Float32Array[], about: Pick<ReaderFile, 'primaries' | 'baseline'> = {}): ReaderFile {
  return {
    format: 'symbiote-reader/1',
    sites,
    descriptors: [...DESCRIPTORS],
    ...about,
    weights: Object.fromEntries(ARRAYS.map((name, k) => [name, { shape: [...shapes[k]], data: [...learned[k]] }])),
  }
}

/** log α of sites from their descriptors, [rows · descriptors]. */
export async function readLogits(executor: Executor, net: FamilyNet, learned: readonly Float32Array[], descriptors: Float32Array): Promise<Float32Array> {
  const arrays = learned.map((data, k) => executor.upload(Float32Array.from(data), [1, ...net.shapes[k]]))
  const input = executor.upload(Float32Array.from(descriptors), [descriptors.length / DESCRIPTORS.length, DESCRIPTORS.length])
  const [logits] = await compileLogits(executor, net)([...arrays, input])
  const values = await executor.download(logits)
  executor.free(...arrays, input, logits)
  return values
}

/** Throws `reader-unfit` for a reader of other sites or other descriptors. */
export async function applyReader(executor: Executor, plan: TrainingPlan, file: ReaderFile): Promise<TrainingResult> {
  const { net, circuits: { slots }, terms, form, seed, tolerance } = plan
  checkReader(plan, file)
  const learned = ARRAYS.map(name => Float32Array.from(file.weights[name].data))
  const values = await readLogits(executor, net, learned, plan.descriptors)
  const gates = form === 'steer' ? candidateGates(plan, values) : await smallest(plan, Float32Array.from(slots.slotOf, slot => values[slot]))
  const soft = Float32Array.from(slots.slotOf, slot => 1 / (1 + Math.exp(-values[slot])))
  const [value] = await termValues(plan.circuits, terms[0], [form === 'steer' ? gates : appliedGates(form, gates)])
  return {
    seeds: [{ seed, gates, soft, values: [value], size: gates.reduce((sum, m) => sum + (m > 0.5 ? 1 : 0), 0), held: value <= tolerance }],
    history: [],
    learned: [learned],
    cancelled: false,
  }
}

/**
 * Membership [candidates] of the smallest circuit of the best-scored sites that keeps the behaviour (or, taken out, abolishes it): a reader knows
 * the order from other primaries, and how much is enough is measured on this one. With a budget, of as many as that.
 */
async function smallest({ circuits, terms, form, tolerance, budget }: TrainingPlan, logits: Float32Array): Promise<Float32Array> {
  const n = logits.length
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a])
  const best = (size: number): Float32Array => {
    const membership = new Float32Array(n)
    for (const i of order.slice(0, size)) membership[i] = 1
    return membership
  }
  if (budget !== undefined) return best(Math.max(1, Math.round(budget * n)))
  const sizes: number[] = []
  for (let size = 1; size < n; size = Math.max(size + 1, Math.round(STRIDE * size))) sizes.push(size)
  const values = await termValues(circuits, terms[0], sizes.map(size => appliedGates(form, best(size))))
  const enough = values.findIndex(value => value <= tolerance)
  return best(enough < 0 ? n : sizes[enough])
}

function checkReader({ net, circuits: { slots } }: TrainingPlan, { sites, descriptors, weights }: ReaderFile): void {
  const own = kindOf(slots)
  if (sites !== own) throw unfit(`it reads ${sites}, and these candidates are ${own}`, `Use a reader that was trained on ${own}.`)
  if (descriptors.join() !== DESCRIPTORS.join()) throw unfit('it reads other descriptors than this version measures', 'Train it again with this version.')
  ARRAYS.forEach((name, k) => {
    const size = net.shapes[k].reduce((a, b) => a * b, 1)
    const given = weights[name]?.data
    if (given?.length !== size || !given.every(Number.isFinite)) throw unfit(`its array ${name} does not hold ${size} finite numbers`, 'Restore the file from a copy, or train the reader again.')
  })
}

/** Edges of an mlp are weights to a reader. */
export function kindOf({ blocks: [{ kind }] }: Slots): string {
  return kind === 'cells' ? 'cells' : kind === 'stream' ? 'stream edges' : 'weights'
}

function unfit(why: string, remedy: string): UserError {
  return new UserError({ code: 'reader-unfit', message: `The reader does not fit: ${why}.`, remedy })
}
