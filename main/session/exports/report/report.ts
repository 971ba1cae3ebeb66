/**
 * The report: one self-contained page that reads like a paper's appendix, opens from disk without a network and prints to PDF.
 * It runs nothing and loads nothing: its policy allows its own style sheet, by hash, and no more.
 */
import type { ExportContext } from '../context'
import { createHash } from 'node:crypto'
import { writeText } from '../output'
import { gather } from './gather'
import { html, Html, written } from './html'
import { mappingSection } from './mapping'
import { circuitSection, sweepSection } from './maps'
import { Numbering } from './numbering'
import { clock, plural, whole } from './numbers'
import { annotationSection, doseSection, provenanceSection, siteSection, timelineSection, trialSection, verificationSection } from './sections'
import { STYLE } from './style'

export async function writeReport(context: ExportContext, path: string): Promise<void> {
  const gathered = await gather(context)
  const { head, recovery } = context.session
  const tables = { ...head, annotations: context.blinding.annotations }
  const number = new Numbering()
  const sections: [string, string, Html | undefined][] = []
  const add = async (id: string, title: string, make: () => Html | undefined): Promise<void> => {
    sections.push([id, title, make()])
    await context.turn()
  }
  await add('provenance', 'Provenance', () => provenanceSection(tables, `Symbiote ${context.appVersion}, ${context.now.toISOString()}`, recovery?.message))
  await add('course', 'Course', () => timelineSection(tables, gathered, number))
  await add('sites', 'Sites', () => siteSection(tables, gathered, number))
  await add('mappings', 'Verdicts', () => mappingSection(tables, number))
  await add('sweeps', 'Maps of effects', () => sweepSection(context, number))
  await add('dose', 'Dose and response', () => doseSection(gathered, number))
  await add('trials', 'Trials', () => trialSection(gathered, tables.provenance.at(-1)?.dataset.classNames ?? [], number))
  await add('circuits', 'Circuits', () => circuitSection(context, number))
  await add('annotations', 'Annotations', () => annotationSection(tables, number))
  await add('verification', 'Verification', () => verificationSection(tables, number))

  const { title, operators, startedAt } = tables.started
  const there = sections.filter(([, , content]) => content !== undefined)
  const body = html`<main>
<header>
<h1>${written(title)}</h1>
<p class="by">${operators.length > 0 ? html`${written(operators.join(', '))} · ` : undefined}${startedAt.slice(0, 16).replace('T', ' ')} UTC · ${clock(tables.duration)} · ${plural(gathered.counts.get('trial') ?? 0, 'trial')} · ${whole(tables.events)} events</p>
<nav>${there.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>
</header>
${context.notes.size > 0 ? html`<p class="note">${[...context.notes].join(' ')}</p>` : undefined}
${there.map(([, , content]) => content)}
</main>`
  await writeText(path, page(title, body))
}

function page(title: string, body: Html): string {
  const hash = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`}`
}
