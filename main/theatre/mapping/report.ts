/** A finished mapping in words, for a terminal: verdicts first, then what they rest on. */
import type { Finding } from '../../../preload/contract/mapping'
import type { BodyOf } from '../../../preload/contract/session'
import type { MappingRun } from './run'
import { percent } from '../../lib/percent'

/** Sites of one verdict named at most. */
const SHOWN = 20

export function reportText(run: MappingRun): string {
  const { history, options: { patient, prepared } } = run
  const { protocol, sites, items, power } = prepared
  const { file, dataset } = patient.loaded
  const { stimulation, trials, test, stopping } = protocol
  const verdicts = [...history.verdicts.values()]
  const of = (verdict: string): BodyOf<'verdict'>[] => verdicts.filter(one => one.verdict === verdict).sort((a, b) => b.effect - a.effect || a.p - b.p)
  const name = stopping.rule === 'fixed' ? 'exact McNemar test' : 'always-valid p from an e-process'
  return [
    `${file.name} on ${dataset.name}, protocol ${protocol.name}: ${of('positive').length} positive, ${of('negative').length} negative, ${of('indeterminate').length} indeterminate, ${of('not-tested').length} not tested of ${sites.length} sites`,
    `${stimulation.op} ${stimulation.strengths.join(', ')}${stimulation.op === 'gate' ? ` to ${typeof stimulation.baseline === 'string' ? stimulation.baseline : `resample ${stimulation.baseline.resample}`}` : ''}; ${trials.least === trials.most ? trials.most : `${trials.least} to ${trials.most}`} trials of ${trials.items} items a site; ${name}, ${test.correction === 'holm' ? 'Holm' : 'Benjamini–Hochberg'} over ${sites.length} sites at ${test.alpha}`,
    `power ${percent(power.reached)} for an interference of ${percent(protocol.power.interference)}; ${items.excluded.length} of ${items.excluded.length + items.calibrate.length + items.map.length + items.heldOut.length} items failed without stimulation and were left out`,
    '',
    ...table('Positive: stimulation takes the answer away', of('positive')),
    ...table(`Negative: at the largest strength less than ${percent(test.absentBelow)} of the items are lost`, of('negative')),
    ...table('Indeterminate', of('indeterminate')),
    ...of('not-tested').length > 0 ? [`Not tested: ${of('not-tested').map(({ site }) => site).slice(0, SHOWN).join(', ')}${of('not-tested').length > SHOWN ? ` and ${of('not-tested').length - SHOWN} more` : ''}`, ''] : [],
    ...thresholds(run),
    ...history.findings.flatMap(findingLines),
    ...blinding(run),
  ].join('\n')
}

function table(title: string, rows: BodyOf<'verdict'>[]): string[] {
  if (rows.length === 0) return []
  const width = Math.max(...rows.slice(0, SHOWN).map(({ site }) => site.length))
  return [
    title,
    ...rows.slice(0, SHOWN).map(({ site, tag, k, n, items, lost, p, adjusted, interval, verified, logProbability }) =>
      `  ${tag === undefined ? '   ' : `#${String(tag).padEnd(2)}`} ${site.padEnd(width)}  ${k} of ${n} shown, ${lost} of ${items} items lost (${percent(interval[0])} to ${percent(interval[1])})  p ${pValue(p)}, corrected ${pValue(adjusted)}  log p ${signed(logProbability.mean)} ± ${logProbability.se.toFixed(3)}${verified ? `  held out ${verified.lost} of ${verified.items}` : ''}`),
    ...rows.length > SHOWN ? [`      and ${rows.length - SHOWN} more; --json gives all`] : [],
    '',
  ]
}

function thresholds({ history }: MappingRun): string[] {
  const found = [...history.ramps.values()].filter(({ threshold }) => threshold !== undefined)
  if (history.ramps.size === 0) return []
  return [
    `Staircases: ${found.length} of ${history.ramps.size} sites reach the criterion`,
    ...found.slice(0, SHOWN).map(({ site, threshold, bracket, steps }) => `      ${site}: threshold ${threshold}, between ${bracket.from ?? 'below the ladder'} and ${bracket.to ?? 'beyond the ladder'}; ${steps.map(({ strength, lost, items }) => `${strength}: ${lost}/${items}`).join(', ')}`),
    '',
  ]
}

function findingLines(finding: Finding): string[] {
  switch (finding.finding) {
    case 'instrument': return [`Instrument: ${finding.identical} of ${finding.shams} shams bit-identical to no stimulation, the state after ${finding.statesSame} of ${finding.trials} trials the one before${finding.faulty ? ': FAULTY' : ''}.`]
    case 'after-discharge': return [`After-discharge: ${finding.reason}`]
    case 'seizures': return [finding.seizures.length === 0 ? 'Seizures: none.' : `Seizures: ${finding.seizures.map(({ site, strength, seizure }) => `${site} at ${strength} (${seizure.what})`).slice(0, SHOWN).join(', ')}.`]
    case 'self-repair': return [
      'Together against the sum of each alone (change of log p, nats; more harm together than the sum: the one stands in for the other):',
      ...[...finding.pairs, ...finding.all ? [finding.all] : []].map(({ sites, joint, sum, excess, interval, p }) => `      ${sites.length > 3 ? `all ${sites.length}` : sites.join(' + ')}: ${signed(joint)}, sum ${signed(sum)}, excess ${signed(excess)} (${signed(interval[0])} to ${signed(interval[1])}), p ${pValue(p)}`),
    ]
    case 'tasks': return [
      `Tasks: ${finding.rows.length} sites × ${finding.tasks.length} tasks, share of items lost`,
      ...finding.rows.slice(0, SHOWN).map(({ site, cells }) => `      ${site}: ${cells.map(({ lost, items }, i) => `${finding.tasks[i]} ${items === 0 ? '—' : percent(lost / items)}`).join(', ')}`),
      finding.dissociations.length === 0 ? '      no double dissociation' : `      ${finding.dissociations.length} double dissociations: ${finding.dissociations.slice(0, 5).map(({ sites, tasks, p }) => `${sites.join(' / ')} over ${tasks.join(' / ')} (p ${pValue(p)})`).join('; ')}`,
    ]
    case 'resection': return finding.margins.length === 1 && finding.margins[0].kept === 0
      ? [`All ${finding.margins[0].resected} sites taken out at once, held-out items: ${finding.margins[0].lost} of ${finding.margins[0].items} lost. There is no positive site to keep a margin from${finding.margins[0].safe ? '.' : ', and yet no site is positive alone: they share the work, or make up for each other.'}`]
      : [
          `Virtual resection of everything else, held-out items, safe where at most ${percent(finding.tolerance)} are lost: ${finding.smallestSafe === undefined ? 'no margin is safe' : `safe from a margin of ${finding.smallestSafe}`}`,
          ...finding.margins.map(({ margin, resected, kept, lost, items, interval, safe }) => `      margin ${margin}: ${resected} resected, ${kept} kept, ${lost} of ${items} lost (to ${percent(interval[1])})${safe ? ', safe' : ''}`),
        ]
    case 'agreement': return [
      'Agreement with other maps of these sites:',
      ...finding.agreement.pairs.map(({ maps, sites, kappa, iou, rank }) => `      ${maps.join(' and ')}, ${sites} sites: κ ${figure(kappa)}, IoU ${figure(iou)}, rank correlation ${figure(rank)}`),
      finding.agreement.disagreements.length === 0 ? '      no site on which they differ' : `      they differ on ${finding.agreement.disagreements.length}: ${finding.agreement.disagreements.slice(0, 5).map(({ site, members }) => `${site} (only ${members.join(', ')})`).join('; ')}`,
    ]
    default: return finding satisfies never
  }
}

function blinding({ history: { unblinded }, options: { prepared: { protocol } } }: MappingRun): string[] {
  if (protocol.blinding === 'none') return ['Not blinded.']
  return [unblinded === undefined ? 'Still blinded.' : unblinded.early ? `UNBLINDED EARLY by ${unblinded.by}: ${unblinded.reason}. Scores after that are not blind.` : `Unblinded after the last trial (${unblinded.by}).`]
}

function figure(value: number | undefined): string {
  return value === undefined ? 'undefined' : value.toFixed(2)
}

function pValue(p: number): string {
  return p >= 0.001 ? p.toFixed(3) : p.toExponential(1)
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`
}
