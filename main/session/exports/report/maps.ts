/** The machine's maps in a report: sweeps, and circuits with their certificates. Read from blobs; what is lost is said. */
import type { EventOf } from '../../../../preload/contract/session'
import type { Certificate } from '../../../../preload/contract/symbiote'
import type { ExportContext } from '../context'
import type { Html } from './html'
import type { Numbering } from './numbering'
import { Buffer } from 'node:buffer'
import { baselineName } from '../../../../preload/contract/intervention'
import { fromJson } from '../../eventJson'
import { circuitRows, sweepRows } from '../blobRows'
import { curveFigure, mapFigure, rankedFigure } from './figures'
import { html, written } from './html'
import { facts } from './numbering'
import { clock, figure, plural, whole } from './numbers'

const STRONGEST = 20
const MEMBERS = 200

export function sweepSection(context: ExportContext, number: Numbering): Html | undefined {
  const { sweeps } = context.session.head
  return sweeps.length === 0 ? undefined : html`<h2 id="sweeps">Maps of effects</h2>${sweeps.map((sweep, i) => oneSweep(context, sweep, i, number))}`
}

function oneSweep(context: ExportContext, sweep: EventOf<'sweep'>, i: number, number: Numbering): Html {
  const { operation, measure, method, items, sites, done, state, disagreement, baseline } = sweep
  const what = `${operation.op}${'strength' in operation ? ` ${operation.strength}` : ''}${operation.op === 'gate' ? `, ${baselineName(operation.baseline)} baseline` : ''}`
  const rows = [...sweepRows(context, sweep)]
  const title = html`<h3>Sweep ${i + 1}: ${what} on ${plural(sites, 'site')}</h3>`
  if (rows.length === 0)
    return html`${title}<p class="note">Its effects are not in the session any more.</p>`
  const control = html`Control: the same ${plural(items, 'item')} without stimulation, whose ${measure} is ${figure(baseline[measure])}.`
  const about = html`${what} on each site alone, effect on ${measure} (${method}${disagreement ? html`; an estimate, whose rank correlation with exact effects on ${plural(disagreement.sites, 'site')} is ${figure(disagreement.rank) || 'undefined'} and whose largest error there is ${figure(disagreement.maxError)}` : undefined}), mean of paired differences over n = ${whole(items)} items`
  const effects = rows.map(({ effect }) => effect)
  const architecture = context.session.head.provenance.filter(({ t }) => t <= sweep.t).at(-1)?.primary.architecture
  const map = architecture && mapFigure(architecture, rows.map(({ address }) => address), effects)
  const strongest = rows.filter(({ effect }) => Number.isFinite(effect)).sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect)).slice(0, STRONGEST)
  return html`${title}
<p>At ${clock(sweep.t)}; ${whole(done)} of ${plural(sites, 'site')} have an effect${state === 'cancelled' ? ', the sweep was cancelled' : ''}.</p>
${map && number.figure(map.drawing, html`Map: ${about}. ${plural(map.placed, 'site')} where they stand in the primary, blue lowers and amber raises ${measure}. ${control}`)}
${number.figure(rankedFigure(effects, measure), html`Ranked: ${about}. ${control} Blue lowers ${measure}, amber raises it.`)}
${number.table(html`The ${plural(strongest.length, 'strongest site').replace('1 strongest site', 'strongest site')} of sweep ${i + 1}.`, ['site', '#effect', '#standard error'], strongest.map(({ address, effect, se }) => [html`<code>${written(address)}</code>`, figure(effect), figure(se, 2)]))}`
}

export function circuitSection(context: ExportContext, number: Numbering): Html | undefined {
  // Each find has a word when it begins and one when it is over: the last one counts.
  const last = new Map(context.session.head.finds.map(find => [find.find, find]))
  return last.size === 0 ? undefined : html`<h2 id="circuits">Circuits found by the symbiote</h2>${[...last.values()].map((find, i) => oneCircuit(context, find, i, number))}`
}

function oneCircuit(context: ExportContext, find: EventOf<'symbiote'>, i: number, number: Numbering): Html {
  const { asked, task, references, result, state, problem } = find
  const title = html`<h3>Circuit ${i + 1}: ${asked.objective} for ${written(task.name)}</h3>`
  if (result === undefined)
    return html`${title}<p class="note">${state === 'failed' ? html`It failed: ${written(problem?.message ?? 'no reason was recorded')}` : 'The recording ended before this find did.'}</p>`
  const bytes = context.blob(result.certificate, `the certificate of circuit ${find.find}`)
  const certificate = bytes && certificateOf(bytes)
  const members = [...circuitRows(context, find)].filter(({ member }) => member).sort((a, b) => b.score - a.score)
  const curve = certificate && curveFigure(certificate)
  return html`${title}
<p class="${result.certified ? 'ok' : 'bad'}"><b>${result.certified ? 'Certified.' : 'Not certified.'}</b> ${result.verdict}</p>
${facts([
  ['candidates', `${plural(result.sites, 'site')} (${typeof asked.sites === 'string' ? asked.sites : 'chosen by address'}), ${plural(result.members, 'member')}`],
  ['baseline', baselineName(asked.baseline)],
  ['family, seeds', `${asked.family}, ${plural(asked.seeds, 'seed')} from ${asked.seed}`],
  ['budget', String(asked.budget)],
  ['items', `${whole(task.train)} to train, ${whole(task.heldOut)} held out to judge`],
  ['reference tasks', references.map(({ name }) => name).join(', ')],
  ['time', `${figure(result.seconds.training)} s training, ${figure(result.seconds.certificate)} s certificate`],
])}
${certificate === undefined
  ? html`<p class="note">Its certificate is not in the session any more.</p>`
  : number.table(html`The certificate, part by part, on held-out items. A part that was not run says why.`, ['part', 'passed', 'what it rests on'], certificate.parts.map(({ part, passed, text }) => [part, passed === undefined ? '–' : passed ? html`<span class="ok">yes</span>` : html`<span class="bad">no</span>`, written(text)]))}
${curve && number.figure(curve, html`Faithfulness of circuits of growing size, best-scored sites first, on n = ${whole(task.heldOut)} held-out items. 1 (dashed) is the full primary, 0 the primary with every candidate at its ${baselineName(asked.baseline)} baseline. ${certificate!.random ? html`Control: ${plural(certificate!.random.circuits, 'random circuit')} of the same size and layers, mean faithfulness ${figure(certificate!.random.sufficiency.mean)}, best ${figure(certificate!.random.sufficiency.best)}, p = ${figure(certificate!.random.sufficiencyP)}.` : 'No random circuits were drawn as a control.'}`)}
${number.table(html`Members by score${members.length > MEMBERS ? `, the first ${MEMBERS} of ${whole(members.length)}` : ''}. Membership is the share of seeds that hold the site; the gate is what it is multiplied with.`, ['site', '#score', '#membership', '#gate'], members.slice(0, MEMBERS).map(({ address, score, membership, gate }) => [html`<code>${written(address)}</code>`, figure(score), figure(membership), figure(gate)]))}`
}

/** Undefined where the blob holds something else: a page is made of what can be read. */
function certificateOf(bytes: Uint8Array): Certificate | undefined {
  try {
    const value = fromJson(Buffer.from(bytes).toString('utf8')) as Certificate
    return Array.isArray(value.parts) && Array.isArray(value.curve) ? value : undefined
  }
  catch {
    return undefined
  }
}
