/** The next trial of a mapping, from its protocol and history alone: what to present, or that the phase has what it needs. */
import type { PatientOnTable } from '../patient'
import type { History } from './history'
import type { Prepared } from './prepare'
import type { Asked } from './present'
import { answerTarget } from '../../lib/answers'
import { allowedStrengths } from './doses'
import { evidenceAt, isDone, workingStrength } from './judging'
import { chooseSite, drawSham, itemsOf } from './order'

export class Planner {
  readonly #patient: PatientOnTable
  readonly #prepared: Prepared
  readonly #history: History
  /** Sites that need more in the present phase, and what is asked of them; kept because a look at every site after every trial is slow. */
  #open: { phase: string, needs: Map<string, number> } | undefined
  #seen = 0

  constructor(patient: PatientOnTable, prepared: Prepared, history: History) {
    this.#patient = patient
    this.#prepared = prepared
    this.#history = history
  }

  /** Sites still to be worked on in this phase. */
  get open(): string[] {
    return [...this.#needs().keys()]
  }

  /** Trials this phase will take at most from here on. */
  get left(): number {
    const { protocol } = this.#prepared
    const most = this.#history.machine.phase === 'calibrate' ? protocol.stimulation.strengths.length : protocol.trials.most
    return [...this.#needs().values()].reduce((sum, done) => sum + most - done, 0)
  }

  /** A step of a staircase, or a trial; undefined where the phase has what it needs. By hand, at the site given. */
  next(site?: string): Asked | undefined {
    switch (this.#history.machine.phase) {
      case 'calibrate': return this.#step(site)
      case 'map': return this.#trial(site)
      default: return undefined
    }
  }

  #step(given: string | undefined): Asked | undefined {
    const { protocol } = this.#prepared
    const site = given ?? this.#choose()
    if (!given && this.#twice(site)) return this.#shamElsewhere()
    const strength = site === undefined ? undefined : nextStep(this.#prepared, this.#history, site)
    if (site === undefined || strength === undefined || !protocol.staircase) return undefined
    const done = this.#history.of(site, 'calibrate').length
    const rows = itemsOf(this.#prepared.items.calibrate, protocol, `calibrate/${site}`, done, protocol.staircase.items, this.#likeTheLast())
    return { phase: 'calibrate', sites: [site], strength, sham: false, repetition: done + 1, rows }
  }

  #trial(given: string | undefined): Asked | undefined {
    const { protocol, items } = this.#prepared
    const { number, shams } = this.#history
    const site = given ?? this.#choose()
    // The sites are done with, and some shams are still owed.
    if (site === undefined) return shams.done < protocol.shams.least ? this.#shamElsewhere() : undefined
    if (!given && this.#twice(site)) return this.#shamElsewhere()
    if (drawSham(protocol, number, shams.done, this.left)) return this.#sham(site)
    const strength = workingStrength(protocol, this.#history, site)
    if (strength === undefined) return undefined
    const done = evidenceAt(protocol, this.#history, site).n
    // Also those at a strength that a seizure put an end to have shown their items.
    const shown = this.#history.of(site, 'map').length
    return { phase: 'map', sites: [site], strength, sham: false, repetition: done + 1, rows: itemsOf(items.map, protocol, `map/${site}`, shown, protocol.trials.items, this.#likeTheLast()) }
  }

  /** One site is left, and it was the last: a sham at another comes between, so that none is stimulated twice running. */
  #twice(site: string | undefined): boolean {
    const { protocol, sites } = this.#prepared
    return protocol.order.neverTwice && sites.length > 1 && site !== undefined && site === this.#history.last?.site
  }

  #shamElsewhere(): Asked {
    const { protocol, sites } = this.#prepared
    return this.#sham(chooseSite(sites.map(site => ({ site, done: 0 })), this.#history.last?.site, protocol, this.#history.number))
  }

  #sham(site: string): Asked {
    const { protocol, items } = this.#prepared
    const done = this.#history.shams.done
    return { phase: this.#history.machine.phase, sites: [site], strength: 0, sham: true, repetition: done + 1, rows: itemsOf(items.map, protocol, 'sham', done, protocol.trials.items, this.#likeTheLast()) }
  }

  #choose(): string | undefined {
    const needs = this.#needs()
    // In the order of the sites: that in which they came to need something is another one after a resumption.
    const candidates = this.#prepared.sites.flatMap((site) => {
      const done = needs.get(site)
      return done === undefined ? [] : [{ site, done }]
    })
    return candidates.length === 0 ? undefined : chooseSite(candidates, this.#history.last?.site, this.#prepared.protocol, this.#history.number)
  }

  /** What has been done at each site that needs more. Only the sites of trials since the last look can have changed. */
  #needs(): Map<string, number> {
    const { machine: { phase }, trials } = this.#history
    if (this.#open?.phase !== phase) {
      this.#open = { phase, needs: new Map() }
      this.#seen = trials.length
      for (const site of this.#prepared.sites) this.#look(site)
    }
    for (; this.#seen < trials.length; this.#seen++) this.#look(trials[this.#seen].site)
    return this.#open.needs
  }

  #look(site: string): void {
    const { protocol, sites } = this.#prepared
    const { needs, phase } = this.#open!
    needs.delete(site)
    if (!sites.includes(site)) return
    if (phase === 'calibrate' && nextStep(this.#prepared, this.#history, site) !== undefined) needs.set(site, this.#history.of(site, 'calibrate').length)
    if (phase !== 'map') return
    const evidence = evidenceAt(protocol, this.#history, site)
    if (!isDone(protocol, sites.length, evidence)) needs.set(site, evidence.n)
  }

  #likeTheLast(): ((item: number) => boolean) | undefined {
    const last = this.#history.lastShown
    return last && (item => answerTarget(this.#patient.loaded.items, item) === last.target)
  }
}

/** Of a site's staircase: undefined where it is over, or there is none. */
export function nextStep({ protocol }: Prepared, history: History, site: string): number | undefined {
  const { staircase } = protocol
  if (!staircase || history.ramps.has(site)) return undefined
  const steps = history.of(site, 'calibrate')
  const last = steps[steps.length - 1]
  if (last && (last.seizure || last.lost >= staircase.criterion * last.items)) return undefined
  return allowedStrengths(protocol, site)[steps.length]
}
