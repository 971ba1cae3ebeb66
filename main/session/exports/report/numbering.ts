/** Figures and tables are numbered in the order they stand, as in a paper. */
import type { Html } from './html'
import { html } from './html'

export class Numbering {
  #figures = 0
  #tables = 0

  figure(drawing: Html, caption: Html): Html {
    return html`<figure>${drawing}<figcaption><b>Figure ${++this.#figures}.</b> ${caption}</figcaption></figure>`
  }

  /** Columns whose name begins with # hold numbers. */
  table(caption: Html, columns: readonly string[], rows: readonly (readonly (Html | string | undefined)[])[]): Html {
    const numeric = columns.map(name => name.startsWith('#'))
    const cls = (i: number): Html | undefined => numeric[i] ? html` class="n"` : undefined
    return html`<table><caption><b>Table ${++this.#tables}.</b> ${caption}</caption><thead><tr>${columns.map((name, i) => html`<th${cls(i)} scope="col">${name.replace(/^#/, '')}</th>`)}</tr></thead><tbody>${rows.map(row => html`<tr>${row.map((cell, i) => html`<td${cls(i)}>${cell}</td>`)}</tr>`)}</tbody></table>`
  }
}

export function facts(rows: readonly (readonly [string, Html | string | undefined])[]): Html {
  return html`<table class="facts"><tbody>${rows.filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>`
}
