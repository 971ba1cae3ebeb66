/**
 * The sites a screen monitors while it records: their activity for the item shown goes into the session as `signal` chunks, between
 * trials too, where no trial's blob has it. A primary in training beside the session is not the one on the table, and its loss and
 * accuracy are `training` events at their exact times: a sampled copy would say less.
 */
import type { Presentation } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { BodyOf } from '../../preload/contract/session'
import type { SignalChunk } from '../session/signal'
import type { RecordedPlace } from './activity'
import { UserError } from '../../preload/contract/errors'
import { SIGNAL_DT, SignalBuffer } from '../session/signal'
import { activityAt, placeIn } from './activity'

/** More would be sheets, which trials hold. */
export const MOST_MONITORED = 64
/** A chunk is written after this long where something changed in it, and after the longer time where nothing did, ns. */
const CHUNK = 5e9
const STILL_CHUNK = 60e9
/** Nothing ran for so long: the machine slept, or the program was stopped, and nothing was watched meanwhile, ns. */
const GAP = 10e9
/** What cannot be written is kept this long, ns. */
const MOST_KEPT = 600e9

export interface MonitorsOptions {
  /** ns since the session began. */
  now: () => number
  /** Blob first, then the event. Throws what a recorder throws. */
  write: (chunk: Pick<BodyOf<'signal'>, 't0' | 'dt' | 'samples' | 'channels'>, data: Float32Array) => void
}

export class Monitors {
  #options: MonitorsOptions | undefined
  #buffer: SignalBuffer | undefined
  #places: RecordedPlace[] = []
  /** Ended by a gap, not written yet. */
  readonly #pending: { chunk: SignalChunk, channels: readonly string[] }[] = []
  /** When anything last ran, ns. */
  #seen = 0
  /** Of the item shown: without stimulation, and with it while one is on. */
  #shown: { before: Float32Array[], after?: Float32Array[] } | undefined

  get sites(): readonly string[] {
    return this.#buffer?.channels ?? []
  }

  /** A recording begins. */
  begin(options: MonitorsOptions): void {
    this.#options = options
    this.#buffer = undefined
    this.#pending.length = 0
    this.#seen = options.now()
  }

  /** It is over; `end` has written what there was. */
  stop(): void {
    this.#options = undefined
    this.#buffer = undefined
  }

  /**
   * Monitors these from now on, but for those that this primary has not or that have no activity: a screen's monitors outlive a primary.
   * Throws `too-many-monitors`, and what writing throws.
   */
  choose(sites: readonly string[], architecture: Architecture): void {
    const found = [...new Set(sites)].flatMap((site) => {
      const place = placeOf(architecture, site)
      return place === undefined ? [] : [{ site, place }]
    })
    const chosen = found.map(({ site }) => site)
    if (chosen.length > MOST_MONITORED)
      throw new UserError({ code: 'too-many-monitors', message: `${chosen.length} sites are to be monitored, ${MOST_MONITORED} are possible.`, remedy: 'Monitor fewer; trials hold the activity of every site.' })
    if (this.#options === undefined || (chosen.length === this.sites.length && chosen.every((site, i) => site === this.sites[i])))
      return
    this.end()
    const now = this.#options.now()
    this.#places = found.map(({ place }) => place)
    this.#buffer = chosen.length === 0 ? undefined : new SignalBuffer(chosen, now)
    this.#hold(now)
  }

  /** An item is shown without stimulation. */
  show({ activations }: Presentation): void {
    this.#shown = { before: activations }
    this.#changed()
  }

  /** It is stimulated. */
  stimulated(before: Presentation, after: Presentation): void {
    this.#shown = { before: before.activations, after: after.activations }
    this.#changed()
  }

  /** The stimulation ended. */
  released(): void {
    if (this.#shown?.after === undefined)
      return
    this.#shown = { before: this.#shown.before }
    this.#changed()
  }

  /** Another primary lies on the table: nothing of it was shown. */
  forget(): void {
    this.#shown = undefined
    this.#changed()
  }

  /** To be called now and then: writes what is due. Throws what writing throws; nothing is lost by that, the next call tries again. */
  keepUp(): void {
    const { buffer, now } = this.#at()
    this.#writePending()
    if (buffer === undefined || now - buffer.t0 < (buffer.varied ? CHUNK : STILL_CHUNK))
      return
    this.#write(buffer, now)
  }

  /** Writes what there is. */
  end(): void {
    const { buffer, now } = this.#at()
    this.#writePending()
    if (buffer !== undefined)
      this.#write(buffer, now)
  }

  #writePending(): void {
    for (let [first] = this.#pending; first !== undefined; [first] = this.#pending) {
      this.#options!.write(described(first.chunk, first.channels), first.chunk.data)
      this.#pending.shift()
    }
  }

  #write(buffer: SignalBuffer, now: number): void {
    const chunk = buffer.take(now)
    if (chunk === undefined)
      return
    try {
      this.#options!.write(described(chunk, buffer.channels), chunk.data)
    }
    catch (error) {
      buffer.putBack(chunk)
      throw error
    }
  }

  #at(): { buffer: SignalBuffer | undefined, now: number } {
    const now = this.#options?.now() ?? 0
    const { sites } = this
    if (this.#buffer !== undefined && (now - this.#seen > GAP || now - this.#buffer.t0 > MOST_KEPT)) {
      // What was watched ends where it was last seen; what could not be written for so long is given up.
      const chunk = now - this.#buffer.t0 > MOST_KEPT && now - this.#seen <= GAP ? undefined : this.#buffer.take(this.#seen)
      if (chunk !== undefined)
        this.#pending.push({ chunk, channels: sites })
      this.#buffer = new SignalBuffer(sites, now)
      this.#hold(now)
    }
    this.#seen = now
    return { buffer: this.#buffer, now }
  }

  #changed(): void {
    const { buffer, now } = this.#at()
    if (buffer !== undefined)
      this.#hold(now)
  }

  #hold(now: number): void {
    const shown = this.#shown?.after ?? this.#shown?.before
    this.#buffer?.set(now, Float32Array.from(this.#places, place => shown === undefined ? Number.NaN : activityAt(shown, place)))
  }
}

function described({ t0, samples }: SignalChunk, channels: readonly string[]): Parameters<MonitorsOptions['write']>[0] {
  return { t0, dt: SIGNAL_DT, samples, channels: [...channels] }
}

function placeOf(architecture: Architecture, site: string): RecordedPlace | undefined {
  try {
    return placeIn(architecture, site)
  }
  catch (error) {
    if (error instanceof UserError)
      return undefined
    throw error
  }
}
