/**
 * Gradients by the gates as a reader sees them: of the margin, item by item, at the primary as it is and at primaries near it. A softmax that is
 * sure, or a unit that is saturated, shows no gradient of what works; scattered gates and lesions bring it out of saturation,
 * and take away the copies that stand in for a redundant part.
 */
import type { Stream } from '../../lib/random'
import type { Spread } from '../judge/gateGradients'
import type { Turn } from '../judge/subject'
import type { Subject } from './subject'
import { randomStream } from '../../lib/random'
import { gateGradients, towardsMargin } from '../judge/gateGradients'
import { openSubject } from '../judge/subject'

/** Per candidate, over the draws: mean, and the largest of any. */
export interface Drawn { mean: Float64Array, most: Float64Array }

export interface Views {
  open: Spread
  /** Every gate its own, around 1. */
  scattered: Drawn
  /** Some candidates gone. */
  lesioned: Drawn
}

const ITEMS = { mlp: 512, cnn: 128, transformer: 32 } as const
/** Of one draw. */
const DRAWN_ITEMS = { mlp: 128, cnn: 32, transformer: 16 } as const
const DRAWS = 16
/** Deviation of a scattered gate. */
const SCATTER = 0.5
/** Chance that a candidate is there in a lesioned primary. */
const THERE = 0.7

export async function viewsOf({ executor, circuits, request }: Subject, turn: Turn = async () => {}): Promise<Views> {
  const n = circuits.slots.addresses.length
  const { kind } = request.architecture
  const gradients = async (items: number) => {
    const subject = await openSubject(executor, circuits, request.weights, request.task.train, { items, seed: request.seed })
    return gateGradients(subject, towardsMargin(subject), { each: true, logits: true })
  }
  const open = await (await gradients(ITEMS[kind])).spread(new Float32Array(n).fill(1), share => turn(share / 3))
  const fewer = await gradients(DRAWN_ITEMS[kind])
  const over = async (gate: () => number, from: number): Promise<Drawn> => {
    const found: Drawn = { mean: new Float64Array(n), most: new Float64Array(n) }
    for (let draw = 0; draw < DRAWS; draw++) {
      const values = await fewer.at(Float32Array.from({ length: n }, gate), share => turn((from + (draw + share) / DRAWS) / 3))
      values.forEach((value, i) => {
        found.mean[i] += value / DRAWS
        found.most[i] = Math.max(found.most[i], value)
      })
    }
    return found
  }
  const { normal, uniform }: Stream = randomStream(request.seed, 'symbiote/views')
  return { open, scattered: await over(() => 1 + SCATTER * normal(), 1), lesioned: await over(() => uniform() < THERE ? 1 : 0, 2) }
}
