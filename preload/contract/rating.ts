/**
 * Two raters, blind to each other, on some tiers. While it lasts each sees of those tiers what is their own; it ends
 * when both have said that they are done, or when somebody opens it. What they agreed on is judged as it stood then.
 */
import { z } from 'zod'

const id = z.string().length(26)
const rater = z.string().min(1).max(200)

export const ratingSchema = z.object({
  kind: z.literal('rating'),
  rating: id,
  tiers: z.array(z.string().min(1).max(200)).min(1).max(200),
  raters: z.tuple([rater, rater]),
  /** Who arranged it. */
  by: z.string(),
})

/** A rater has finished, or (`done: false`) has something to add after all. */
export const ratingDoneSchema = z.object({ kind: z.literal('rating.done'), rating: id, rater, done: z.boolean() })

/** From here on each sees the other's. `opened` before both were done: then it was not blind to its end, and reports say so. */
export const ratingUnblindedSchema = z.object({ kind: z.literal('rating.unblinded'), rating: id, reason: z.enum(['done', 'opened']), by: z.string() })

/** How a blind rating stands. */
export interface Rating {
  rating: string
  tiers: string[]
  raters: [string, string]
  done: string[]
  /** Session time it began at, ns. */
  began: number
  unblinded?: { t: number, reason: 'done' | 'opened', by: string }
}

/** One person however their name was typed. */
export function samePerson(a: string, b: string): boolean {
  return personKey(a) === personKey(b)
}

export function personKey(name: string): string {
  return name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase()
}
