/**
 * A monitored signal as it is gathered and read: rows of samples at even times, a value for each channel that holds until the next.
 * Pure; what a channel's value is, and when a chunk is written, is decided elsewhere.
 */
import type { BodyOf, EventOf } from '../../preload/contract/session'

/** Between samples, ns: 20 a second, about as fast as a hand steps through items. The event that changed a value has its exact time. */
export const SIGNAL_DT = 50_000_000

export interface SignalChunk { t0: number, samples: number, data: Float32Array<ArrayBuffer> }

export class SignalBuffer {
  readonly channels: readonly string[]
  /** Held now. */
  #values: Float32Array
  #t0: number
  #rows = new Float32Array(256)
  #samples = 0
  #varied = false

  /** From `t` ns on. No value is known yet. */
  constructor(channels: readonly string[], t: number) {
    this.channels = channels
    this.#values = new Float32Array(channels.length).fill(Number.NaN)
    this.#t0 = t
  }

  get t0(): number {
    return this.#t0
  }

  /** Whether any sample of the present chunk differs from the one before. */
  get varied(): boolean {
    return this.#varied
  }

  /** These values from `t` on; before it, those held so far. */
  set(t: number, values: Float32Array): void {
    this.#fill(t)
    this.#varied ||= values.some((value, i) => !Object.is(value, this.#values[i]))
    this.#values = values
  }

  /** The samples before `t`, taken out; undefined where there is none. */
  take(t: number): SignalChunk | undefined {
    this.#fill(t)
    if (this.#samples === 0)
      return undefined
    const chunk = { t0: this.#t0, samples: this.#samples, data: this.#rows.slice(0, this.#samples * this.channels.length) }
    this.#t0 += this.#samples * SIGNAL_DT
    this.#samples = 0
    this.#varied = false
    return chunk
  }

  /** What `take` took could not be written: it stands before what has come since. */
  putBack({ t0, samples, data }: SignalChunk): void {
    const since = this.#rows.slice(0, this.#samples * this.channels.length)
    this.#rows = new Float32Array(data.length + since.length + 256)
    this.#rows.set(data)
    this.#rows.set(since, data.length)
    this.#t0 = t0
    this.#samples += samples
    this.#varied = true
  }

  #fill(t: number): void {
    const width = this.channels.length
    for (let at = this.#t0 + this.#samples * SIGNAL_DT; at < t; at += SIGNAL_DT) {
      if ((this.#samples + 1) * width > this.#rows.length) {
        const larger = new Float32Array(2 * this.#rows.length + width)
        larger.set(this.#rows)
        this.#rows = larger
      }
      this.#rows.set(this.#values, this.#samples * width)
      this.#samples++
    }
  }
}

/** The rows of a recorded chunk. Throws a RangeError where the blob is not what the event says it is. */
export function rowsOf({ channels, samples }: Pick<BodyOf<'signal'>, 'channels' | 'samples'>, blob: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  if (blob.byteLength !== 4 * samples * channels.length)
    throw new RangeError(`a signal of ${samples} samples of ${channels.length} channels has ${4 * samples * channels.length} bytes, not ${blob.byteLength}`)
  return new Float32Array(blob.buffer, blob.byteOffset, samples * channels.length)
}

/** ns of a sample. */
export function sampleTime({ t0, dt }: Pick<EventOf<'signal'>, 't0' | 'dt'>, sample: number): number {
  return t0 + sample * dt
}
