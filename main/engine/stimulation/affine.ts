/**
 * An operation on a site's value `a` as an affine map `α·a + β`, β per item: gate, drive, clamp, noise and patch are all
 * of that form, so interventions compose by composing maps and one program runs any set of them.
 */
import type { Intervention } from '../../../preload/contract/intervention'
import { randomField } from '../../lib/random'

/** β is [items], or one number for every item. */
export interface Affine {
  scale: number
  offset: number | Float64Array
}

/** What an operation may need to know about its site. All values are of the unstimulated primary. */
export interface SiteFacts {
  sigma: number
  /** Baseline the site falls back to: a number, or one per item for `resample`. */
  baseline: () => number | Float64Array
  /** The site's value in each item's counterfactual run. */
  counterfactual: () => Float64Array
  /** Names the site's noise stream, so that no two sites share their noise. */
  address: string
  /** The items that run, by their rows in the patient's data: an item meets the same noise in any company. */
  rows: ArrayLike<number>
}

export function affineOf(intervention: Intervention, site: SiteFacts): Affine {
  switch (intervention.op) {
    // b + g·(a − b)
    case 'gate': return { scale: intervention.strength, offset: intervention.strength === 1 ? 0 : times(site.baseline(), 1 - intervention.strength) }
    case 'drive': return { scale: 1, offset: intervention.strength * site.sigma }
    case 'clamp': return { scale: 0, offset: intervention.strength }
    case 'noise': {
      const { normal } = randomField(intervention.seed, `noise/${site.address}`)
      return { scale: 1, offset: Float64Array.from(site.rows, row => intervention.strength * site.sigma * normal(row)) }
    }
    case 'patch': return { scale: 0, offset: site.counterfactual() }
    default: return intervention satisfies never
  }
}

export function times(value: number | Float64Array, factor: number): number | Float64Array {
  return typeof value === 'number' ? value * factor : value.map(v => v * factor)
}

export function at(value: number | Float64Array, item: number): number {
  return typeof value === 'number' ? value : value[item]
}
