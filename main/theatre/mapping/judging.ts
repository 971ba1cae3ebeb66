/** What a site's trials amount to, after any of them: whether it needs more, and what they show. Pure. */
import type { Protocol } from '../../../preload/contract/protocol'
import type { History, TrialBody } from './history'
import { clopperPearson } from '../../lib/statistics/binomial'
import { absent, alwaysValid, confidenceSequence, logAbsence, logInterference, mcNemar } from '../../lib/statistics/paired'
import { allowedStrengths, doseOf, largestStrength } from './doses'

export interface Evidence {
  /** Trials, and how many of them lost the item shown. */
  n: number
  k: number
  items: number
  lost: number
  gained: number
  /** Of the interference, and that there is none to speak of. */
  p: number
  absentP: number
  interval: [number, number]
  logProbability: { mean: number, se: number }
  strength: number | undefined
  /** The strength is the protocol's largest. */
  largest: boolean
}

/** The strength trials of a site are made with now; undefined where a seizure has left none. */
export function workingStrength(protocol: Protocol, history: History, site: string): number | undefined {
  const { stimulation, working } = protocol
  const seizedAt = history.at(site).flatMap(({ seizure, strength }) => seizure ? [doseOf(stimulation, strength)] : [])
  const allowed = allowedStrengths(protocol, site, seizedAt)
  const largest = allowed[allowed.length - 1]
  const threshold = history.ramps.get(site)?.threshold
  return working === 'threshold' && threshold !== undefined && allowed.includes(threshold) ? threshold : largest
}

export function evidenceAt(protocol: Protocol, history: History, site: string): Evidence {
  const strength = workingStrength(protocol, history, site)
  const trials = history.of(site, 'map').filter(trial => trial.strength === strength && !trial.seizure)
  const sum = (of: (trial: TrialBody) => number): number => trials.reduce((total, trial) => total + of(trial), 0)
  const [items, lost, gained] = [sum(trial => trial.items), sum(trial => trial.lost), sum(trial => trial.gained)]
  const { test, stopping } = protocol
  const sequential = stopping.rule === 'always-valid'
  const none = trials.length === 0
  return {
    n: trials.length,
    k: sum(trial => trial.shownLost ? 1 : 0),
    items,
    lost,
    gained,
    p: none ? 1 : sequential ? alwaysValid(logInterference(lost, gained)) : mcNemar(lost, gained),
    absentP: none ? 1 : sequential ? alwaysValid(logAbsence(lost, items, test.absentBelow)) : absent(lost, items, test.absentBelow),
    interval: (sequential ? confidenceSequence : clopperPearson)(lost, items, 1 - test.alpha),
    logProbability: pooled(trials),
    strength,
    largest: strength === largestStrength(protocol),
  }
}

/**
 * No trial more is needed: the evidence crosses the level of the hardest case, α over all sites, or the trials are used up. Where
 * the largest strength was not tried a site cannot be shown to be negative, and only interference ends it early.
 */
export function isDone(protocol: Protocol, sites: number, { n, p, absentP, largest, strength }: Evidence): boolean {
  const { trials, stopping, test } = protocol
  if (strength === undefined || n >= trials.most) return true
  if (stopping.rule === 'fixed' || n < trials.least) return false
  const level = test.alpha / sites
  return p <= level || (largest && absentP <= level)
}

/** Means of equal trials and their standard errors as one: within and between trials (Chan et al. 1979). */
function pooled(trials: readonly TrialBody[]): { mean: number, se: number } {
  const n = trials.reduce((sum, { items }) => sum + items, 0)
  if (n === 0) return { mean: 0, se: 0 }
  const mean = trials.reduce((sum, { items, logProbability }) => sum + items * logProbability.mean, 0) / n
  const squares = trials.reduce((sum, { items, logProbability: { mean: own, se } }) => sum + se ** 2 * items * (items - 1) + items * (own - mean) ** 2, 0)
  return { mean, se: n === 1 ? 0 : Math.sqrt(squares / (n - 1) / n) }
}
