/** What breaks ties between sites that as many seeds hold: cheap maps of the full primary, over as many training items as time allows. */
import type { Subject } from './subject'
import { ranks } from '../../lib/statistics/ranks'
import { gateGradients, towardsTargets } from '../judge/gateGradients'
import { divergences, openSubject } from '../judge/subject'

/** Candidates that are taken out one by one, at most. */
const ABLATED = 4096
const ABLATED_IN_TRANSFORMER = 128

/** Per-item gradient × weight, [candidates]. */
export async function attributionOf({ executor, circuits, request }: Subject): Promise<Float64Array> {
  const items = request.architecture.kind === 'transformer' ? 64 : 2048
  const subject = await openSubject(executor, circuits, request.weights, request.task.train, { items, seed: request.seed })
  return gateGradients(subject, towardsTargets(subject), { each: true }).at(new Float32Array(circuits.slots.addresses.length).fill(1), async () => {})
}

/** Ranks in [0, 1): gradient × weight together with what taking the site out does, where there are few enough to take out. */
export async function tieBreak({ executor, circuits, request }: Subject, attribution: Float64Array): Promise<Float64Array> {
  const n = attribution.length
  const first = ranks(attribution)
  if (n > (request.architecture.kind === 'transformer' ? ABLATED_IN_TRANSFORMER : ABLATED)) return first.map(rank => (rank - 1) / n)
  const subject = await openSubject(executor, circuits, request.weights, request.task.train, { items: request.architecture.kind === 'transformer' ? 32 : 512, seed: request.seed })
  const second = ranks(await divergences(subject, Array.from({ length: n }, (_, one) => Float32Array.from({ length: n }, (_, i) => i === one ? 0 : 1))))
  return first.map((rank, i) => (rank + second[i] - 2) / (2 * n))
}
