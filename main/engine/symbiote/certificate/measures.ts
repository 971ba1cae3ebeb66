/** Figures of one circuit on held-out items: parts 2 and 3 of the certificate. */
import type { Certificate, CircuitMeasures } from '../../../../preload/contract/symbiote'
import type { Behaviour } from '../behaviour'
import type { Circuits } from '../circuits'
import { effectOf, meanOf } from '../../task/measures'
import { measureCircuit } from '../behaviour'

/** What circuits are compared with: the full primary and the one with every candidate gone, on the same items. */
export interface Yardstick {
  circuits: Circuits
  behaviour: Behaviour
  full: Certificate['full']
  empty: Certificate['empty']
}

export async function yardstickOf(circuits: Circuits, behaviour: Behaviour): Promise<Yardstick> {
  const n = circuits.slots.addresses.length
  const { classes } = circuits.model.outputs
  const logits = await circuits.logits(behaviour.items, behaviour.rows, [new Float32Array(n).fill(1), new Float32Array(n)])
  const [full, empty] = logits.map(own => measureCircuit(behaviour, own, classes))
  return {
    circuits,
    behaviour,
    full: { accuracy: meanOf(full.right), loss: meanOf(full.loss), chance: chanceOf(behaviour) },
    empty: { kl: meanOf(empty.kl), accuracy: meanOf(empty.right) },
  }
}

/** Accuracy of always giving the commonest answer. */
export function chanceOf({ targets, shares, answers, rows }: Behaviour): number {
  const counts = new Float64Array(answers.length)
  targets.forEach((target, j) => { if (target >= 0) counts[target] += shares[j] })
  return Math.max(...counts) / rows.length
}

/** Of circuits given as gates of the candidates. */
export async function circuitMeasures({ circuits, behaviour, full, empty }: Yardstick, gates: readonly ArrayLike<number>[]): Promise<CircuitMeasures[]> {
  const { classes } = circuits.model.outputs
  const logits = await circuits.logits(behaviour.items, behaviour.rows, gates)
  return logits.map((own, k) => {
    const { kl, right, agrees, errors, sameErrors } = measureCircuit(behaviour, own, classes)
    const { mean, se } = effectOf(kl)
    const sorted = Float64Array.from(kl).sort()
    const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
    const accuracy = meanOf(right)
    return {
      sites: Array.from(gates[k]).filter(gate => gate !== 0).length,
      kl: { mean, se, q10: quantile(0.1), q50: quantile(0.5), q90: quantile(0.9), q99: quantile(0.99) },
      accuracy,
      accuracyKept: full.accuracy > 0 ? accuracy / full.accuracy : 0,
      agreement: meanOf(agrees),
      ...(errors > 0 ? { errorAgreement: { errors, agree: sameErrors } } : {}),
      faithfulness: empty.kl > 0 ? 1 - mean / empty.kl : 0,
    }
  })
}

/** Shares of the candidates at which the curve is taken. */
const SHARES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

/** Faithfulness by size, the best-scored sites first; with the area under it and its mean distance from 1, over log share (Mueller et al. 2025). */
export async function curveOf(yardstick: Yardstick, score: ArrayLike<number>): Promise<Pick<Certificate, 'curve' | 'cpr' | 'cmd'>> {
  const n = score.length
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => score[b] - score[a])
  const sizes = SHARES.map(share => Math.round(share * n))
  const gates = sizes.map((size) => {
    const own = new Float32Array(n)
    for (const i of order.slice(0, size)) own[i] = 1
    return own
  })
  const measures = await circuitMeasures(yardstick, gates)
  const curve = measures.map(({ kl, faithfulness, accuracy }, k) => ({ share: SHARES[k], sites: sizes[k], kl: kl.mean, faithfulness, accuracy }))
  let [cpr, cmd, whole] = [0, 0, 0]
  for (let k = 1; k < curve.length; k++) {
    const width = Math.log(curve[k].share / curve[k - 1].share)
    const [a, b] = [curve[k - 1].faithfulness, curve[k].faithfulness]
    cpr += width * (a + b) / 2
    cmd += width * (Math.abs(1 - a) + Math.abs(1 - b)) / 2
    whole += width
  }
  return { curve, cpr: cpr / whole, cmd: cmd / whole }
}
