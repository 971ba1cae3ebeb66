/** Blind ratings as events: begun, declared done, unblinded. */
import type { Rating } from '../../preload/contract/rating'
import type { SessionRecorder } from './recorder'
import { UserError } from '../../preload/contract/errors'
import { samePerson } from '../../preload/contract/rating'
import { blindRating } from './blinding'

/** Throws UserErrors: `raters-same`, `tier-unknown`, `tier-free`, `rating-open` where a tier is being rated already. */
export function beginRating(recorder: SessionRecorder, request: { tiers: string[], raters: [string, string] }, by: string, step: number): void {
  const raters = request.raters.map(name => name.trim()) as [string, string]
  if (raters.includes('') || samePerson(...raters))
    throw new UserError({ code: 'raters-same', message: raters.includes('') ? 'A rater has no name.' : `“${raters[0]}” and “${raters[1]}” are one rater.`, remedy: 'Name two.' })
  const { scheme, ratings } = recorder.notes
  for (const tier of request.tiers) {
    const found = scheme.tiers.find(one => one.tier === tier)
    if (found === undefined)
      throw new UserError({ code: 'tier-unknown', message: `There is no tier “${tier}”.`, remedy: `Tiers: ${scheme.tiers.map(one => one.tier).join(', ')}.` })
    if (found.vocabulary === undefined)
      throw new UserError({ code: 'tier-free', message: `Tier “${found.name}” holds free text, which cannot be compared.`, remedy: 'Give it a vocabulary, or choose a tier that has one.' })
    const open = blindRating(ratings, tier)
    if (open !== undefined)
      throw new UserError({ code: 'rating-open', message: `Tier “${found.name}” is being rated by ${open.raters.join(' and ')}.`, remedy: 'Let them finish, or unblind that rating first.' })
  }
  recorder.append({ kind: 'rating', rating: recorder.newId(), tiers: request.tiers, raters, by }, step)
}

/** A rater is done, or is not after all. When both are, they are unblinded. Throws UserErrors: `rating-unknown`, `rating-over`, `not-a-rater`. */
export function declareDone(recorder: SessionRecorder, id: string, rater: string, done: boolean, step: number): void {
  const { rating, raters } = openRating(recorder, id)
  const name = raters.find(one => samePerson(one, rater))
  if (name === undefined)
    throw new UserError({ code: 'not-a-rater', message: `${rater === '' ? 'Nobody' : rater} does not rate here: ${raters.join(' and ')} do.`, remedy: 'Sit down as one of the two.' })
  recorder.append({ kind: 'rating.done', rating, rater: name, done }, step)
  const { done: finished } = openRating(recorder, id)
  if (raters.every(one => finished.some(other => samePerson(one, other))))
    recorder.append({ kind: 'rating.unblinded', rating, reason: 'done', by: name }, step)
}

/** Before both are done. Throws UserErrors: `rating-unknown`, `rating-over`. */
export function unblindRating(recorder: SessionRecorder, id: string, by: string, step: number): void {
  recorder.append({ kind: 'rating.unblinded', rating: openRating(recorder, id).rating, reason: 'opened', by }, step)
}

function openRating({ notes, folder }: SessionRecorder, id: string): Rating {
  const rating = notes.ratings.find(one => one.rating === id)
  if (rating === undefined)
    throw new UserError({ code: 'rating-unknown', message: `There is no blind rating ${id} in this session.`, remedy: 'Open the session again to see what it holds.', path: folder })
  if (rating.unblinded !== undefined)
    throw new UserError({ code: 'rating-over', message: 'This rating has been unblinded.', remedy: 'Begin another to rate again.', path: folder })
  return rating
}
