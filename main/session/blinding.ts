/** Who may see and change which annotation while two rate blind. Decided here, by the host: what is hidden is never sent. */
import type { Rating } from '../../preload/contract/rating'
import type { BodyOf, EventOf } from '../../preload/contract/session'
import { UserError } from '../../preload/contract/errors'
import { samePerson } from '../../preload/contract/rating'

type Annotation = EventOf<'annotation'>

/** The blind rating a tier is under, if it is. */
export function blindRating(ratings: readonly Rating[], tier: string): Rating | undefined {
  return ratings.find(({ tiers, unblinded }) => unblinded === undefined && tiers.includes(tier))
}

/** Of tiers under blind rating, one's own; of others, all. A viewer without a name has nothing of their own. */
export function visibleTo(annotations: readonly Annotation[], ratings: readonly Rating[], viewer: string): Annotation[] {
  const blind = new Set(ratings.filter(({ unblinded }) => unblinded === undefined).flatMap(({ tiers }) => tiers))
  if (blind.size === 0)
    return [...annotations]
  return annotations.filter(({ tier, author }) => !blind.has(tier) || isOwn(author, viewer))
}

function isOwn(author: string, viewer: string): boolean {
  return viewer.trim() !== '' && samePerson(author, viewer)
}

/** Throws the UserError `rating-blind` where the tier is being rated and the author is neither of the raters. */
export function refuseOutsider(ratings: readonly Rating[], { tier, author }: Pick<BodyOf<'annotation'>, 'tier' | 'author'>): void {
  const rating = blindRating(ratings, tier)
  if (rating !== undefined && !rating.raters.some(rater => isOwn(author, rater)))
    throw new UserError({ code: 'rating-blind', message: `Tier “${tier}” is being rated blind by ${rating.raters.join(' and ')}, and ${author === '' ? 'no name is set' : `${author} is neither`}.`, remedy: 'Sit down as one of the two, choose another tier, or unblind the rating.' })
}
