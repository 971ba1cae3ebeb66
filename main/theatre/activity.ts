/** Activity of a site over recorded trials, read back from their blobs: what a monitor of the timeline shows. No model is involved. */
import type { Architecture } from '../../preload/contract/primary'
import type { Activity } from '../../preload/contract/timeline'
import type { SessionReader } from '../session/reader'
import { sitesOf } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'
import { layoutOf } from '../../preload/contract/layout'
import { floatsOf } from '../lib/floats'

/** Longest stretch of work before other work gets a turn, milliseconds. */
const SLICE = 8
/** Values kept: the unstimulated run of an item is the same blob in every trial of it. */
const KEPT = 20_000

/** Where a site's value lies among a trial's recorded activations. A `size` above 1 is a whole layer. */
export interface RecordedPlace { from: number, size: number }

export class ActivityReader {
  readonly #kept = new Map<string, number>()

  /** NaN where the trial, or one of its blobs, is lost. Throws UserErrors: `site-malformed`, `site-unknown`, `site-not-recorded`. */
  async read(session: SessionReader, site: string, trials: readonly number[]): Promise<Activity> {
    const before = new Float32Array(trials.length).fill(Number.NaN)
    const after = new Float32Array(trials.length).fill(Number.NaN)
    const { architecture } = primaryOf(session)
    const place = placeIn(architecture, site)
    let until = performance.now() + SLICE
    for (const [i, index] of trials.entries()) {
      const trial = trialAt(session, index)
      if (trial !== undefined) {
        before[i] = this.#value(session, trial.pairedActivations, place)
        after[i] = this.#value(session, trial.activations, place)
      }
      if (performance.now() > until) {
        await new Promise(setImmediate)
        until = performance.now() + SLICE
      }
    }
    return { before, after }
  }

  #value(session: SessionReader, blob: string, place: RecordedPlace): number {
    const key = `${blob} ${place.from} ${place.size}`
    const known = this.#kept.get(key)
    if (known !== undefined)
      return known
    const value = lostAsNaN(() => valueAt(floatsOf(session.blob(blob)), place))
    if (this.#kept.size >= KEPT)
      this.#kept.clear()
    this.#kept.set(key, value)
    return value
  }
}

/** A single unit, channel, head or layer that a session records. Throws UserErrors. */
export function placeIn(architecture: Architecture, address: string): RecordedPlace {
  const [site, ...more] = sitesOf(address, architecture)
  const sheets = layoutOf(architecture).sheets.slice(1)
  const refuse = (why: string): UserError => new UserError({ code: 'site-not-recorded', message: `${address} cannot be monitored: ${why}.`, remedy: 'Choose a unit, a channel, a head or a layer.', path: address })
  if (site === undefined || more.length > 0)
    throw refuse('it is several places')
  if (site.kind !== 'unit' && site.kind !== 'channel' && site.kind !== 'head' && site.kind !== 'layer')
    throw refuse(`a session records no activity of a ${site.kind === 'residual' ? 'residual stream' : site.kind}`)
  if ('positions' in site && site.positions !== undefined)
    throw refuse('a session records one value of it, not one per position')
  if (site.kind === 'head' && site.part !== 'z')
    throw refuse('a session records what a head gives out, not what it reads')
  const sheet = sheets.findIndex(({ module }) => module === site.module)
  const from = sheets.slice(0, Math.max(0, sheet)).reduce((sum, { size }) => sum + size, 0)
  if (sheet < 0)
    throw refuse('a session does not record it')
  if (site.kind === 'layer')
    return { from, size: sheets[sheet]!.size }
  if (site.indices.length !== 1)
    throw refuse('it is several places')
  return { from: from + site.indices[0]!, size: 1 }
}

/** The same of a presentation, which has a list for every sheet. */
export function activityAt(sheets: readonly Float32Array[], place: RecordedPlace): number {
  let { from } = place
  for (const sheet of sheets) {
    if (from < sheet.length)
      return valueAt(sheet, { from, size: place.size })
    from -= sheet.length
  }
  return Number.NaN
}

/** The value itself, or the root of the mean square of a layer's; NaN past the end. */
function valueAt(activations: Float32Array, { from, size }: RecordedPlace): number {
  if (from + size > activations.length)
    return Number.NaN
  if (size === 1)
    return activations[from]!
  let sum = 0
  for (let i = from; i < from + size; i++)
    sum += activations[i]! ** 2
  return Math.sqrt(sum / size)
}

function primaryOf({ head, folder }: SessionReader): { architecture: Architecture } {
  const provenance = head.provenance.at(-1)
  if (provenance === undefined)
    throw new UserError({ code: 'session-incomplete', message: 'The session does not say which primary it was recorded on.', remedy: 'The log was damaged; annotations and tags can still be read.', path: folder })
  return provenance.primary
}

function trialAt(session: SessionReader, index: number): { activations: string, pairedActivations: string } | undefined {
  try {
    const event = session.event('trial', index)
    return event?.kind === 'trial' ? event : undefined
  }
  catch (error) {
    if (error instanceof UserError)
      return undefined
    throw error
  }
}

function lostAsNaN(read: () => number): number {
  try {
    return read()
  }
  catch (error) {
    if (error instanceof UserError)
      return Number.NaN
    throw error
  }
}
