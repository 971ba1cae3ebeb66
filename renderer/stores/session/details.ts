/**
 * What stimulations and trials of a recorded session were, fetched by index as the pointer passes: one request
 * outstanding, the newest wish of each kind served next, the last few hundred kept.
 */
import type { EventOf } from '../../../preload/contract/session'
import type { TimelineEvent } from '../../../preload/contract/timeline'
import type { Details } from './tracks'

const KEPT = 512

export class RecordedDetails implements Details {
  readonly #fetch: (request: { kind: TimelineEvent['kind'], index: number }) => Promise<TimelineEvent>
  readonly #arrived: () => void
  /** Undefined for one that could not be read: it is not asked for again. */
  readonly #kept = new Map<string, TimelineEvent | undefined>()
  readonly #wanted = new Map<TimelineEvent['kind'], number>()
  #busy = false

  /** `arrived` is called whenever something new can be told. */
  constructor(fetch: (request: { kind: TimelineEvent['kind'], index: number }) => Promise<TimelineEvent>, arrived: () => void) {
    this.#fetch = fetch
    this.#arrived = arrived
  }

  stimulation(index: number): EventOf<'stimulation'> | undefined {
    return this.#want('stimulation', index) as EventOf<'stimulation'> | undefined
  }

  trial(index: number): EventOf<'trial'> | undefined {
    return this.#want('trial', index) as EventOf<'trial'> | undefined
  }

  #want(kind: TimelineEvent['kind'], index: number): TimelineEvent | undefined {
    const key = `${kind} ${index}`
    if (this.#kept.has(key))
      return this.#kept.get(key)
    this.#wanted.set(kind, index)
    void this.#serve()
    return undefined
  }

  async #serve(): Promise<void> {
    if (this.#busy)
      return
    this.#busy = true
    while (this.#wanted.size > 0) {
      const [kind, index] = [...this.#wanted][0]
      this.#wanted.delete(kind)
      const event = await this.#fetch({ kind, index }).catch(() => undefined)
      this.#kept.set(`${kind} ${index}`, event)
      if (this.#kept.size > KEPT)
        this.#kept.delete(this.#kept.keys().next().value!)
      this.#arrived()
    }
    this.#busy = false
  }
}
