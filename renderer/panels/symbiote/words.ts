/** Words of a find: phases, parts of the certificate, figures that may be missing. */
import type { Certificate, CertificatePart, CircuitMeasures, FindInfo, FindPhase, Found } from '../../../preload/contract/symbiote'
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

/** A long address breaks where its parts end. */
export function addressParts(address: string): string[] {
  return address.split(/(?<=-> )|(?=\.(?:attn|mlp|head|unit|weight|channel|W_))/)
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

/** The verdict without its first words, which the card has large, and without the failed part's figures, which it has below. */
export function verdictText({ verdict, parts }: Pick<Certificate, 'verdict' | 'parts'>): string {
  const figures = parts.find(({ part }) => part === verdict.weakest)?.text
  const plain = verdict.sentence.replace(/^(?:not )?certified: /i, '')
  const short = (figures ? plain.replace(figures, '') : plain).trim()
  return short.charAt(0).toUpperCase() + short.slice(1)
}

/** What counts first of a circuit, by what was asked. */
export function headFigures({ certificate, gates }: Pick<Found, 'certificate' | 'gates'>): { name: string, value: string, more?: string, hint?: string }[] {
  const { asked, circuit, complement, full } = certificate
  const size = { name: 'circuit', value: sizeLine(circuit, asked.candidates) }
  const items = { name: 'held-out items', value: count(asked.task.heldOut) }
  const left = { name: 'right without it', value: percent(complement.accuracy), more: `of ${percent(full.accuracy)}`, hint: `Accuracy of the rest of the network; chance is ${percent(full.chance)}` }
  const kl = ({ kl: { mean, se, q90 } }: CircuitMeasures, hint: string): ReturnType<typeof headFigures>[number] => ({ name: 'KL, nats', value: `${figure(mean, 3)} ± ${figure(se, 3)}`, more: `q90 ${figure(q90, 2)}`, hint })
  switch (asked.objective) {
    case 'sufficient': return [
      size,
      { name: 'accuracy kept', value: percent(circuit.accuracyKept), more: `${figure(100 * circuit.accuracy, 1)} of ${percent(full.accuracy)}` },
      { name: 'same mistakes', value: errorsLine(circuit), hint: 'Among items the whole patient gets wrong: those on which the circuit makes the same mistake' },
      kl(circuit, 'KL(whole ‖ circuit) over held-out items, mean ± s.e.; nine of ten items lie below the second figure'),
      items,
    ]
    case 'necessary':
    case 'dissociate': return [size, left, kl(complement, 'KL(whole ‖ rest) over held-out items, mean ± s.e.; nine of ten items lie below the second figure'), items]
    case 'steer': return [size, { name: 'dose', value: figure(gates.reduce((sum, gate) => sum + Math.abs(gate - 1), 0), 2), more: 'Σ|gate − 1|' }, items]
    default: return asked.objective satisfies never
  }
}

/** `12 s`, `2 min 5 s`. */
export function secondsText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** Of a phase: `step 120 of 3,000`, `34 of 100`. */
export function doneText({ phase, done, total, training }: Pick<FindInfo, 'phase' | 'done' | 'total' | 'training'>): string {
  if (phase === 'training' && training) return `step ${count(training.step)} of ${count(training.steps)}`
  // Some phases can only tell their share.
  return total > 1 ? `${count(done)} of ${count(total)}` : total === 1 && done > 0 ? percent(done, 0) : ''
}
