/**
 * The session as continuous signals: each site that has an activation is a channel, at the value that the item shown gave it. While a
 * stimulation is on, that is the stimulated value; after it, the same item's without stimulation; before the first trial, the site's mean.
 * While a site was monitored, its recorded trace stands in the place of that: it also has items that no trial presented.
 * Three channels more: whether a stimulation is on, and margin and log-probability of the last trial.
 */
import type { EventOf, SessionEvent } from '../../../../preload/contract/session'
import type { ExportContext } from '../context'
import { resolveAddress } from '../../../../preload/contract/address'
import { layoutOf } from '../../../../preload/contract/layout'
import { signalRows } from '../blobRows'

export interface Signals {
  channels: Channel[]
  /** Hz. */
  rate: number
  samples: number
}

export interface Channel {
  name: string
  type: 'SEEG' | 'TRIG' | 'MISC'
  units: string
  description: string
  /** Of a site: its place among the recorded activations, and its mean. */
  place?: { index: number, mean: number }
}

const RATES = [100, 50, 20, 10, 5, 2, 1]
const MOST_BYTES = 64 << 20
const MOST_SITES = 512

const MEASURES: Channel[] = [
  { name: 'stimulation', type: 'TRIG', units: 'n/a', description: '1 while a stimulation is on' },
  { name: 'margin', type: 'MISC', units: 'n/a', description: 'of the last trial: logit of the right answer less that of the best wrong one' },
  { name: 'target_log_probability', type: 'MISC', units: 'n/a', description: 'of the last trial: of the right answer, nats' },
]

/** Sites without an activation of their own (weights, edges, streams, whole layers) have no signal. */
export function signalsOf({ session: { head: tables }, notes }: ExportContext, named: readonly EventOf<'site'>[]): Signals {
  const architecture = tables.provenance.at(-1)?.primary.architecture
  const sheets = architecture === undefined ? [] : layoutOf(architecture).sheets.slice(1)
  const starts = sheets.map((_, i) => sheets.slice(0, i).reduce((sum, { size }) => sum + size, 0))
  const sites = named.flatMap((event): Channel[] => {
    const [site] = architecture === undefined ? [] : resolveAddress(event.address, architecture).sites ?? []
    if (site === undefined || !(site.kind === 'unit' || site.kind === 'channel' || site.kind === 'head') || site.indices.length !== 1)
      return []
    const sheet = sheets.findIndex(({ module }) => module === site.module)
    return sheet === -1 ? [] : [{ name: event.address, type: 'SEEG', units: 'n/a', description: `activation of a ${site.kind}`, place: { index: starts[sheet]! + site.indices[0]!, mean: event.mean } }]
  })
  if (sites.length > MOST_SITES)
    notes.add(`The signals are of the first ${MOST_SITES} of ${sites.length} sites with an activation; the rest are in the bundle.`)
  const channels = [...sites.slice(0, MOST_SITES), ...MEASURES]
  const seconds = tables.duration / 1e9
  const rate = RATES.find(hz => hz * seconds * channels.length * 4 <= MOST_BYTES) ?? 1
  return { channels, rate, samples: Math.floor(seconds * rate) + 1 }
}

/** One row of samples after another, channel by channel: float32, as many rows as there are samples. */
export async function* sampled(context: ExportContext, { channels, rate, samples }: Signals): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const row = Float32Array.from(channels, ({ place }) => place?.mean ?? 0)
  const [on, margin, logProbability] = [channels.length - 3, channels.length - 2, channels.length - 1]
  const monitored = new Monitored(context, channels)
  let last: EventOf<'trial'> | undefined
  let written = 0
  const sample = (): Float32Array<ArrayBuffer> => monitored.over(row.slice(), written * 1e9 / rate)

  const show = (sha256: string): void => {
    if (channels.length === MEASURES.length)
      return
    const bytes = context.blob(sha256, 'the activations of a trial')
    const values = bytes && new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4))
    for (const [i, { place }] of channels.entries()) {
      if (place !== undefined)
        row[i] = values?.[place.index] ?? Number.NaN
    }
  }
  const take = (event: SessionEvent): void => {
    if (event.kind === 'stimulation') {
      row[on] = 1
    }
    else if (event.kind === 'trial') {
      last = event
      show(event.activations)
      row[margin] = event.margin
      row[logProbability] = event.targetLogProbability
    }
    else if (event.kind === 'stimulation.off') {
      row[on] = 0
      if (last?.stimulation === event.stimulation)
        show(last.pairedActivations)
    }
  }

  for await (const events of context.batches()) {
    for (const event of events) {
      if (event.kind !== 'stimulation' && event.kind !== 'trial' && event.kind !== 'stimulation.off')
        continue
      // Every sample before this moment still has what was there.
      for (; written < samples && written * 1e9 < event.t * rate; written++)
        yield sample()
      take(event)
    }
  }
  for (; written < samples; written++)
    yield sample()
}

/** Puts what was monitored at a moment in its place; moments come in order. */
class Monitored {
  readonly #context: ExportContext
  readonly #indices: ReadonlyMap<string, number>
  readonly #signals: EventOf<'signal'>[]
  #next = 0
  #rows: Float32Array[] = []

  constructor(context: ExportContext, channels: readonly Channel[]) {
    this.#context = context
    this.#indices = new Map(channels.flatMap(({ name, place }, i) => place === undefined ? [] : [[name, i] as const]))
    this.#signals = [...context.session.events('signal')].sort((a, b) => a.t0 - b.t0)
  }

  over(row: Float32Array<ArrayBuffer>, t: number): Float32Array<ArrayBuffer> {
    while (this.#next < this.#signals.length && this.#signals[this.#next]!.t0 <= t)
      this.#rows = Array.from(signalRows(this.#context, this.#signals[this.#next++]!), ({ values }) => values)
    const signal = this.#signals[this.#next - 1]
    const values = signal && this.#rows[Math.floor((t - signal.t0) / signal.dt)]
    for (const [i, site] of values === undefined ? [] : signal!.channels.entries()) {
      const index = this.#indices.get(site)
      if (index !== undefined && !Number.isNaN(values![i]))
        row[index] = values![i]!
    }
    return row
  }
}
