/** What a find came to, for a person: verdict, parts, curve and members of the circuit; of several tasks also what their circuits share. */
import type { Certificate, FindResult } from '../../../preload/contract/symbiote'
import type { FoundContext } from '../../theatre/findOnce'
import { percent } from '../../lib/percent'
import { steeringText } from './steeringText'

const SHOWN = 24

/** Of one task, or of one after another with what their circuits have in common. */
export function findText(primary: string, results: readonly FoundContext[]): string {
  if (results.length === 1) return textOf(primary, results[0].result)
  return [...results.map(({ name, result }) => `== ${name}\n${textOf(primary, result)}\n`), ...sharedLines(results)].join('\n')
}

/** Sites that are members for both of two tasks; of a task with itself, its circuit. */
export function sharedSites(results: readonly FoundContext[]): number[][] {
  return results.map(({ result: { member } }) => results.map(({ result: other }) => member.reduce((sum, m, i) => sum + (m === 1 && other.member[i] === 1 ? 1 : 0), 0)))
}

function sharedLines(results: readonly FoundContext[]): string[] {
  const width = Math.max(...results.map(({ name }) => name.length), 6)
  return ['Sites that two circuits share:', `${''.padEnd(width)}  ${results.map(({ name }) => name.padStart(6)).join('  ')}`, ...sharedSites(results).map((row, k) => `${results[k].name.padEnd(width)}  ${row.map((sites, i) => String(sites).padStart(Math.max(6, results[i].name.length))).join('  ')}`)]
}

function textOf(primary: string, { addresses, score, member, membership, certificate, seconds }: FindResult): string {
  const { asked, verdict, parts, full, curve, cpr, cmd, steering } = certificate
  const order = [...addresses.keys()].sort((a, b) => score[b] - score[a])
  const members = order.filter(i => member[i] === 1)
  const shown = (members.length > 0 ? members : order).slice(0, SHOWN)
  const width = Math.max(...shown.map(i => addresses[i].length))
  return [
    verdict.sentence,
    // A dose passes or fails at no part.
    ...(asked.objective === 'steer' ? [] : [`Weakest part: ${verdict.weakest}.`]),
    '',
    `${primary}, ${asked.task.name}: ${asked.candidates.toLocaleString('en')} ${asked.sites}, ${asked.objective}, ${asked.family}${asked.together ? ` on ${asked.together.length} tasks together` : ''}, baseline ${baselineText(certificate)}, budget ${asked.budget}, ${asked.seeds} seeds of ${asked.steps} steps`,
    `Learned on ${asked.task.train.toLocaleString('en')} items, judged on ${asked.task.heldOut.toLocaleString('en')} others. The primary is right on ${percent(full.accuracy)} of them, chance is ${percent(full.chance)}.`,
    '',
    ...parts.map(({ part, passed, text }) => `${passed === undefined ? '·' : passed ? '✓' : '✗'} ${part.padEnd(12)} ${text}`),
    '',
    ...(steering ? steeringText(steering) : [`Faithfulness by share of sites: ${curve.map(({ share, faithfulness }) => `${100 * share} % ${faithfulness.toFixed(2)}`).join(', ')}; CPR ${cpr.toFixed(2)}, CMD ${cmd.toFixed(2)}`]),
    '',
    ...matrixLines(certificate),
    `Members, ${shown.length} of ${members.length}, with score and share of seeds:`,
    ...shown.map(i => `${addresses[i].padEnd(width)}  ${score[i].toFixed(3)}  ${percent(membership[i])}`),
    '',
    `${seconds.training.toFixed(1)} s training, ${seconds.certificate.toFixed(1)} s certificate, on ${certificate.provenance.executor}`,
  ].join('\n')
}

/** Accuracy by lesion and task. */
function matrixLines({ matrix }: Certificate): string[] {
  if (!matrix) return []
  const width = Math.max(...matrix.lesions.map(lesion => lesion.length))
  return [
    `${'lesion'.padEnd(width)}  ${matrix.tasks.join('  ')}`,
    ...matrix.lesions.map((lesion, row) => `${lesion.padEnd(width)}  ${matrix.tasks.map((task, i) => percent(matrix.accuracy[row][i]).padStart(task.length)).join('  ')}`),
    '',
  ]
}

function baselineText({ asked: { baseline } }: Certificate): string {
  return typeof baseline === 'string' ? baseline : `resample ${baseline.resample}`
}
