/** The parts of a certificate in words, each with what it must reach, and the verdict. Bounds are here and nowhere else. */
import type { Certificate, CertificatePart } from '../../../../preload/contract/symbiote'
import { percent } from '../../../lib/percent'
import { FAITHFUL, KEPT } from './controls'
import { steeringSentence } from './steeringVerdict'

/** What is left of the way from chance to the full accuracy once the circuit is gone, at most. */
const LEFT = 0.15
/** Share of the primary's own errors that a faithful circuit makes too, where there are enough to tell. */
const SAME_ERRORS = 0.5
const ENOUGH_ERRORS = 20
const LEVEL = 0.05
/** With fewer other circuits no p-value reaches the level. */
const FEW = 20
/** Share of the tested members that must be needed. */
const NEEDED = 0.9
/** Mean overlap of two seeds' circuits. */
const STABLE = 0.5

export function partsOf(certificate: Certificate): CertificatePart[] {
  return [faithfulness(certificate), complement(certificate), random(certificate), minimality(certificate), controls(certificate), stability(certificate), agreement(certificate)]
}

function faithfulness({ circuit, asked, full }: Certificate): CertificatePart {
  const errors = circuit.errorAgreement
  const errorText = errors ? ` It makes ${errors.agree} of the primary's ${errors.errors} errors.` : ' The primary makes no error here, so agreement on errors says nothing.'
  const text = `${circuit.sites.toLocaleString('en')} of ${asked.candidates.toLocaleString('en')} sites keep ${percent(circuit.accuracyKept)} of the accuracy (${percent(circuit.accuracy)} of ${percent(full.accuracy)}) and ${percent(circuit.faithfulness)} of the behaviour; KL ${circuit.kl.mean.toPrecision(2)} nats, one item in ten above ${circuit.kl.q90.toPrecision(2)}.${errorText}`
  if (asked.objective !== 'sufficient') return { part: 'faithfulness', text: `Not asked of this objective. ${text}` }
  const sameErrors = !errors || errors.errors < ENOUGH_ERRORS || errors.agree / errors.errors >= SAME_ERRORS
  return { part: 'faithfulness', passed: circuit.accuracyKept >= KEPT && circuit.faithfulness >= FAITHFUL && sameErrors, text }
}

function complement({ complement, full, asked, matrix }: Certificate): CertificatePart {
  const left = full.accuracy > full.chance ? Math.max(0, (complement.accuracy - full.chance) / (full.accuracy - full.chance)) : 1
  const spared = matrix && matrix.tasks.length > 1 ? ` The reference ${matrix.tasks.length > 2 ? 'tasks keep' : 'task keeps'} ${matrix.tasks.slice(1).map((task, i) => `${percent(matrix.accuracy[1][i + 1])} of ${percent(matrix.accuracy[0][i + 1])} on ${task}`).join(', ')}.` : ''
  const text = `Without the circuit the primary is right on ${percent(complement.accuracy)} (chance ${percent(full.chance)}): ${percent(left)} of what it knew above chance is left.${spared}`
  if (asked.objective === 'steer') return { part: 'complement', text: `Not asked of this objective. ${text}` }
  const sparing = !matrix || asked.objective === 'sufficient' || matrix.accuracy[0].every((before, i) => i === 0 || matrix.accuracy[1][i] >= 0.9 * before)
  return { part: 'complement', passed: left <= LEFT && sparing, text }
}

function random({ random, circuit, asked }: Certificate): CertificatePart {
  if (!random) return notRun('random', asked.objective === 'steer' ? 'A dose is not a circuit; random circuits say nothing of it.' : 'Random circuits were not run.')
  if (random.circuits === 0) return notRun('random', 'There is no other circuit of this size.')
  const few = random.circuits < 100 ? ` There are no more than ${random.circuits} other circuits of the size, so p cannot be less than ${(1 / (random.circuits + 1)).toPrecision(2)}.` : ''
  const text = `Of ${random.circuits} random circuits of the same size and layers the best keeps ${percent(random.sufficiency.best)} of the behaviour, this one ${percent(circuit.faithfulness)} (p = ${random.sufficiencyP.toPrecision(2)}); taking it out hurts more than taking out any of them with p = ${random.necessityP.toPrecision(2)}.${few}`
  // Too few for a p-value: it must be the best of all, and others of them may hold the same needed part.
  if (random.circuits < FEW) return { part: 'random', passed: (asked.objective === 'sufficient' ? random.sufficiencyP : random.necessityP) <= 1.001 / (random.circuits + 1), text }
  return { part: 'random', passed: (asked.objective !== 'sufficient' || random.sufficiencyP <= LEVEL) && random.necessityP <= LEVEL, text }
}

function minimality({ minimality, circuit, asked }: Certificate): CertificatePart {
  if (!minimality) return notRun('minimality', asked.objective === 'steer' ? 'A dose is not a circuit.' : 'Minimality was not tested.')
  const sample = minimality.tested < circuit.sites ? ` (a random sample of ${circuit.sites})` : ''
  const worst = minimality.unneeded.slice(0, 3).map(({ address }) => address).join(', ')
  return { part: 'minimality', passed: minimality.needed >= NEEDED * minimality.tested, text: `Dropping ${minimality.needed} of ${minimality.tested} members${sample} hurts, Holm-corrected at 5 %.${worst ? ` Not shown to be needed: ${worst}${minimality.unneeded.length > 3 ? ' and others' : ''}.` : ''}` }
}

function controls({ controls, asked }: Certificate): CertificatePart {
  if (!controls) return notRun('controls', asked.objective === 'steer' ? 'A dose is not a circuit.' : 'Negative controls were not run.')
  const one = (name: string, { certified, reason }: NonNullable<typeof controls>['resetWeights']): string => `${name} ${certified ? 'CERTIFIES' : 'does not certify'}: ${reason}.`
  return { part: 'controls', passed: !controls.resetWeights.certified && !controls.shuffledLabels.certified, text: `${one('A primary with reset weights', controls.resetWeights)} ${one('Shuffled labels', controls.shuffledLabels)}` }
}

function stability({ stability }: Certificate): CertificatePart {
  if (!stability) return notRun('stability', 'One seed says nothing of stability.')
  const all = stability.histogram[stability.histogram.length - 1]
  const some = stability.histogram.reduce((a, b) => a + b, 0)
  return { part: 'stability', ...(stability.seeds >= 5 ? { passed: stability.jaccard >= STABLE } : {}), text: `${stability.seeds} seeds overlap by ${percent(stability.jaccard)} (mean Jaccard): ${all} sites are in every circuit, ${some} in any.${stability.seeds < 5 ? ' Five seeds are needed to judge it.' : ''}` }
}

function agreement({ agreement }: Certificate): CertificatePart {
  if (agreement.length === 0) return notRun('agreement', 'No other map of these sites was at hand.')
  return { part: 'agreement', text: agreement.map(({ map, rank, iou }) => `${map[0].toUpperCase()}${map.slice(1)}: rank correlation ${rank === undefined ? 'undefined' : rank.toFixed(2)}${iou === undefined ? '' : `, ${percent(iou)} of its strongest sites shared`}.`).join(' ') }
}

function notRun(part: CertificatePart['part'], text: string): CertificatePart {
  return { part, text }
}

/** Parts that a circuit cannot be certified without, in the order of their weight. */
const REQUIRED: Record<Certificate['asked']['objective'], CertificatePart['part'][]> = {
  sufficient: ['faithfulness', 'complement', 'random', 'controls', 'minimality', 'stability'],
  necessary: ['complement', 'random', 'controls', 'minimality', 'stability'],
  dissociate: ['complement', 'random', 'controls', 'minimality', 'stability'],
  steer: ['complement'],
}

export function verdictOf(certificate: Certificate, parts: readonly CertificatePart[]): Certificate['verdict'] {
  const { asked, circuit } = certificate
  const required = REQUIRED[asked.objective].map(name => parts.find(({ part }) => part === name)!)
  const failed = required.find(({ passed }) => passed === false)
  const missing = required.find(({ passed }) => passed === undefined)
  const weakest = (failed ?? missing ?? required[required.length - 1]).part
  const what = `${circuit.sites.toLocaleString('en')} ${asked.sites}`
  if (asked.objective === 'steer') return { certified: false, weakest, sentence: steeringSentence(certificate) }
  if (failed) return { certified: false, weakest, sentence: `Not certified: ${what} fail at ${failed.part}. ${failed.text}` }
  if (missing) return { certified: false, weakest, sentence: `Not certified: ${missing.part} is open. ${missing.text}` }
  return { certified: true, weakest, sentence: `Certified: ${what} ${asked.objective === 'sufficient' ? 'do this task alone, and without them it is gone' : 'are what this task needs'}, under ${typeof asked.baseline === 'string' ? asked.baseline : 'resample'} ablation.` }
}
