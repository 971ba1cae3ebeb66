/** Rows that several exports make of events: a stimulation by intervention, a trial with what was stimulated and when. Pure. */
import type { Intervention } from '../../../preload/contract/intervention'
import type { EventOf } from '../../../preload/contract/session'
import { baselineName } from '../../../preload/contract/intervention'

/** `layers.0.unit[3] gate 0.25 (zero)`, several joined by `; `. */
export function interventionsText(interventions: readonly Intervention[]): string {
  return interventions.map(interventionText).join('; ')
}

export function interventionText(intervention: Intervention): string {
  const { site, op } = intervention
  switch (op) {
    case 'gate': return `${site} gate ${intervention.strength} (${baselineName(intervention.baseline)})`
    case 'noise': return `${site} noise ${intervention.strength} (seed ${intervention.seed})`
    case 'patch': return `${site} patch`
    case 'drive':
    case 'clamp': return `${site} ${op} ${intervention.strength}`
    default: return intervention satisfies never
  }
}

export function strengthOf(intervention: Intervention): number | undefined {
  return 'strength' in intervention ? intervention.strength : undefined
}

export function baselineOf(intervention: Intervention): string | undefined {
  return intervention.op === 'gate' ? baselineName(intervention.baseline) : undefined
}

type Timed = EventOf<'stimulation'> | EventOf<'stimulation.off'> | EventOf<'trial'>
export const TIMED = ['stimulation', 'stimulation.off', 'trial'] as const

/** A trial from the onset of its stimulation to its end, ns. `end` is undefined where the recording stops before it. */
export interface TrialSpan { trial: EventOf<'trial'>, stimulation: EventOf<'stimulation'> | undefined, onset: number, end: number | undefined }

/** How many stimulations that ended a later trial may still be of. */
const REMEMBERED = 1024

/** Every trial in the order of the onsets, each as soon as it is known when its stimulation ended: a million events are walked and a few held. */
export function* trialSpans(events: Iterable<Timed>): Generator<TrialSpan> {
  const on = new Map<string, { stimulation: EventOf<'stimulation'>, trials: TrialSpan[] }>()
  const ended = new Map<string, { stimulation: EventOf<'stimulation'>, end: number }>()
  const waiting: TrialSpan[] = []
  for (const event of events) {
    switch (event.kind) {
      case 'stimulation':
        on.set(event.stimulation, { stimulation: event, trials: [] })
        break
      case 'trial': {
        const [now, before] = [on.get(event.stimulation), ended.get(event.stimulation)]
        const stimulation = now?.stimulation ?? before?.stimulation
        const span: TrialSpan = { trial: event, stimulation, onset: stimulation?.t ?? event.t, end: before?.end }
        now?.trials.push(span)
        waiting.splice(waiting.findLastIndex(({ onset }) => onset <= span.onset) + 1, 0, span)
        break
      }
      case 'stimulation.off': {
        const now = on.get(event.stimulation)
        if (now === undefined)
          break
        on.delete(event.stimulation)
        ended.set(event.stimulation, { stimulation: now.stimulation, end: event.t })
        if (ended.size > REMEMBERED)
          ended.delete(ended.keys().next().value!)
        for (const span of now.trials)
          span.end = event.t
        break
      }
      default: event satisfies never
    }
    // What is still on may have a trial yet, with an earlier onset.
    const earliest = on.values().next().value?.stimulation.t ?? Number.POSITIVE_INFINITY
    const known = waiting.findIndex(({ onset }) => onset >= earliest)
    yield* waiting.splice(0, known === -1 ? waiting.length : known)
  }
  yield* waiting
}

/** Events that name a stimulation find out here what it was; a trial follows the stimulation it is of, at most some that ended before. */
export class Stimulations {
  readonly #on = new Map<string, EventOf<'stimulation'>>()
  readonly #ended = new Map<string, EventOf<'stimulation'>>()

  begin(event: EventOf<'stimulation'>): void {
    this.#on.set(event.stimulation, event)
  }

  /** The stimulation that ends; undefined where it ended before or never began. */
  end(stimulation: string): EventOf<'stimulation'> | undefined {
    const event = this.#on.get(stimulation)
    if (event === undefined)
      return undefined
    this.#on.delete(stimulation)
    this.#ended.set(stimulation, event)
    if (this.#ended.size > REMEMBERED)
      this.#ended.delete(this.#ended.keys().next().value!)
    return event
  }

  of(stimulation: string): EventOf<'stimulation'> | undefined {
    return this.#on.get(stimulation) ?? this.#ended.get(stimulation)
  }

  /** Those that never ended. */
  get on(): EventOf<'stimulation'>[] {
    return [...this.#on.values()]
  }
}
