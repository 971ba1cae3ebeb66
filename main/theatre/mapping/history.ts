/**
 * A mapping as its events tell it: all that the next step depends on. Live, every event appended is applied here; after a crash
 * the log's are, and the mapping goes on.
 */
import type { BodyOf } from '../../../preload/contract/session'
import type { MachineState } from './machine'
import { BEGINNING, reduceMachine } from './machine'

export type TrialBody = BodyOf<'mapping.trial'>
export type MappingBody = Extract<BodyOf<'mapping' | 'mapping.transition' | 'mapping.trial' | 'score' | 'ramp' | 'verdict' | 'mapping.unblinded' | 'mapping.finding'>, { kind: string }>

export class History {
  machine: MachineState = BEGINNING
  readonly trials: TrialBody[] = []
  readonly ramps = new Map<string, BodyOf<'ramp'>>()
  readonly verdicts = new Map<string, BodyOf<'verdict'>>()
  readonly findings: BodyOf<'mapping.finding'>['about'][] = []
  unblinded: BodyOf<'mapping.unblinded'> | undefined
  shams = { done: 0, identical: 0 }
  statesSame = 0
  /** Of the item shown last: what was answered, and its class. */
  lastShown: { answer: number, target: number } | undefined
  readonly #bySite = new Map<string, TrialBody[]>()

  apply(event: MappingBody): void {
    switch (event.kind) {
      case 'mapping': return
      case 'mapping.transition': this.machine = reduceMachine(event); return
      case 'mapping.trial': this.#trial(event); return
      case 'ramp': this.ramps.set(event.site, event); return
      case 'verdict': this.verdicts.set(event.site, event); return
      case 'mapping.unblinded': this.unblinded ??= event; return
      case 'mapping.finding': this.findings.push(event.about); return
      case 'score': return
      default: event satisfies never
    }
  }

  get last(): TrialBody | undefined {
    return this.trials[this.trials.length - 1]
  }

  get number(): number {
    return this.trials.length + 1
  }

  /** Trials at a site, shams among them. */
  at(site: string): readonly TrialBody[] {
    return this.#bySite.get(site) ?? []
  }

  of(site: string, phase: TrialBody['phase']): TrialBody[] {
    return this.at(site).filter(trial => trial.phase === phase && !trial.sham)
  }

  get seizures(): TrialBody[] {
    return this.trials.filter(({ seizure }) => seizure)
  }

  #trial(trial: TrialBody): void {
    this.trials.push(trial)
    if (trial.sham) this.shams = { done: this.shams.done + 1, identical: this.shams.identical + (trial.identical ? 1 : 0) }
    if (trial.stateSame) this.statesSame++
    this.#bySite.set(trial.site, [...this.#bySite.get(trial.site) ?? [], trial])
  }
}
