/**
 * A mapping as it can be read off its events: the same for one under way and for a replay up to the playhead. Pure. Shares and
 * means are sums of what was measured; p-values and intervals are the verdicts' own and never computed here.
 */
import type { Finding, FindingOf, Interrupt, MappingPhase } from '../../../preload/contract/mapping'
import type { MappingEvent } from '../../../preload/contract/mappingScreen'
import type { EventOf } from '../../../preload/contract/session'

export type MapTrial = EventOf<'mapping.trial'>
export type Verdict = EventOf<'verdict'>
export type Ramp = EventOf<'ramp'>

/** What is known of one site so far. */
export interface SiteTally {
  site: string
  /** Trials of the map, those whose shown item was lost, and items of all of them. */
  n: number
  k: number
  items: number
  lost: number
  gained: number
  /** Mean change of log p(target) over the items, nats; undefined before the first trial. */
  logProbability?: number
  /** Steps of the staircase while it is under way. */
  steps: { strength: number, items: number, lost: number }[]
  ramp?: Ramp
  verdict?: Verdict
}

export interface MappingFold {
  event?: EventOf<'mapping'>
  phase: MappingPhase
  /** Undefined while it goes on. */
  standing?: { what: 'pause' | 'interrupt' | 'end', interrupt?: Interrupt, reason?: string }
  trials: MapTrial[]
  sites: Map<string, SiteTally>
  shams: { done: number, identical: number }
  /** Trials after which the primary answered as before. */
  statesSame: number
  scores: EventOf<'score'>[]
  unblinded?: EventOf<'mapping.unblinded'>
  findings: Finding[]
}

export function emptyFold(): MappingFold {
  return { phase: 'prepare', trials: [], sites: new Map(), shams: { done: 0, identical: 0 }, statesSame: 0, scores: [], findings: [] }
}

/** Adds an event, in place: a mapping has thousands of them. */
export function take(fold: MappingFold, event: MappingEvent): void {
  switch (event.kind) {
    case 'mapping':
      fold.event = event
      return
    case 'mapping.transition':
      return takeTransition(fold, event)
    case 'mapping.trial':
      return takeTrial(fold, event)
    case 'score':
      fold.scores.push(event)
      return
    case 'ramp':
      tallyOf(fold, event.site).ramp = event
      return
    case 'verdict':
      tallyOf(fold, event.site).verdict = event
      return
    case 'mapping.unblinded':
      fold.unblinded = event
      return
    case 'mapping.finding':
      fold.findings = [...fold.findings.filter(({ finding }) => finding !== event.about.finding), event.about]
      return
    default:
      event satisfies never
  }
}

function takeTransition(fold: MappingFold, { to, what, interrupt, reason }: EventOf<'mapping.transition'>): void {
  fold.phase = to
  if (what === 'pause' || what === 'interrupt' || what === 'end')
    fold.standing = { what, ...(interrupt ? { interrupt } : {}), ...(reason ? { reason } : {}) }
  else
    delete fold.standing
}

function takeTrial(fold: MappingFold, trial: MapTrial): void {
  fold.trials.push(trial)
  if (trial.stateSame)
    fold.statesSame++
  if (trial.sham) {
    fold.shams.done++
    fold.shams.identical += trial.identical ? 1 : 0
    return
  }
  // A joint lesion is a finding's business, not a site's.
  if (trial.site.includes(';') || trial.phase === 'verify')
    return
  const tally = tallyOf(fold, trial.site)
  if (trial.phase === 'calibrate') {
    const step = tally.steps.find(({ strength }) => strength === trial.strength)
    if (step)
      [step.items, step.lost] = [step.items + trial.items, step.lost + trial.lost]
    else
      tally.steps.push({ strength: trial.strength, items: trial.items, lost: trial.lost })
    return
  }
  tally.logProbability = ((tally.logProbability ?? 0) * tally.items + trial.logProbability.mean * trial.items) / (tally.items + trial.items)
  tally.n++
  tally.k += trial.shownLost ? 1 : 0
  tally.items += trial.items
  tally.lost += trial.lost
  tally.gained += trial.gained
}

export function tallyOf(fold: MappingFold, site: string): SiteTally {
  let tally = fold.sites.get(site)
  if (!tally)
    fold.sites.set(site, tally = { site, n: 0, k: 0, items: 0, lost: 0, gained: 0, steps: [] })
  return tally
}

/** Change of log p(target) by which a site is coloured; undefined where it was not tested. */
export function effectOf({ verdict, logProbability }: SiteTally): number | undefined {
  if (verdict && verdict.verdict !== 'not-tested')
    return verdict.logProbability.mean
  return logProbability
}

export function findingOf<K extends Finding['finding']>(fold: MappingFold, kind: K): FindingOf<K> | undefined {
  return fold.findings.find((one): one is FindingOf<K> => one.finding === kind)
}

/** A fold brought to a moment: forward by what came since, from the beginning where it went back. */
export class FoldAt {
  readonly #events: readonly MappingEvent[]
  #fold = emptyFold()
  #at = 0

  constructor(events: readonly MappingEvent[]) {
    this.#events = events
  }

  /** How many events lie at or before `t`: changes exactly when the fold does. */
  to(t: number): { fold: MappingFold, at: number } {
    if (this.#at > 0 && this.#events[this.#at - 1]!.t > t) {
      this.#fold = emptyFold()
      this.#at = 0
    }
    while (this.#at < this.#events.length && this.#events[this.#at]!.t <= t)
      take(this.#fold, this.#events[this.#at++]!)
    return { fold: this.#fold, at: this.#at }
  }
}
