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

/** Cohen's kappa of two raters' codes. */
export interface Kappa {
  /** Rated by both. */
  n: number
  /** Share of them on which the two agree; undefined where there is none. */
  observed: number | undefined
  /** Share expected of two who code independently with the frequencies these two have. */
  expected: number | undefined
  /** (observed − expected) / (1 − expected). */
  kappa: number | undefined
  se: number | undefined
  /** 95 %, kept within −1 … 1. */
  interval: [number, number] | undefined
  /** Why there is no kappa. */
  undefined?: string
}

/** One thing that was rated: a trial, or where ratings name none, a stretch both marked. */
export interface Disagreement {
  /** ns, to go there. */
  t: number
  trial?: string
  /** Codes of the first and the second rater; undefined where that one did not rate it. */
  codes: [string | undefined, string | undefined]
  /** The annotations it is about. */
  annotations: string[]
  /** What was decided between the two, and by whom. */
  settled?: { annotation: string, code?: string, author: string }
}

export interface RaterAgreement extends Kappa {
  tier: string
  raters: [string, string]
  /** Rows and columns of the table. */
  codes: string[]
  /** `table[i][j]`: units the first rater coded i and the second j. */
  table: number[][]
  /** How many of the n are trials, and how many stretches that overlap. */
  trials: number
  stretches: number
  /** Rated by one of them only: no part of kappa. */
  only: [number, number]
  /** Rated more than once by one rater: the latest counts. */
  repeated: number
  /** `done`: blind until both were done. `opened`: unblinded before. `never`: there was no blind rating. */
  blind: 'done' | 'opened' | 'never'
  /** In order of time; those only one rated come after those rated differently. */
  disagreements: Disagreement[]
}
