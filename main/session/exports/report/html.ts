/** HTML by template: everything put into one is text, unless it is HTML made here. Pure. */

export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

type Part = Html | string | number | undefined | readonly Part[]

export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, string, i) => `${text}${rendered(parts[i - 1])}${string}`))
}

/** Safe between tags and inside quoted attributes. What no page may hold is shown as �. */
export function escaped(text: string): string {
  return text
    // eslint-disable-next-line no-control-regex
    .replace(/[\0-\x08\v\f\x0E-\x1F\x7F]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\'', '&#39;')
}

/** Text someone wrote: its direction does not reach over its end. */
export function written(text: string): Html {
  return html`<bdi>${text}</bdi>`
}

function rendered(part: Part): string {
  if (part === undefined)
    return ''
  if (part instanceof Html)
    return part.toString()
  return Array.isArray(part) ? part.map(rendered).join('') : escaped(String(part))
}
