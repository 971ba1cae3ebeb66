/** A dose beside its rivals, as a part of the certificate: fine-tuning, the dear one, only in a full certificate. */
import type { Steering } from '../../../../preload/contract/steering'
import type { Weights } from '../folding'
import type { Subject } from '../subject'
import type { Found } from './certify'
import { steeringReport } from '../steeringReport'

/** Turns that the comparison takes, about: of progress, with fine-tuning and without. */
const TURNS = { full: 900, fast: 60 } as const

/** Undefined where nothing was steered, or where it was cancelled. */
export async function steeringOf({ executor, circuits, request, question }: Subject, gates: ArrayLike<number>, { tell, cancelledNow }: Pick<Found, 'tell' | 'cancelledNow'>): Promise<{ report: Steering, folded?: Weights } | undefined> {
  if (!question) return undefined
  const { weights, baseline, task, seed, certificate } = request
  const cancelled = new Error('cancelled')
  let turns = 0
  const ready = async (): Promise<void> => {
    await tell('comparing', Math.min(turns++, TURNS[certificate] - 1), TURNS[certificate])
    if (cancelledNow()) throw cancelled
  }
  try {
    const { folded, ...report } = await steeringReport(executor, circuits, { weights, gates, baseline, train: task.train, question, seed, tuning: certificate === 'full', ready })
    return { report, ...(folded ? { folded } : {}) }
  }
  catch (error) {
    if (error === cancelled) return undefined
    throw error
  }
}
