/**
 * Full-text search of annotations: every word of the query must begin a word of the annotation (its text, term, tier,
 * author or site), case and accents aside. What is searched is kept per annotation, so that a hundred thousand are
 * gone through between two keystrokes.
 */
import type { Annotation } from '../../../preload/contract/annotation'

export type { Annotation } from '../../../preload/contract/annotation'

/** Earliest first; the shorter first where two begin together. */
function compare(a: Annotation, b: Annotation): number {
  return a.from.t - b.from.t || a.to.t - b.to.t || (a.annotation < b.annotation ? -1 : 1)
}

export function inOrder(annotations: readonly Annotation[]): Annotation[] {
  return annotations.toSorted(compare)
}

/** A list in order with some of it rewritten, added or (`removed`) gone; still in order, without sorting it anew. */
export function merged(list: readonly Annotation[], changed: readonly Annotation[]): Annotation[] {
  const ids = new Set(changed.map(({ annotation }) => annotation))
  const added = inOrder(changed.filter(({ removed }) => !removed))
  const result: Annotation[] = []
  let next = 0
  for (const one of list) {
    if (ids.has(one.annotation))
      continue
    while (next < added.length && compare(added[next], one) < 0)
      result.push(added[next++])
    result.push(one)
  }
  return [...result, ...added.slice(next)]
}

/** How terms and tiers are called: they are searched by what is on the screen as well as by their codes. */
export interface Names {
  tier: (tier: string) => string
  term: (tier: string, term: string) => string
}

/** One for a list and the names of its time. */
export class AnnotationSearch {
  readonly #names: Names
  readonly #known = new WeakMap<Annotation, { words: string, sites: string }>()

  constructor(names: Names) {
    this.#names = names
  }

  search(annotations: readonly Annotation[], query: string): Annotation[] {
    const words = folded(query).split(/\s+/).filter(word => word !== '')
    if (words.length === 0)
      return [...annotations]
    return annotations.filter((annotation) => {
      const known = this.#of(annotation)
      // An address such as layers.0.unit[37] is also found by any part of it.
      return words.every(word => known.words.includes(` ${word}`) || known.sites.includes(word))
    })
  }

  /** So that the first search need not. */
  prepare(annotation: Annotation): void {
    this.#of(annotation)
  }

  #of(annotation: Annotation): { words: string, sites: string } {
    let known = this.#known.get(annotation)
    if (known === undefined) {
      const { text, term, author, sites, tier } = annotation
      const { tier: tierName, term: termName } = this.#names
      const said = [text, author, tier, tierName(tier), ...(term === undefined ? [] : [term, termName(tier, term)])].join(' ')
      known = { words: ` ${wordsOf(said).join(' ')}`, sites: sites.length === 0 ? '' : folded(sites.join(' ')) }
      this.#known.set(annotation, known)
    }
    return known
  }
}

function wordsOf(text: string): string[] {
  return folded(text).split(/\s+/).flatMap((word) => {
    if (word === '')
      return []
    if (/^[a-z0-9]+$/.test(word))
      return [word]
    return [word, ...word.split(/[^\p{L}\p{N}]+/u).filter(part => part !== '' && part !== word)]
  })
}

function folded(text: string): string {
  // Most text is plain, and normalising is slow.
  // eslint-disable-next-line no-control-regex -- the range is ASCII
  return /^[\x00-\x7F]*$/.test(text) ? text.toLowerCase() : text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}

/** Parts of a text, for showing what matched: `hit` where a word begins like one of the query. */
export function highlight(text: string, query: string): { text: string, hit: boolean }[] {
  const words = query.split(/\s+/).filter(word => word !== '').map(folded)
  if (words.length === 0)
    return [{ text, hit: false }]
  const parts: { text: string, hit: boolean }[] = []
  for (const piece of text.split(/(\s+)/).filter(part => part !== '')) {
    const hit = words.some(word => folded(piece).startsWith(word) || folded(piece).split(/[^\p{L}\p{N}]+/u).some(part => part.startsWith(word)))
    const last = parts.at(-1)
    if (last !== undefined && last.hit === hit)
      last.text += piece
    else
      parts.push({ text: piece, hit })
  }
  return parts
}
