/** The cortical map: what colour every place of the scene has, which are hollow because nothing is known of them, and the tickets. Pure. */
import type { Architecture } from '../../../preload/contract/primary'
import type { SiteTally } from './fold'
import { layoutOf } from '../../../preload/contract/layout'
import { mapOf } from '../sweepMap'
import { effectOf } from './fold'

export interface MapPicture {
  /** Per sheet, the input first: change of log p(target). */
  perSheet: Float32Array[]
  scale: number
  /** Of the sheets between input and outputs; hollow is not tested. */
  opacity: (Float32Array | undefined)[]
  tested: number
}

/** Opacity of a place that was not tested. */
const HOLLOW = 0.1

export function pictureOf(tallies: Iterable<SiteTally>, architecture: Architecture): MapPicture {
  const addresses: string[] = []
  const effects: number[] = []
  for (const tally of tallies) {
    const effect = effectOf(tally)
    if (effect === undefined)
      continue
    addresses.push(tally.site)
    effects.push(effect)
  }
  const { perSheet, scale } = mapOf({ addresses, mean: Float64Array.from(effects) }, architecture)
  const known = mapOf({ addresses, mean: new Float64Array(effects.length).fill(1) }, architecture).perSheet
  const last = layoutOf(architecture).sheets.length - 1
  const opacity = known.map((sheet, i) => i === 0 || i === last ? undefined : sheet.map(seen => seen > 0 ? 1 : HOLLOW))
  return { perSheet, scale, opacity, tested: addresses.length }
}
