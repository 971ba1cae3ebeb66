/** Rows that several exports make of events: a stimulation by intervention, a trial with what was stimulated. Pure. */
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

/** Events that name a stimulation find out here what it was; a trial follows the stimulation it is of. */
export class Stimulations {
  readonly #all = new Map<string, EventOf<'stimulation'>>()
  readonly #on = new Set<string>()

  begin(event: EventOf<'stimulation'>): void {
    this.#all.set(event.stimulation, event)
    this.#on.add(event.stimulation)
  }

  /** The stimulation that ends; undefined where it ended before or never began. */
  end(stimulation: string): EventOf<'stimulation'> | undefined {
    return this.#on.delete(stimulation) ? this.#all.get(stimulation) : undefined
  }

  of(stimulation: string): EventOf<'stimulation'> | undefined {
    return this.#all.get(stimulation)
  }

  /** Those that never ended. */
  get on(): EventOf<'stimulation'>[] {
    return [...this.#on].map(id => this.#all.get(id)!)
  }
}
