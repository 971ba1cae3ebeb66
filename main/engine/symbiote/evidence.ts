import type { Behaviour } from './behaviour'
import type { Rival } from './scoring'
/**
 * How much taking a site out changes the answers, in the context where it changes them most: the full primary, or one of the seeds'
 * circuits. Copies of a redundant part do nothing when taken out of the full primary; in a circuit without the other copies they do
 * all. A member that is there by chance does as little in its circuit as anywhere. Outputs are compared with the context's own, and as
 * logits: where the primary is sure, a probability hardly moves whatever is taken out.
 */
import type { Subject } from './subject'
import { narrowed } from './answers'
import { FEW } from './circuits'
import { partOf } from './terms'

const ITEMS = { mlp: 512, cnn: 128, transformer: 32 } as const

/** Mean change of the task's logits as a share of their mean size, the largest over contexts, [candidates]; undefined where there are too many to take out. */
export async function evidenceOf({ circuits, train, request }: Subject, rivals: readonly Rival[]): Promise<Float64Array | undefined> {
  const n = circuits.slots.addresses.length
  const { kind } = request.architecture
  if (n + rivals.reduce((sum, { members }) => sum + members.length, 0) > FEW[kind]) return undefined
  const rows = Int32Array.from({ length: Math.min(ITEMS[kind], train.rows.length) }, (_, i) => i)
  const part = partOf(train, rows)
  const { classes } = circuits.model.outputs
  const evidence = new Float64Array(n)
  const everything = Int32Array.from({ length: n }, (_, i) => i)
  for (const members of [everything, ...rivals.map(rival => rival.members)]) {
    const context = new Float32Array(n)
    for (const i of members) context[i] = 1
    const without = Array.from(members, (one) => {
      const gates = context.slice()
      gates[one] = 0
      return gates
    })
    const [own, ...lesioned] = await circuits.logits(part.items, part.rows, [context, ...without])
    const base = centred(narrowed(own, classes, part.answers), part.answers.length)
    lesioned.forEach((logits, k) => { evidence[members[k]] = Math.max(evidence[members[k]], distance(base, centred(narrowed(logits, classes, part.answers), part.answers.length), part)) })
  }
  return evidence
}

/** Rows of logits less their mean, which no answer depends on. */
function centred(logits: Float32Array, answers: number): Float32Array {
  const result = new Float32Array(logits.length)
  for (let at = 0; at < logits.length; at += answers) {
    let sum = 0
    for (let a = 0; a < answers; a++) sum += logits[at + a]
    for (let a = 0; a < answers; a++) result[at + a] = logits[at + a] - sum / answers
  }
  return result
}

/** Mean size of the change, as a share of the mean size of what changed, over positions that count. */
function distance(before: Float32Array, after: Float32Array, { shares, answers }: Behaviour): number {
  let [change, size] = [0, 0]
  for (let i = 0; i < before.length; i++) {
    const share = shares[Math.floor(i / answers.length)]
    change += share * Math.abs(after[i] - before[i])
    size += share * Math.abs(before[i])
  }
  return size > 0 ? change / size : 0
}
