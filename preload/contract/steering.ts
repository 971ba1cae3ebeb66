/** What steering came to beside its rivals, on held-out items. */
import type { UserErrorData } from './errors'
import type { Effect } from './session'

export interface Measured {
  /** Share of the items to be steered that are answered with the target. */
  success: number
  /** KL(full ‖ steered) on the other items, nats. */
  klOthers: Effect
  /** On the other items, against their own targets. */
  accuracyOthers: number
}

export type SteeringMethod = 'untouched' | 'gates' | 'steering vector' | 'fine-tuning' | 'fine-tuning, sparing'

export interface SteeringRow extends Measured {
  method: SteeringMethod
  /** What it has in common with the gates: success on the training items, or Σ|w′ − w|. */
  equal?: 'success' | 'dose'
  trainSuccess: number
  /** Σ|gate − 1|, of gates. */
  dose?: number
  /** Σ|w′ − w|, of what changes weights. */
  weightChange?: number
  /** Of the steering vector: where, and how many times the difference of means. */
  layer?: string
  strength?: number
}

export interface DosePoint extends Measured {
  /** λ: gates are 1 + λ·(gate − 1). 0 is the primary as it is, 1 the prescription. */
  share: number
  /** Σ|gate − 1| at this share. */
  dose: number
}

export interface Steering {
  target: number
  /** Held out: steered, others. */
  items: { steer: number, others: number }
  rows: SteeringRow[]
  /** Rivals that could not be had, and why. */
  absent: { method: SteeringMethod, equal: 'success' | 'dose', why: string }[]
  /** By share of the prescription, and of the vector's strength: what each costs at every success. */
  response: { gates: DosePoint[], vector?: Omit<DosePoint, 'dose'>[] }
  /** Why the gates cannot be folded into the weights, where they cannot. */
  unfoldable?: UserErrorData
}
