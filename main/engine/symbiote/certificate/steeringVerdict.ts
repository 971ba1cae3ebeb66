import type { Steering, SteeringMethod } from '../../../../preload/contract/steering'
import type { Certificate } from '../../../../preload/contract/symbiote'
/** What a dose came to, in a sentence: its success, what it does to the others, and whether its rivals do less. */
import { percent } from '../../../lib/percent'

/** A dose of which fewer of the items come to the target has not done what was asked. */
const REACHED = 0.9

export function steeringSentence({ circuit, asked, steering }: Certificate): string {
  if (!steering) return 'A dose is judged by its success and side effects beside its rivals, and they were not measured.'
  const { rows, target } = steering
  const [untouched, gates] = (['untouched', 'gates'] as const).map(name => rows.find(({ method }) => method === name)!)
  const reached = gates.success >= REACHED ? 'Steered' : 'Not steered'
  return `${reached}: pushing ${circuit.sites.toLocaleString('en')} ${asked.sites} by a dose of ${gates.dose!.toPrecision(3)} brings the answer ${target} on ${percent(gates.success)} of held-out items (${percent(untouched.success)} before), at KL ${nats(gates.klOthers.mean)} on the others, which keep ${percent(gates.accuracyOthers)} of ${percent(untouched.accuracyOthers)} right. ${against(steering, 'steering vector', 'the steering vector')} ${against(steering, 'fine-tuning, sparing', 'fine-tuning that spares the others')}`
}

/** With the rival at its best: the least it does to the others with at least the success of the gates, at equal dose or not. */
function against({ rows, absent }: Steering, method: SteeringMethod, name: string): string {
  const gates = rows.find(row => row.method === 'gates')!
  const own = gates.klOthers.mean
  const [rival] = rows.filter(row => row.method === method && row.trainSuccess >= gates.trainSuccess).map(({ klOthers }) => klOthers.mean).sort((a, b) => a - b)
  if (rival !== undefined) return `That is ${own < rival ? 'better' : own > rival ? 'worse' : 'no better'} than ${name} with as much success (KL ${nats(rival)}).`
  const missing = absent.find(row => row.method === method && row.equal === 'success')
  return `Not compared with ${name}: ${missing ? missing.why : 'it was not run'}.`
}

function nats(kl: number): string {
  return `${kl === 0 ? '0' : kl.toPrecision(2)} nats`
}
