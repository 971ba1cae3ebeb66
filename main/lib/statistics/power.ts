/**
 * The probability that a site with a true interference is found, computed, not simulated: the distribution of lost and gained pairs
 * after every trial, and what of it has crossed. The level is that of the hardest case, where no other site helps: α over the
 * number of sites.
 */
import { alwaysValid, logInterference, mcNemar } from './paired'

export interface PowerPlan {
  rule: 'fixed' | 'always-valid'
  /** Items of a trial; trials of a site, fewest and most. */
  items: number
  least: number
  most: number
  /** Per site. */
  level: number
  /** Probability that an item fails because of the stimulation, and that it fails for no reason, on either side. */
  interference: number
  baselineError: number
}

/** Pairs lost and gained as one number. */
const STRIDE = 100_000
/** Beyond this many trials nobody is told to go. */
const MOST_TRIALS = 1000

export function power({ rule, items, least, most, level, interference, baselineError }: PowerPlan): number {
  const [lose, gain] = pairProbabilities(interference, baselineError)
  const found = (lost: number, gained: number): boolean => significant(rule, lost, gained, level)
  let pending = new Map<number, number>([[0, 1]])
  let crossed = 0
  for (let trial = 1; trial <= most; trial++) {
    for (let item = 0; item < items; item++) pending = step(pending, lose, gain)
    // Only at the end, or after every trial from the fewest on.
    if (rule === 'fixed' ? trial < most : trial < least) continue
    for (const [key, probability] of pending) {
      if (!found(Math.floor(key / STRIDE), key % STRIDE)) continue
      crossed += probability
      pending.delete(key)
    }
  }
  return Math.min(1, crossed)
}

/** The fewest trials a site needs at most for the power wanted; undefined where a thousand are not enough. */
export function trialsNeeded(plan: Omit<PowerPlan, 'most'>, target: number): number | undefined {
  for (let most = plan.least, last = 0; most <= MOST_TRIALS; last = most, most = Math.ceil(most * 1.5)) {
    if (power({ ...plan, most }) < target) continue
    // Not quite monotone for tests of whole numbers, so the first that suffices is looked for one by one.
    for (let trials = Math.max(plan.least, last + 1); trials <= most; trials++) {
      if (power({ ...plan, most: trials }) >= target) return trials
    }
  }
  return undefined
}

/** Probabilities that a pair is lost and that it is gained, both sides failing for no reason independently. */
export function pairProbabilities(interference: number, baselineError: number): [lost: number, gained: number] {
  const wrong = baselineError + (1 - baselineError) * interference
  return [(1 - baselineError) * wrong, baselineError * (1 - wrong)]
}

export function significant(rule: 'fixed' | 'always-valid', lost: number, gained: number, level: number): boolean {
  return (rule === 'fixed' ? mcNemar(lost, gained) : alwaysValid(logInterference(lost, gained))) <= level
}

/** Probabilities too small to matter to any sum. */
const NOTHING = 1e-12

function step(pending: Map<number, number>, lose: number, gain: number): Map<number, number> {
  const next = new Map<number, number>()
  const add = (key: number, probability: number): void => {
    if (probability > NOTHING) next.set(key, (next.get(key) ?? 0) + probability)
  }
  for (const [key, probability] of pending) {
    add(key + STRIDE, probability * lose)
    add(key + 1, probability * gain)
    add(key, probability * (1 - lose - gain))
  }
  return next
}
