/** What a mapping found besides its verdicts, in a report: first whether the instrument itself was right. */
import type { Finding } from '../../../../preload/contract/mapping'
import type { Html } from './html'
import type { Numbering } from './numbering'
import { html, written } from './html'
import { facts } from './numbering'
import { figure, plural, whole } from './numbers'

type Of<K extends Finding['finding']> = Extract<Finding, { finding: K }>

export function findingsOf(findings: readonly Finding[], number: Numbering): Html {
  return html`${facts(findings.flatMap(line))}${findings.map(finding => tableOf(finding, number))}`
}

function line(finding: Finding): [string, Html | string][] {
  switch (finding.finding) {
    case 'instrument':
      return [['instrument', html`<span class="${finding.faulty ? 'bad' : 'ok'}">${finding.faulty ? 'faulty: ' : ''}${whole(finding.identical)} of ${plural(finding.shams, 'sham')} bit-identical to no stimulation; the unstimulated answers after ${whole(finding.statesSame)} of ${plural(finding.trials, 'trial')} were those before the first</span>`]]
    case 'after-discharge':
      return [['after-discharge', written(finding.reason)]]
    case 'seizures':
      return [['seizures', finding.seizures.length === 0 ? 'none' : html`${finding.seizures.map(({ site, strength, seizure }, i) => html`${i > 0 ? '; ' : ''}<code>${written(site)}</code> at ${figure(strength)}: ${seizure.what} ${figure(seizure.value)}, limit ${figure(seizure.limit)}`)}`]]
    case 'tasks':
      return [['double dissociations', finding.dissociations.length === 0 ? 'none' : html`${finding.dissociations.map(({ sites, tasks, p }, i) => html`${i > 0 ? '; ' : ''}<code>${written(sites[0])}</code> takes ${written(tasks[0])} and <code>${written(sites[1])}</code> takes ${written(tasks[1])}, p ${figure(p)}`)}`]]
    case 'resection':
      return [['virtual resection', finding.smallestSafe === undefined ? 'not safe at any margin tried' : `safe from a margin of ${figure(finding.smallestSafe)}: at most ${figure(100 * finding.tolerance)} % of the held-out items are lost`]]
    case 'self-repair':
    case 'agreement':
      return []
    default:
      // A finding this version does not know is in the other exports.
      finding satisfies never
      return []
  }
}

function tableOf(finding: Finding, number: Numbering): Html | undefined {
  switch (finding.finding) {
    case 'tasks': return lesions(finding, number)
    case 'self-repair': return repairs(finding, number)
    case 'resection': return margins(finding, number)
    case 'agreement': return agreement(finding, number)
    default: return undefined
  }
}

function lesions({ tasks, rows }: Of<'tasks'>, number: Numbering): Html {
  return number.table(html`Share of items lost by site and task; the control of every item is the same item without stimulation.`, ['site', ...tasks.map(task => `#${task}`)], rows.map(({ site, cells }) => [html`<code>${written(site)}</code>`, ...cells.map(({ lost, items, interval }) => `${whole(lost)}/${whole(items)} (${shares(interval)})`)]))
}

function repairs({ pairs, all }: Of<'self-repair'>, number: Numbering): Html | undefined {
  const sums = all === undefined ? pairs : [...pairs, all]
  return sums.length === 0
    ? undefined
    : number.table(html`Sites together against the sum of each alone: change of log p(target), nats. An excess below 0 is more harm together than apart, as where one stands in for the other.`, ['sites', '#together', '#sum', '#excess', '#from', '#to', '#p', '#items'], sums.map(({ sites, joint, sum, excess, interval, p, items }) => [html`${sites.map((site, i) => html`${i > 0 ? ' + ' : ''}<code>${written(site)}</code>`)}`, figure(joint), figure(sum), figure(excess), figure(interval[0]), figure(interval[1]), figure(p), whole(items)]))
}

function margins({ margins, tolerance }: Of<'resection'>, number: Numbering): Html | undefined {
  return margins.length === 0
    ? undefined
    : number.table(html`Everything but the positive sites and what lies within a margin of them, taken out at once; held-out items; safe where at most ${figure(100 * tolerance)} % are lost.`, ['#margin', '#resected', '#kept', '#lost', '#items', '#interval', 'safe'], margins.map(({ margin, resected, kept, lost, items, interval, safe }) => [figure(margin), whole(resected), whole(kept), whole(lost), whole(items), shares(interval), safe ? 'yes' : 'no']))
}

function agreement({ agreement: { maps, pairs, disagreements } }: Of<'agreement'>, number: Numbering): Html | undefined {
  return pairs.length === 0
    ? undefined
    : html`${number.table(html`Agreement with other maps of the same sites. ${maps.map(({ name, how }) => `${name}: ${how}. `)}`, ['maps', '#sites', '#κ', '#IoU', '#rank correlation'], pairs.map(({ maps, sites, kappa, iou, rank }) => [maps.join(' and '), whole(sites), figure(kappa), figure(iou), figure(rank)]))}
<p>${disagreements.length === 0 ? 'There is no site on which they differ.' : html`They differ on ${plural(disagreements.length, 'site')}: ${disagreements.slice(0, 50).map(({ site, members }, i) => html`${i > 0 ? ', ' : ''}<code>${written(site)}</code> (${members.join(', ')})`)}${disagreements.length > 50 ? ' …' : ''}.`}</p>`
}

function shares([from, to]: readonly [number, number]): string {
  return `${figure(100 * from)}–${figure(100 * to)} %`
}
