/**
 * Objectives as sums of terms, each a cross-entropy to something over some items: answers of a primary (keep), or one class (target). A
 * behaviour is abolished by keeping the answers of the primary with every candidate gone: even odds, which its biases may put
 * out of reach, are not asked for. Each is divided by what it is where the symbiote does
 * nothing useful, so that every term is 1 there and a tolerance means the same on every primary; of steer, by what a miss costs.
 */
import type { Objective } from '../../../preload/contract/symbiote'
import type { Stream } from '../../lib/random'
import type { Behaviour } from './behaviour'
import type { Circuits } from './circuits'
import { UserError } from '../../../preload/contract/errors'
import { argmax } from '../../lib/logits'
import { gatherInputs } from '../task/items'
import { meanOf } from '../task/measures'
import { narrowed } from './answers'
import { fullLogs, measureCircuit } from './behaviour'
import { isMany } from './circuits'

export interface Term {
  kind: 'keep' | 'target'
  /** `rest`: what the primary does without the circuit, where that is asked beside what the circuit does. */
  role: 'behaviour' | 'rest' | 'reference'
  behaviour: Behaviour
  /** Rows it is trained on, indices into the behaviour's rows. */
  rows: Int32Array
  target?: number
  /** Whether right answers that are lost are counted as well. */
  answers?: true
  /** Its value where nothing useful is done; of steer, of a miss. */
  unit: number
}

/** How membership m in [0, 1] becomes a gate: the circuit alone stays (m), it alone is taken out (1 − m), or it is pushed both ways. */
export type Form = 'keep' | 'remove' | 'steer'

export const FORMS: Record<Objective, Form> = { sufficient: 'keep', necessary: 'remove', dissociate: 'remove', steer: 'steer' }

/** Least distance, in nats, that a behaviour must have from none for there to be something to find. */
const LEAST = 1e-3
const WITHOUT_WEIGHT = 'The candidates do not matter for this task: with all of them at their baseline the answers stay as they are'

/**
 * Nats that an item not answered with the target costs at the least. Steering is counted in them, what it reaches and what it
 * spoils alike: then a tolerance is the share of items that may be missed, however far from the target the primary was.
 */
const MISSED = Math.LN2

/** Terms of an objective with their units measured. Throws `nothing-to-find`. */
export async function termsOf(objective: Objective, circuits: Circuits, task: Behaviour, references: readonly Behaviour[], target?: number): Promise<Term[]> {
  const n = circuits.slots.addresses.length
  const whole = new Float32Array(n).fill(1)
  const nothing = new Float32Array(n)
  const all = (behaviour: Behaviour): Int32Array => behaviour.rows.map((_, i) => i)
  const keep = async (behaviour: Behaviour, role: Term['role'], rows = all(behaviour)): Promise<Term> => withUnit(circuits, { kind: 'keep', role, behaviour, rows }, nothing)
  const abolished = async (role: Term['role']): Promise<Term> => withUnit(circuits, { kind: 'keep', role, behaviour: await emptied(circuits, task, nothing), rows: all(task) }, whole)
  switch (objective) {
    case 'sufficient': {
      const behaviour = found(await keep(task, 'behaviour'), WITHOUT_WEIGHT)
      // Of very many candidates a part does the task and leaves enough for another to do it; of few, seeds look for those and are put together.
      return isMany(circuits) ? [{ ...behaviour, answers: true }, await abolished('rest')] : [behaviour]
    }
    case 'necessary':
    case 'dissociate': return [
      found(await abolished('behaviour'), WITHOUT_WEIGHT),
      ...await Promise.all(references.map(reference => keep(reference, 'reference'))),
    ]
    case 'steer': {
      const aim = task.answers.indexOf(target!)
      const others = all(task).filter(i => task.targets[i * task.positions] !== aim)
      const already = all(task).filter(i => task.targets[i * task.positions] === aim)
      const elsewhere = references.length > 0 ? await Promise.all(references.map(reference => keep(reference, 'reference'))) : already.length > 0 ? [await keep(task, 'reference', already)] : []
      const steered = found(await withUnit(circuits, { kind: 'target', role: 'behaviour', behaviour: task, rows: others, target: aim }, whole), 'The primary gives the target answer already')
      return [steered, ...elsewhere].map(term => ({ ...term, unit: MISSED }))
    }
    default: return objective satisfies never
  }
}

/** The same items with the answers of the primary without any candidate. */
async function emptied(circuits: Circuits, task: Behaviour, nothing: Float32Array): Promise<Behaviour> {
  const [logits] = await circuits.logits(task.items, task.rows, [nothing])
  return { ...task, logits: narrowed(logits, circuits.model.outputs.classes, task.answers) }
}

function found(term: Term, why: string): Term {
  if (term.unit > LEAST) return term
  throw new UserError({ code: 'nothing-to-find', message: `${why} (${term.unit.toPrecision(2)} nats).`, remedy: 'Choose another kind of site, another baseline, or another task.' })
}

async function withUnit(circuits: Circuits, term: Omit<Term, 'unit'>, gates: Float32Array): Promise<Term> {
  const [value] = await termValues(circuits, { ...term, unit: 1 }, [gates])
  // A reference that nothing can hurt weighs nothing.
  return { ...term, unit: Math.max(value, 1e-6) }
}

/** Of a term: its value in its units, and of the full primary's right answers the share that is lost, where that is asked. */
export interface Measured { value: number, missed: number }

/**
 * Of the right answers, how many a circuit of very many candidates may lose. With so many it ends as close to the primary as it must be and no
 * closer, and what is close enough in nats may miss more answers than a certificate bears.
 */
export const MISSING = 0.03

/** Of each of some circuits. At most 512 rows. */
export async function measured(circuits: Circuits, term: Term, gates: readonly ArrayLike<number>[], most = 512): Promise<Measured[]> {
  const { behaviour } = term
  const rows = term.rows.slice(0, most)
  const logits = await circuits.logits(behaviour.items, rows.map(i => behaviour.rows[i]), gates)
  const part = partOf(behaviour, rows)
  const { classes } = circuits.model.outputs
  // Against the wanted distribution as if a primary had given it.
  const given = term.kind === 'keep' ? part : { ...part, logits: oneHot(part.logits.length, behaviour.answers.length, term.target!) }
  const before = term.answers ? rightOf(part) : 0
  return logits.map((own) => {
    const { kl, right } = measureCircuit(given, own, classes)
    return { value: meanOf(kl) / term.unit, missed: before > 0 ? Math.max(0, 1 - meanOf(right) / before) : 0 }
  })
}

/** Value of a term, in its units, for each of some circuits. At most 512 rows. */
export async function termValues(circuits: Circuits, term: Term, gates: readonly ArrayLike<number>[], most = 512): Promise<number[]> {
  return (await measured(circuits, term, gates, most)).map(({ value }) => value)
}

/** Accuracy of the full primary. */
function rightOf({ targets, shares, logits, answers, rows }: Behaviour): number {
  const n = answers.length
  return targets.reduce((sum, target, j) => sum + (shares[j] > 0 && argmax(logits.subarray(j * n, (j + 1) * n)) === target ? shares[j] : 0), 0) / rows.length
}

/** Some rows of a behaviour. */
export function partOf(behaviour: Behaviour, rows: Int32Array): Behaviour {
  const { positions, answers } = behaviour
  const gather = <T extends Float32Array | Int32Array>(from: T, each: number): T => {
    const data = new (from.constructor as Float32ArrayConstructor)(rows.length * each) as T
    rows.forEach((row, i) => data.set(from.subarray(row * each, (row + 1) * each), i * each))
    return data
  }
  return { ...behaviour, rows: rows.map(i => behaviour.rows[i]), logits: gather(behaviour.logits, positions * answers.length), targets: gather(behaviour.targets, positions), shares: gather(behaviour.shares, positions) }
}

/** Logits so far apart that the target has all of the probability. */
function oneHot(size: number, n: number, target: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => i % n === target ? 60 : 0)
}

export interface Batch {
  inputs: Float32Array<ArrayBuffer>
  rows: Int32Array
  /** Wanted probability times the share, [rows · positions, classes], and Σ p log p of it. */
  wanted: Float32Array<ArrayBuffer>
  entropy: number
}

/** Random rows of a term; their mean is what the term is. */
export function drawBatch({ behaviour, rows, kind, target }: Term, size: number, classes: number, { integer }: Stream): Batch {
  const { answers, positions, shares, items } = behaviour
  const picked = Int32Array.from({ length: size }, () => rows[integer(rows.length)])
  const wanted = new Float32Array(size * positions * classes)
  let entropy = 0
  picked.forEach((row, i) => {
    const logs = kind === 'keep' ? fullLogs(behaviour, row) : undefined
    for (let t = 0; t < positions; t++) {
      const share = shares[row * positions + t] / size
      if (share === 0) continue
      for (let a = 0; a < answers.length; a++) {
        const p = logs ? Math.exp(logs[t][a]) : a === target ? 1 : 0
        wanted[(i * positions + t) * classes + answers[a]] = share * p
        if (p > 0) entropy += share * p * (logs ? logs[t][a] : Math.log(p))
      }
    }
  })
  const source = picked.map(row => behaviour.rows[row])
  return { inputs: gatherInputs(items, source), rows: source, wanted, entropy }
}
