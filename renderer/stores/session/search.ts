/** Full-text search of annotations: every word of the query must begin a word of the annotation, case and accents aside. */
import type { EventOf } from '../../../preload/contract/session'

export type Annotation = EventOf<'annotation'>

/** Earliest first; the shorter first where two begin together. */
export function inOrder(annotations: readonly Annotation[]): Annotation[] {
  return annotations.toSorted((a, b) => a.from.t - b.from.t || a.to.t - b.to.t || (a.annotation < b.annotation ? -1 : 1))
}

export function searchAnnotations(annotations: readonly Annotation[], query: string): Annotation[] {
  const words = wordsOf(query)
  return words.length === 0 ? [...annotations] : annotations.filter(annotation => matches(annotation, words))
}

function matches(annotation: Annotation, words: string[]): boolean {
  const { text, term = '', author, sites, tier } = annotation
  const found = wordsOf([text, term, author, tier, ...sites].join(' '))
  // An address such as layers.0.unit[37] is also found whole.
  const whole = sites.map(folded)
  return words.every(word => found.some(candidate => candidate.startsWith(word)) || whole.some(site => site.includes(word)))
}

function wordsOf(text: string): string[] {
  return folded(text).split(/\s+/).flatMap(word => word === '' ? [] : [word, ...word.split(/[^\p{L}\p{N}]+/u).filter(part => part !== '' && part !== word)])
}

function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
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
