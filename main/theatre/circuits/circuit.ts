/** What checking a primary against what is known of it gives, whatever it is. */
import type { EngineFunctions } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { PatientOnTable } from '../patient'

export interface CircuitCheck {
  passed: boolean
  /** By name; shares and scores between 0 and 1 unless the name says otherwise. */
  scores: Record<string, number>
  /** What was found, a line each, for a person. */
  findings: string[]
}

/** A condition with its words; all must hold. */
export interface Condition { holds: boolean, text: string }

export function verdict(scores: Record<string, number>, conditions: Condition[]): CircuitCheck {
  return { passed: conditions.every(({ holds }) => holds), scores, findings: conditions.map(({ holds, text }) => `${holds ? 'yes' : 'NO '}  ${text}`) }
}

/** Accuracy over the battery without and with interventions. */
export async function accuracies(engine: EngineFunctions, patient: PatientOnTable, interventions: Intervention[]): Promise<{ before: number, after: number }> {
  const { measures } = await engine.stimulate({ set: { interventions, compose: false }, focus: patient.battery[0], battery: patient.battery })
  return measures.accuracy
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
