/** Per-item gradient × weight over training items: what breaks ties between sites that as many seeds hold. */
import type { Subject } from './find'
import { gateGradients, towardsTargets } from '../judge/gateGradients'
import { openSubject } from '../judge/subject'

export async function attributionOf({ executor, circuits, request }: Subject): Promise<Float64Array> {
  const few = request.architecture.kind === 'transformer' ? 64 : 496
  const subject = await openSubject(executor, circuits, request.weights, request.task.train, { items: few, seed: request.seed })
  return gateGradients(subject, towardsTargets(subject), { each: true }).at(new Float32Array(circuits.slots.addresses.length).fill(1), async () => {})
}
