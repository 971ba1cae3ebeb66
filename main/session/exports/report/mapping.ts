/** Mappings in a report: the verdict on every site with its test, what else was found, and the staircases behind the strengths. */
import type { SessionHead } from '../../../../preload/contract/timeline'
import type { Html } from './html'
import type { Numbering } from './numbering'
import { findingsOf } from './findings'
import { html, written } from './html'
import { facts } from './numbering'
import { figure, plural, whole } from './numbers'

const ROWS = 1000

export function mappingSection(head: SessionHead, number: Numbering): Html | undefined {
  const { mappings } = head
  return mappings.length === 0 ? undefined : html`<h2 id="mappings">Verdicts of mapping</h2>${mappings.map((mapping, i) => oneMapping(head, mapping, i, number))}`
}

function oneMapping({ verdicts, ramps, unblindings, findings }: SessionHead, { mapping, mode, operator, counts, power, sites }: SessionHead['mappings'][number], i: number, number: Numbering): Html {
  // A later verdict on a site, as after verification, is in the place of the first.
  const last = new Map(verdicts.filter(verdict => verdict.mapping === mapping).map(verdict => [verdict.site, verdict]))
  const own = [...last.values()].sort((a, b) => (a.tag ?? Infinity) - (b.tag ?? Infinity) || a.adjusted - b.adjusted)
  const staircases = ramps.filter(ramp => ramp.mapping === mapping)
  const unblinded = unblindings.find(one => one.mapping === mapping)
  return html`<h3>Mapping ${i + 1}</h3>
${facts([
  ['mode', mode],
  ['operator', operator === '' ? undefined : written(operator)],
  ['sites', whole(sites)],
  ['items', `${whole(counts.calibrate)} for staircases, ${whole(counts.map)} for trials, ${whole(counts.heldOut)} held out; ${whole(counts.excluded)} failed without stimulation and left out`],
  ['power', `${figure(power.reached)} for ${plural(power.sites, 'site')} at ${plural(power.trials, 'trial')} each, computed before the first trial`],
  ['blinding', unblinded === undefined ? html`<span class="bad">not unblinded</span>` : html`unblinded by ${written(unblinded.by)}: ${written(unblinded.reason)}${unblinded.early ? html` <span class="bad">(before the last trial)</span>` : undefined}`],
])}
${own.length === 0 ? html`<p class="note">It came to no verdict.</p>` : number.table(html`Verdicts on ${plural(own.length, 'site')}${own.length > ROWS ? `, the first ${whole(ROWS)} shown` : ''}. k of n: trials whose shown item was lost. p: of the interference, exact, and corrected over the sites${corrections(own)}; the control of every item is the same item without stimulation. Interval: of the share of items lost. Held out: lost of the items no site was chosen by. Negative only up to the largest strength tested.`, ['#tag', 'site', 'verdict', '#k of n', '#items', '#lost', '#gained', '#interval', '#p', '#corrected', '#strength', '#held out', 'why'], own.slice(0, ROWS).map(verdict => [verdict.tag === undefined ? undefined : String(verdict.tag), html`<code>${written(verdict.site)}</code>`, html`<span class="whole">${verdict.verdict}</span>`, `${verdict.k} of ${verdict.n}`, whole(verdict.items), whole(verdict.lost), whole(verdict.gained), `${figure(100 * verdict.interval[0])}–${figure(100 * verdict.interval[1])} %`, figure(verdict.p), figure(verdict.adjusted), figure(verdict.strength), verdict.verified && `${whole(verdict.verified.lost)} of ${whole(verdict.verified.items)}`, written(verdict.reason)]))}
${findingsOf(findings.filter(one => one.mapping === mapping).map(({ about }) => about), number)}
${staircases.length === 0 ? undefined : number.table(html`Staircases of ${plural(staircases.length, 'site')}: the first strength that loses the criterion’s share, and the working strength of the trials.`, ['site', '#steps', '#threshold', '#working strength', '#largest allowed'], staircases.slice(0, ROWS).map(ramp => [html`<code>${written(ramp.site)}</code>`, whole(ramp.steps.length), figure(ramp.threshold) || 'none', figure(ramp.working), figure(ramp.largest)]))}`
}

function corrections(verdicts: readonly SessionHead['verdicts'][number][]): string {
  const names = { holm: 'Holm', bh: 'Benjamini–Hochberg' } as const
  const used = [...new Set(verdicts.map(({ correction }) => names[correction]))]
  return used.length === 0 ? '' : ` (${used.join(', ')})`
}
