/**
 * Recorded trials fetched as the playhead passes: one request outstanding, the newest wish served next,
 * the last few hundred kept. Scrubbing over a thousand trials asks for a handful.
 */
import type { RecordedTrial } from '../../../preload/contract/rpc'

export class TrialCache {
  readonly #fetch: (trial: string) => Promise<RecordedTrial>
  readonly #capacity: number
  readonly #kept = new Map<string, RecordedTrial>()
  readonly #failed = new Map<string, unknown>()
  readonly #arrived: (id: string, trial: RecordedTrial) => void
  readonly #refused: (id: string, error: unknown) => void
  #wanted: string | undefined
  #busy = false

  constructor(options: {
    fetch: (trial: string) => Promise<RecordedTrial>
    arrived: (id: string, trial: RecordedTrial) => void
    refused: (id: string, error: unknown) => void
    capacity?: number
  }) {
    this.#fetch = options.fetch
    this.#arrived = options.arrived
    this.#refused = options.refused
    this.#capacity = options.capacity ?? 256
  }

  /** The trial at once where it is kept; otherwise `arrived` or `refused` is called for it, unless something newer is wanted first. */
  want(id: string): RecordedTrial | undefined {
    const kept = this.#kept.get(id)
    if (kept !== undefined) {
      this.#kept.delete(id)
      this.#kept.set(id, kept)
      this.#wanted = undefined
      return kept
    }
    if (this.#failed.has(id)) {
      this.#refused(id, this.#failed.get(id))
      return undefined
    }
    this.#wanted = id
    void this.#serve()
    return undefined
  }

  async #serve(): Promise<void> {
    if (this.#busy)
      return
    this.#busy = true
    while (this.#wanted !== undefined) {
      const id = this.#wanted
      this.#wanted = undefined
      try {
        const trial = await this.#fetch(id)
        this.#keep(id, trial)
        this.#arrived(id, trial)
      }
      catch (error) {
        // Kept, so that a playhead resting on a damaged blob does not ask for it sixty times a second.
        this.#failed.set(id, error)
        this.#refused(id, error)
      }
    }
    this.#busy = false
  }

  #keep(id: string, trial: RecordedTrial): void {
    this.#kept.set(id, trial)
    const oldest = this.#kept.keys().next()
    if (this.#kept.size > this.#capacity && !oldest.done)
      this.#kept.delete(oldest.value)
  }
}
