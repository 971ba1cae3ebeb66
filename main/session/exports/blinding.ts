/**
 * What of a session is still blind. Ratings of two who must not see each other's are left out until both are done or they are unblinded,
 * unless asked for. A mapping's sites and shams cannot be left out of a recording of it, so that is said. A bundle is the session
 * itself, to be opened in Symbiote, which hides there what it hides here.
 */
import type { EventOf, SessionEvent } from '../../../preload/contract/session'
import type { SessionReader } from '../reader'
import { blindRating, visibleTo } from '../blinding'

export class Blinding {
  /** Annotations as they stood in the end that may be told. */
  readonly annotations: EventOf<'annotation'>[]
  readonly notes: string[]
  readonly #ratings: SessionReader['notes']['ratings']
  /** Those whose last word is on a tier that is rated blind. */
  readonly #hidden: ReadonlySet<string>

  constructor({ head, notes: { annotations, ratings } }: SessionReader, withBlind: boolean) {
    this.#ratings = withBlind ? [] : ratings
    const all = annotations.present().sort((a, b) => a.from.t - b.from.t)
    this.annotations = visibleTo(all, this.#ratings, '')
    const told = new Set(this.annotations)
    const left = all.filter(annotation => !told.has(annotation))
    this.#hidden = new Set(left.map(({ annotation }) => annotation))
    const unblinded = new Set(head.unblindings.map(({ mapping }) => mapping))
    this.notes = [
      ...head.mappings.filter(({ mapping }) => !unblinded.has(mapping)).map(({ mapping }) => `Mapping ${mapping} has not been unblinded: this export shows sites and shams of its trials. Keep it from whoever scores them.`),
      ...ratings.filter(({ unblinded: open }) => open === undefined).map(({ raters, tiers }) => {
        const whose = `The rating of ${tiers.join(', ')} by ${raters.join(' and ')} is still blind`
        return withBlind
          ? `${whose}: this export shows what each wrote, as was asked for. Keep it from both.`
          : `${whose}: ${count(left.filter(({ tier }) => tiers.includes(tier)).length)} left out, until both are done. \`--with-blind\` exports them.`
      }),
    ]
  }

  /** Whether an event may be told: earlier words on what is hidden are as blind as the last. */
  shows(event: SessionEvent): boolean {
    return event.kind !== 'annotation' || (!this.#hidden.has(event.annotation) && blindRating(this.#ratings, event.tier) === undefined)
  }
}

function count(n: number): string {
  return n === 1 ? '1 annotation is' : `${n.toLocaleString('en')} annotations are`
}
