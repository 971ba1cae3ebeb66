/** The parts of a report that come from the session's tables: who and what, sites, effects, trials, annotations, verification. */
import type { EventOf } from '../../../../preload/contract/session'
import type { SessionHead } from '../../../../preload/contract/timeline'
import type { Gathered } from './gather'
import type { Html } from './html'
import type { Numbering } from './numbering'
import { architectureLine } from '../../../../preload/contract/primary'
import { interventionsText } from '../rows'
import { doseFigure, timelineFigure } from './figures'
import { SITES_SHOWN, TRIALS_SHOWN } from './gather'
import { html, written } from './html'
import { facts } from './numbering'
import { clock, figure, plural, whole } from './numbers'

/** Rows of any other table: what is longer is no appendix. */
const ROWS = 1000
const DOSES = 12
const INCIDENTS = 12

export function provenanceSection({ started, provenance, verifications, ended, instrument }: SessionHead, exporter: string, recovery: string | undefined): Html {
  const last = provenance.at(-1)
  const verified = verifications.at(-1)
  return html`<h2 id="provenance">Provenance</h2>
<p>Everything below is computed from the recording alone; no model was run to make this page.</p>
${facts([
  ['session', html`<code>${started.id}</code>`],
  ['recorded with', `Symbiote ${started.appVersion}, ${started.format}`],
  ['root seed', String(started.rootSeed)],
  ['primary', last && html`${written(last.primary.name)}: ${architectureLine(last.primary.architecture)}; ${plural(last.primary.step, 'training step')}`],
  ['weights, SHA-256', last && html`<code>${last.primary.weightsSha256}</code> (${plural(last.primary.weightsBytes, 'byte')})`],
  ['data set', last && html`${written(last.dataset.name)}: ${plural(last.dataset.items, 'item')}, ${plural(last.dataset.classNames.length, 'class').replace(/classs$/, 'classes')}`],
  ['data set, SHA-256', last && html`<code>${last.dataset.sha256}</code>`],
  ['executor', last && html`${last.engine.executor} on ${last.engine.device}, ${plural(last.engine.threads, 'thread')}`],
  ['versions', last && Object.entries(last.engine.versions).map(([name, version]) => `${name} ${version}`).join(', ')],
  ['machine', last && `${last.host.os}, Node ${last.host.node}`],
  ['lock file, SHA-256', last?.host.lockSha256 === undefined ? undefined : html`<code>${last.host.lockSha256}</code>`],
  ['changes of primary', provenance.length > 1 ? `${provenance.length - 1} during the session; the last is described here` : undefined],
  ['end of the recording', ended === undefined ? 'none: the program stopped before the recording did' : ended.reason],
  ['instrument', instrument.length === 0 ? undefined : html`${instrument.slice(0, INCIDENTS).map(({ t, what, message }) => html`${clock(t)} ${what}: ${written(message)}<br>`)}${instrument.length > INCIDENTS ? `and ${plural(instrument.length - INCIDENTS, 'incident')} more` : ''}`],
  ['log', recovery === undefined ? html`<span class="ok">whole: every checksum and the hash chain hold</span>` : html`<span class="bad">${recovery}</span>`],
  ['re-executed', verified === undefined ? 'not yet: `symbiote replay --verify` does it' : verificationText(verified)],
  ['exported with', exporter],
])}`
}

export function verificationText({ executor, device, trials, classes, firstDeparture, maxUlp }: EventOf<'verification'>): Html {
  const counts = Object.entries(classes).filter(([, n]) => n > 0).map(([name, n]) => `${whole(n)} ${name}`).join(', ') || 'none'
  const exact = classes['bit-exact'] === trials
  return html`<span class="${exact ? 'ok' : 'bad'}">${plural(trials, 'trial')} with ${executor} on ${device}: ${counts}</span>${exact ? undefined : html`; largest difference ${whole(maxUlp)} ulp`}${firstDeparture && html`; first to depart: trial <code>${firstDeparture.trial}</code>, item ${firstDeparture.item}, recorded ${figure(firstDeparture.expected, 9)}, got ${figure(firstDeparture.got, 9)}`}`
}

export function timelineSection({ annotations, duration }: SessionHead, { density, counts }: Gathered, number: Numbering): Html {
  const n = counts.get('trial') ?? 0
  return html`<h2 id="course">Course</h2>
${number.figure(timelineFigure(density, annotations.map(({ from, to }) => ({ from: from.t, to: to.t })), duration), html`The session over time: ${plural(n, 'trial')} in ${density.length} stretches of ${figure(duration / 1e9 / density.length)} s each; beneath, in amber, ${plural(annotations.length, 'annotation')}.`)}
<p>Recorded events: ${[...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${kind} ${whole(count)}`).join(' · ')}.</p>`
}

export function siteSection({ tags }: SessionHead, gathered: Gathered, number: Numbering): Html | undefined {
  const total = gathered.counts.get('site') ?? 0
  if (total === 0 && tags.length === 0)
    return undefined
  const tagged = new Map(tags.map(tag => [tag.site, tag]))
  const caption = html`Sites that were named, ${whole(total)} in all${total > SITES_SHOWN ? html`, the first ${whole(SITES_SHOWN)} shown` : undefined}. Mean and σ are over the calibration items. The largest effect is on the loss, in nats, of stimulating that site alone: stimulated less unstimulated over the same items, mean ± standard error, n items.`
  return html`<h2 id="sites">Sites</h2>
${number.table(caption, ['tag', 'site', 'kind', '#mean', '#σ', '#trials', 'stimulation', '#effect', '#n'], gathered.named.map((site) => {
  const sum = gathered.sites.get(site.address)
  const tag = tagged.get(site.address)
  return [tag && html`${tag.number}${tag.text ? html` ${written(tag.text)}` : undefined}`, html`<code>${written(site.address)}</code>`, site.site, figure(site.mean), figure(site.sigma), whole(sum?.trials ?? 0), sum?.strongest?.what, sum?.strongest && `${figure(sum.strongest.mean)} ± ${figure(sum.strongest.se, 2)}`, sum?.strongest && whole(sum.strongest.n)]
}))}
${tags.length > 0 ? number.table(html`Tags, in the order of their numbers.`, ['#number', 'site', 'note', 'placed at'], tags.slice(0, ROWS).map(tag => [String(tag.number), html`<code>${written(tag.site)}</code>`, written(tag.text), clock(tag.t)])) : undefined}`
}

export function doseSection({ doses, sham }: Gathered, number: Numbering): Html | undefined {
  if (doses.length === 0)
    return undefined
  const control = sham.trials === 0
    ? 'The control of every point is the unstimulated run of the same items, the dashed line at 0; no sham trial was recorded.'
    : `The control of every point is the unstimulated run of the same items, the dashed line at 0; ${plural(sham.trials, 'sham trial')} left an effect of at most ${figure(sham.largest)}.`
  return html`<h2 id="dose">Dose and response</h2>
<p>Sites that were stimulated at three strengths or more, ${whole(doses.length)} in all${doses.length > DOSES ? `, the ${DOSES} with most strengths shown` : ''}.</p>
<div class="pair">${doses.slice(0, DOSES).map((dose) => {
  const n = [...new Set(dose.points.map(point => point.n))].sort((a, b) => a - b)
  return number.figure(doseFigure(dose), html`<code>${written(dose.site)}</code>, ${dose.operation}: effect on the loss at ${plural(dose.points.length, 'strength')}, mean ± standard error over n = ${n.map(whole).join(', ')} items each. ${control}`)
})}</div>`
}

export function trialSection({ trials, counts, correct, sham }: Gathered, classNames: readonly string[], number: Numbering): Html | undefined {
  const total = counts.get('trial') ?? 0
  if (total === 0)
    return undefined
  const name = (index: number): Html => written(classNames[index] ?? String(index))
  return html`<h2 id="trials">Trials</h2>
<p>${plural(total, 'trial')}, ${whole(correct)} answered right under stimulation, ${plural(sham.trials, 'sham trial')}${sham.trials > 0 ? ` with a largest effect of ${figure(sham.largest)}` : ''}.${total > TRIALS_SHOWN ? ` The first ${whole(TRIALS_SHOWN)} are shown; all of them are in the CSV and JSON lines exports.` : ''}</p>
${number.table(html`Trials in order. Effect: on the loss, nats, stimulated less unstimulated over the same items, mean ± standard error. Changed: answers over the battery that differ from those without stimulation.`, ['#time', 'stimulation', '#item', 'target', 'answer', '', '#effect', '#changed', '#n'], trials.map(({ trial, stimulation }) => {
  const loss = trial.effects.loss
  return [clock(trial.t), html`<code>${stimulation && written(interventionsText(stimulation.interventions) || 'nothing')}${trial.sham ? ' (sham)' : ''}</code>`, String(trial.focus), name(trial.target), name(trial.response), trial.correct ? html`<span class="ok">✓</span>` : html`<span class="bad">✗</span>`, loss && `${figure(loss.mean)} ± ${figure(loss.se, 2)}`, whole(trial.changed), loss && whole(loss.n)]
}))}`
}

export function annotationSection({ annotations }: SessionHead, number: Numbering): Html | undefined {
  if (annotations.length === 0)
    return undefined
  const tiers = new Map<string, typeof annotations>()
  for (const note of annotations)
    (tiers.get(note.tier) ?? tiers.set(note.tier, []).get(note.tier)!).push(note)
  return html`<h2 id="annotations">Annotations</h2>
${[...tiers].map(([tier, list]) => html`<h3>${written(tier)}</h3>
${number.table(html`${plural(list.length, 'annotation')}${list.length > ROWS ? `, the first ${whole(ROWS)} shown` : ''}.`, ['#from', '#to', 'term', 'text', 'author', 'about'], list.slice(0, ROWS).map(note => [clock(note.from.t), note.to.t === note.from.t ? undefined : clock(note.to.t), note.term === undefined ? undefined : written(note.term), html`<span class="pre">${written(note.text)}</span>`, written(note.author), html`${note.sites.map(site => html`<code>${written(site)}</code> `)}${note.trials.length > 0 ? plural(note.trials.length, 'trial') : undefined}`]))}`)}`
}

export function verificationSection({ verifications }: SessionHead, number: Numbering): Html | undefined {
  if (verifications.length === 0)
    return undefined
  return html`<h2 id="verification">Verification</h2>
<p>Re-execution runs the recorded interventions on the same weights and compares the outputs: bit-exact, within some units in the last place (ulp), the same decision, or different.</p>
${number.table(html`${plural(verifications.length, 're-execution')} of the session.`, ['executor', 'device', '#trials', '#bit-exact', '#ulp', '#same decision', '#different', '#largest ulp'], verifications.map(({ executor, device, trials, classes, maxUlp }) => [executor, device, whole(trials), ...(['bit-exact', 'ulp', 'same-decision', 'different'] as const).map(name => whole(classes[name] ?? 0)), whole(maxUlp)]))}`
}
