/**
 * What annotation is made of, folded from events one by one: annotations, tiers, vocabularies, blind ratings. Part of
 * a session's tables; the recorder keeps the same one to correct from.
 */
import type { Rating } from '../../preload/contract/rating'
import type { EventOf, SessionEvent } from '../../preload/contract/session'
import type { Scheme } from '../../preload/contract/vocabulary'
import { samePerson } from '../../preload/contract/rating'
import { DEFAULT_SCHEME, withDistinctKeys } from '../../preload/contract/vocabulary'
import { Corrections } from './corrections'

const NOTE_KINDS = ['annotation', 'vocabulary', 'tier', 'rating', 'rating.done', 'rating.unblinded'] as const
export type NoteKind = typeof NOTE_KINDS[number]
type NoteEvent = EventOf<NoteKind>

export function isNote(event: SessionEvent): event is NoteEvent
export function isNote(event: { kind: string }): boolean
export function isNote(event: { kind: string }): boolean {
  return (NOTE_KINDS as readonly string[]).includes(event.kind)
}

export class AnnotationTables {
  readonly annotations = new Corrections<EventOf<'annotation'>>(event => event.annotation)
  readonly #vocabularies = new Corrections<EventOf<'vocabulary'>>(event => event.vocabulary)
  readonly #tiers = new Corrections<EventOf<'tier'>>(event => event.tier)
  readonly #ratings = new Map<string, Rating>()
  /** What the raters had written when they were unblinded: later changes were made with the other's in view. */
  readonly #asRated = new Map<string, EventOf<'annotation'>[]>()
  #hasScheme = false

  apply(event: NoteEvent): void {
    switch (event.kind) {
      case 'annotation':
        return this.annotations.apply(event)
      case 'vocabulary':
        this.#hasScheme = true
        return this.#vocabularies.apply(event)
      case 'tier':
        this.#hasScheme = true
        return this.#tiers.apply(event)
      case 'rating':
        this.#ratings.set(event.rating, { rating: event.rating, tiers: event.tiers, raters: event.raters, done: [], began: event.t })
        return
      case 'rating.done':
        return this.#declare(event)
      case 'rating.unblinded':
        return this.#unblind(event)
      default:
        event satisfies never
    }
  }

  /** Tiers and vocabularies as they stand; the default ones where the session, an older one, says nothing of them. */
  get scheme(): Scheme {
    if (!this.#hasScheme)
      return DEFAULT_SCHEME
    return {
      tiers: this.#tiers.present().map(({ tier, name, colour, vocabulary }) => ({ tier, name, colour, ...(vocabulary === undefined ? {} : { vocabulary }) })),
      vocabularies: this.#vocabularies.present().map(({ vocabulary, name, terms }) => ({ vocabulary, name, terms: withDistinctKeys(terms) })),
    }
  }

  /** Ids of the last events on a tier and on a vocabulary, for a correction to name. */
  lastOf(kind: 'tier' | 'vocabulary', name: string): string | undefined {
    return (kind === 'tier' ? this.#tiers : this.#vocabularies).last(name)?.id
  }

  get hasScheme(): boolean {
    return this.#hasScheme
  }

  /** In the order they were begun. */
  get ratings(): Rating[] {
    return [...this.#ratings.values()]
  }

  /** The annotations of a rating's tiers as they stood when it was unblinded; undefined while it is blind. */
  asRated(rating: string): EventOf<'annotation'>[] | undefined {
    return this.#asRated.get(rating)
  }

  #declare({ rating, rater, done }: EventOf<'rating.done'>): void {
    const known = this.#ratings.get(rating)
    if (known === undefined || known.unblinded !== undefined)
      return
    const others = known.done.filter(name => !samePerson(name, rater))
    this.#ratings.set(rating, { ...known, done: done ? [...others, rater] : others })
  }

  #unblind({ rating, t, reason, by }: EventOf<'rating.unblinded'>): void {
    const known = this.#ratings.get(rating)
    if (known === undefined || known.unblinded !== undefined)
      return
    this.#ratings.set(rating, { ...known, unblinded: { t, reason, by } })
    this.#asRated.set(rating, this.annotations.present().filter(({ tier }) => known.tiers.includes(tier)))
  }
}
