/** A reader as a file, and a reader applied to a primary it was not trained on: no step of training is taken. */
import type { ReaderFile } from '../../../preload/contract/symbiote'
import type { Executor } from '../executor/executor'
import type { TrainingPlan, TrainingResult } from './training'
import { UserError } from '../../../preload/contract/errors'
import { DESCRIPTORS } from './descriptors'
import { compileLogits } from './step'
import { termValues } from './terms'
import { appliedGates, candidateGates } from './training'

const ARRAYS = ['hidden.0.weight', 'hidden.0.bias', 'hidden.1.weight', 'hidden.1.bias', 'out.weight', 'out.bias'] as const

/** Of the seed that came closest. */
export function readerFile({ net, circuits: { slots } }: TrainingPlan, { learned, seeds }: TrainingResult): ReaderFile {
  const best = seeds.map((_, s) => s).sort((a, b) => seeds[a].values[0] - seeds[b].values[0])[0]
  return {
    format: 'symbiote-reader/1',
    sites: kindOf(slots.blocks[0].kind),
    descriptors: [...DESCRIPTORS],
    weights: Object.fromEntries(ARRAYS.map((name, k) => [name, { shape: [...net.shapes[k]], data: [...learned[best][k]] }])),
  }
}

/** Throws `reader-unfit` for a reader of other sites or other descriptors. */
export async function applyReader(executor: Executor, plan: TrainingPlan, file: ReaderFile): Promise<TrainingResult> {
  const { net, circuits, terms, form } = plan
  checkReader(plan, file)
  const { slots } = circuits
  const arrays = ARRAYS.map((name, k) => executor.upload(Float32Array.from(file.weights[name].data), [1, ...net.shapes[k]]))
  const descriptors = executor.upload(plan.descriptors, [slots.count, DESCRIPTORS.length])
  const [logits] = await compileLogits(executor, net)([...arrays, descriptors])
  const values = await executor.download(logits)
  executor.free(...arrays, descriptors, logits)
  const gates = candidateGates(plan, values)
  const soft = Float32Array.from(slots.slotOf, slot => 1 / (1 + Math.exp(-values[slot])))
  const [value] = await termValues(circuits, terms[0], [appliedGates(form, gates)])
  return {
    seeds: [{ seed: plan.seed, gates, soft, values: [value], size: gates.reduce((sum, m) => sum + (m > 0.5 ? 1 : 0), 0), held: value <= plan.tolerance }],
    history: [],
    learned: [ARRAYS.map(name => Float32Array.from(file.weights[name].data))],
    cancelled: false,
  }
}

function checkReader({ net, circuits: { slots } }: TrainingPlan, { sites, descriptors, weights }: ReaderFile): void {
  const own = kindOf(slots.blocks[0].kind)
  if (sites !== own) throw unfit(`it reads ${sites}, and these candidates are ${own}`, `Use a reader that was trained on ${own}.`)
  if (descriptors.join() !== DESCRIPTORS.join()) throw unfit('it reads other descriptors than this version measures', 'Train it again with this version.')
  ARRAYS.forEach((name, k) => {
    const size = net.shapes[k].reduce((a, b) => a * b, 1)
    const given = weights[name]?.data
    if (given?.length !== size || !given.every(Number.isFinite)) throw unfit(`its array ${name} does not hold ${size} finite numbers`, 'Restore the file from a copy, or train the reader again.')
  })
}

/** Edges of an mlp are weights to a reader. */
function kindOf(kind: string): string {
  return kind === 'cells' ? 'cells' : kind === 'stream' ? 'stream edges' : 'weights'
}

function unfit(why: string, remedy: string): UserError {
  return new UserError({ code: 'reader-unfit', message: `The reader does not fit: ${why}.`, remedy })
}
