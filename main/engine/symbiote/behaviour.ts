/**
 * A task as the symbiote sees it: items, the answers compared, and the full primary's logits on them. Gives batches for
 * training and measures of circuits on held-out items. Plain doubles on the host.
 */
import type { Items } from '../../../preload/contract/engine'
import type { Circuits } from './circuits'
import { argmax, logSoftmax } from '../../lib/logits'
import { gatherMask, gatherTargets, itemCount } from '../task/items'
import { klDivergence } from '../task/measures'
import { narrowed } from './answers'

/** Items of a split with what the full primary answers. */
export interface Behaviour {
  items: Items
  rows: Int32Array
  answers: readonly number[]
  /** [rows · positions · answers], of the full primary. */
  logits: Float32Array
  positions: number
  /** [rows · positions], index into `answers`; −1 where the target is none of them. */
  targets: Int32Array
  /** [rows · positions], shares of an item that add up to 1; 0 where a position does not count. */
  shares: Float32Array
}

export async function behaviourOf(circuits: Circuits, items: Items, answers: readonly number[], most: number): Promise<Behaviour> {
  const rows = Int32Array.from({ length: Math.min(most, itemCount(items)) }, (_, i) => i)
  const { positions, classes } = circuits.model.outputs
  const [logits] = await circuits.logits(items, rows, [new Float32Array(circuits.slots.addresses.length).fill(1)])
  const index = new Map(answers.map((answer, i) => [answer, i]))
  const shares = positions === 1 ? new Float32Array(rows.length).fill(1) : gatherMask(items, rows)
  for (let row = 0; row < rows.length; row++) {
    const own = shares.subarray(row * positions, (row + 1) * positions)
    const total = own.reduce((sum, share) => sum + share, 0)
    own.forEach((share, t) => { own[t] = total > 0 ? share / total : 0 })
  }
  const targets = gatherTargets(items, rows).map(target => index.get(target) ?? -1)
  return { items, rows, answers, logits: narrowed(logits, classes, answers), positions, targets, shares }
}

/** Of the i-th row: log-probabilities of the full primary at each position. */
export function fullLogs({ logits, answers, positions }: Behaviour, i: number): Float64Array[] {
  const n = answers.length
  return Array.from({ length: positions }, (_, t) => logSoftmax(logits.subarray((i * positions + t) * n, (i * positions + t + 1) * n)))
}

/** Per item, [rows]; an item's is the mean over its positions that count. */
export interface ItemMeasures {
  kl: Float64Array
  /** Against the target. */
  right: Float64Array
  /** With the full primary's answer. */
  agrees: Float64Array
  /** Positions the full primary gets wrong, and those of them where the circuit gives the same wrong answer. */
  errors: number
  sameErrors: number
  /** −log p(target). */
  loss: Float64Array
}

/** @param circuit all classes' logits of the behaviour's rows, as `Circuits.logits` gives them */
export function measureCircuit(behaviour: Behaviour, circuit: Float32Array, classes: number): ItemMeasures {
  const { rows, answers, positions, targets, shares, logits } = behaviour
  const own = narrowed(circuit, classes, answers)
  const n = answers.length
  const found: ItemMeasures = { kl: new Float64Array(rows.length), right: new Float64Array(rows.length), agrees: new Float64Array(rows.length), loss: new Float64Array(rows.length), errors: 0, sameErrors: 0 }
  for (let j = 0; j < shares.length; j++) {
    const share = shares[j]
    if (share === 0) continue
    const i = Math.floor(j / positions)
    const [full, other] = [logits.subarray(j * n, (j + 1) * n), own.subarray(j * n, (j + 1) * n)]
    const q = logSoftmax(other)
    const [before, after] = [argmax(full), argmax(other)]
    found.kl[i] += share * klDivergence(logSoftmax(full), q)
    if (after === targets[j]) found.right[i] += share
    if (after === before) found.agrees[i] += share
    if (targets[j] >= 0) found.loss[i] -= share * q[targets[j]]
    if (before !== targets[j]) {
      found.errors++
      if (after === before) found.sameErrors++
    }
  }
  return found
}
