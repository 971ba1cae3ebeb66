/** Words of a find: phases, parts of the certificate, figures that may be missing. */
import type { CertificatePart, CircuitMeasures, FindInfo, FindPhase } from '../../../preload/contract/symbiote'
import { count, percent } from '../../components/format'

export function phaseText(phase: FindPhase): string {
  switch (phase) {
    case 'checking': return 'checking that the patient can do the task'
    case 'training': return 'learning which gates to close'
    case 'measuring': return 'measuring on held-out items'
    case 'random circuits': return 'against random circuits of the same size'
    case 'minimality': return 'trying to do without each part'
    case 'controls': return 'negative controls: reset weights, shuffled answers'
    case 'comparing': return 'comparing with other maps'
    case 'finished': return 'finished'
    default: return phase satisfies never
  }
}

export function partTitle(part: CertificatePart['part']): string {
  switch (part) {
    case 'faithfulness': return 'Faithfulness'
    case 'complement': return 'Complement'
    case 'random': return 'Against random circuits'
    case 'minimality': return 'Minimality'
    case 'controls': return 'Negative controls'
    case 'stability': return 'Stability'
    case 'agreement': return 'Agreement with other maps'
    default: return part satisfies never
  }
}

/** What a part asks, for whoever reads a certificate for the first time. */
export function partQuestion(part: CertificatePart['part']): string {
  switch (part) {
    case 'faithfulness': return 'Does the circuit answer as the whole patient does, mistakes included?'
    case 'complement': return 'Does the rest of the network, without the circuit, lose the task?'
    case 'random': return 'Is it better than random circuits of the same size and layers?'
    case 'minimality': return 'Does dropping any one part of it hurt?'
    case 'controls': return 'Does the same procedure find nothing where there is nothing to find?'
    case 'stability': return 'Do other seeds find the same sites?'
    case 'agreement': return 'Do other maps point to the same sites?'
    default: return part satisfies never
  }
}

/** A part without a mark was not run, or judges nothing; its text says which. */
export type Mark = 'passed' | 'failed' | 'not judged'
export const markOf = ({ passed }: Pick<CertificatePart, 'passed'>): Mark => passed === undefined ? 'not judged' : passed ? 'passed' : 'failed'

/** Figures read from a session may be missing or no numbers. */
export function figure(value: number | null | undefined, digits: number): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits).replace('-', '−') : '–'
}

/** Sizes from a hundredth of a percent on. */
export function share(part: number, all: number): string {
  const value = all > 0 ? part / all : 0
  return percent(value, value > 0 && value < 0.01 ? 2 : 1)
}

export function sizeLine({ sites }: Pick<CircuitMeasures, 'sites'>, candidates: number): string {
  return `${count(sites)} of ${count(candidates)} sites, ${share(sites, candidates)}`
}

export function errorsLine({ errorAgreement }: CircuitMeasures): string {
  if (!errorAgreement) return 'not measured'
  const { errors, agree } = errorAgreement
  return errors === 0 ? 'no errors to compare' : `${count(agree)} of ${count(errors)}, ${percent(agree / errors)}`
}

/** `12 s`, `2 min 5 s`. */
export function secondsText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Of a phase: `step 120 of 3,000`, `34 of 100`. */
export function doneText({ phase, done, total, training }: Pick<FindInfo, 'phase' | 'done' | 'total' | 'training'>): string {
  if (phase === 'training' && training) return `step ${count(training.step)} of ${count(training.steps)}`
  return total > 0 ? `${count(done)} of ${count(total)}` : ''
}
