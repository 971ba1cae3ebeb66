/**
 * How far two raters agree on a tier. The rated unit is the trial; ratings that name no trial are paired where their
 * stretches overlap. Kappa is over what both rated; the list of disagreements also has what only one did.
 */
import type { Disagreement, RaterAgreement } from '../../preload/contract/rating'
import type { EventOf } from '../../preload/contract/session'
import type { AnnotationTables } from './annotationTables'
import { UserError } from '../../preload/contract/errors'
import { samePerson } from '../../preload/contract/rating'
import { cohensKappa } from '../lib/kappa'
import { blindRating } from './blinding'

type Rated = EventOf<'annotation'> & { term: string }

/** Half the width a point is given, ns: two who press a key at the same sight press it within half a second. */
const POINT = 250e6
/** Two ratings mean the same where at least this share of the shorter one lies in the other. */
const SHARE = 0.5

interface Unit { trial?: string, t: number, ratings: [Rated | undefined, Rated | undefined] }

/** Throws UserErrors: `rating-blind` while they are, `tier-unknown`, `tier-free` for one without a vocabulary. */
export function agreementOf(notes: AnnotationTables, tier: string, raters: [string, string], trials: readonly { trial: string, t: number }[]): RaterAgreement {
  const vocabulary = vocabularyOf(notes, tier)
  if (samePerson(...raters))
    throw new UserError({ code: 'raters-same', message: `“${raters[0]}” and “${raters[1]}” are one rater.`, remedy: 'Name two.' })
  const blind = blindRating(notes.ratings, tier)
  if (blind !== undefined)
    throw new UserError({ code: 'rating-blind', message: `${blind.raters.join(' and ')} still rate “${tier}” blind${blind.done.length > 0 ? `; ${blind.done.join(' and ')} is done` : ''}.`, remedy: 'Wait until both are done, or unblind the rating.' })
  const rating = notes.ratings.findLast(one => one.tiers.includes(tier) && raters.every(rater => one.raters.some(name => samePerson(name, rater))))
  const present = notes.annotations.present()
  const rated = (rating && notes.asRated(rating.rating)) ?? present
  const settling = settledBy(present)
  const [a, b] = raters.map(rater => rated.filter((one): one is Rated => one.tier === tier && one.term !== undefined && one.settles === undefined && samePerson(one.author, rater))) as [Rated[], Rated[]]

  const byTrial = trialUnits(a, b, trials)
  const stretches = overlapUnits(a.filter(unlinked), b.filter(unlinked))
  const units = [...byTrial.units, ...stretches].sort((one, other) => one.t - other.t)
  const both = units.filter(ratedByBoth)
  const one = units.filter(unit => !ratedByBoth(unit))
  const codes = codesOf(vocabulary, units)
  const table = tableOf(codes, both)
  const differing = both.filter(({ ratings }) => ratings[0]!.term !== ratings[1]!.term)
  return {
    ...cohensKappa(table),
    tier,
    raters,
    codes,
    table,
    trials: both.filter(({ trial }) => trial !== undefined).length,
    stretches: both.filter(({ trial }) => trial === undefined).length,
    only: [one.filter(({ ratings }) => ratings[0] !== undefined).length, one.filter(({ ratings }) => ratings[1] !== undefined).length],
    repeated: byTrial.repeated,
    blind: rating?.unblinded?.reason ?? 'never',
    disagreements: [...differing, ...one].map(unit => disagreementOf(unit, settling)),
  }
}

function ratedByBoth({ ratings }: Unit): boolean {
  return ratings[0] !== undefined && ratings[1] !== undefined
}

function tableOf(codes: string[], both: Unit[]): number[][] {
  const place = new Map(codes.map((code, i) => [code, i]))
  const table = codes.map(() => codes.map(() => 0))
  for (const { ratings } of both)
    table[place.get(ratings[0]!.term)!]![place.get(ratings[1]!.term)!]!++
  return table
}

function vocabularyOf({ scheme }: AnnotationTables, tier: string): string[] {
  const found = scheme.tiers.find(one => one.tier === tier)
  if (found === undefined)
    throw new UserError({ code: 'tier-unknown', message: `There is no tier “${tier}”.`, remedy: `Tiers: ${scheme.tiers.map(one => one.tier).join(', ')}.` })
  const vocabulary = scheme.vocabularies.find(one => one.vocabulary === found.vocabulary)
  if (vocabulary === undefined)
    throw new UserError({ code: 'tier-free', message: `Tier “${found.name}” holds free text, which cannot be compared.`, remedy: 'Give it a vocabulary, or choose a tier that has one.' })
  return vocabulary.terms.map(({ code }) => code)
}

function unlinked({ trials }: Rated): boolean {
  return trials.length === 0
}

/** Every trial that at least one rated; the latest word of each rater counts. */
function trialUnits(a: Rated[], b: Rated[], trials: readonly { trial: string, t: number }[]): { units: Unit[], repeated: number } {
  const times = new Map(trials.map(({ trial, t }) => [trial, t]))
  const units = new Map<string, Unit>()
  let repeated = 0
  for (const [i, list] of [a, b].entries()) {
    for (const rating of list.toSorted((one, other) => one.id < other.id ? -1 : 1)) {
      for (const trial of rating.trials) {
        const unit = units.get(trial) ?? { trial, t: times.get(trial) ?? rating.from.t, ratings: [undefined, undefined] }
        if (unit.ratings[i] !== undefined)
          repeated++
        unit.ratings[i] = rating
        units.set(trial, unit)
      }
    }
  }
  return { units: [...units.values()], repeated }
}

/** Each rating with at most one of the other's, those that coincide best first. */
function overlapUnits(a: Rated[], b: Rated[]): Unit[] {
  const pairs: { i: number, j: number, share: number }[] = []
  const starts = b.map((rating, j) => ({ ...extent(rating), j })).sort((one, other) => one.from - other.from)
  const longest = starts.reduce((most, { from, to }) => Math.max(most, to - from), 0)
  a.forEach((rating, i) => {
    const one = extent(rating)
    for (let at = firstAtLeast(starts, one.from - longest); at < starts.length && starts[at]!.from <= one.to; at++) {
      const other = starts[at]!
      const common = Math.min(one.to, other.to) - Math.max(one.from, other.from)
      if (common / Math.min(one.to - one.from, other.to - other.from) >= SHARE)
        pairs.push({ i, j: other.j, share: common / (Math.max(one.to, other.to) - Math.min(one.from, other.from)) })
    }
  })
  const takenA = new Set<number>()
  const takenB = new Set<number>()
  const units: Unit[] = []
  for (const { i, j } of pairs.sort((one, other) => other.share - one.share || one.i - other.i || one.j - other.j)) {
    if (takenA.has(i) || takenB.has(j))
      continue
    takenA.add(i)
    takenB.add(j)
    units.push({ t: Math.min(a[i]!.from.t, b[j]!.from.t), ratings: [a[i], b[j]] })
  }
  a.forEach((rating, i) => takenA.has(i) || units.push({ t: rating.from.t, ratings: [rating, undefined] }))
  b.forEach((rating, j) => takenB.has(j) || units.push({ t: rating.from.t, ratings: [undefined, rating] }))
  return units
}

function extent({ from, to }: Rated): { from: number, to: number } {
  return to.t - from.t >= 2 * POINT ? { from: from.t, to: to.t } : { from: (from.t + to.t) / 2 - POINT, to: (from.t + to.t) / 2 + POINT }
}

function firstAtLeast(sorted: readonly { from: number }[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]!.from < value)
      low = middle + 1
    else
      high = middle
  }
  return low
}

/** Those that were used, in the vocabulary's order; codes it has no longer come last. */
function codesOf(vocabulary: string[], units: Unit[]): string[] {
  const used = new Set(units.flatMap(({ ratings }) => ratings.flatMap(rating => rating === undefined ? [] : [rating.term])))
  return [...vocabulary.filter(code => used.has(code)), ...[...used].filter(code => !vocabulary.includes(code)).sort()]
}

/** By each annotation that was decided on, what decided, the latest last. */
function settledBy(present: readonly EventOf<'annotation'>[]): Map<string, EventOf<'annotation'>[]> {
  const by = new Map<string, EventOf<'annotation'>[]>()
  for (const one of present) {
    for (const id of one.settles ?? [])
      by.set(id, [...by.get(id) ?? [], one])
  }
  return by
}

function disagreementOf({ trial, t, ratings }: Unit, settling: Map<string, EventOf<'annotation'>[]>): Disagreement {
  const annotations = ratings.flatMap(rating => rating === undefined ? [] : [rating.annotation])
  const settled = settling.get(annotations[0]!)?.findLast(({ settles }) => annotations.every(id => settles!.includes(id)))
  return {
    t,
    ...(trial === undefined ? {} : { trial }),
    codes: [ratings[0]?.term, ratings[1]?.term],
    annotations,
    ...(settled === undefined ? {} : { settled: { annotation: settled.annotation, author: settled.author, ...(settled.term === undefined ? {} : { code: settled.term }) } }),
  }
}
