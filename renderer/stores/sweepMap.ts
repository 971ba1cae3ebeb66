/** What a sweep's effects look like: per sheet of the scene, as a list, in words. Pure; apart from its store so that it can be tested. */
import type { Measure } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { SiteOperation, SiteSelection, Swept } from '../../preload/contract/sweep'
import { baselineName } from '../../preload/contract/intervention'
import { layoutOf } from '../../preload/contract/layout'

export interface MapShown {
  /** Per sheet, the input first. */
  perSheet: Float32Array[]
  /** Effect drawn in full colour. */
  scale: number
  /** Whether a place stands for several sites, and shows the strongest of them. */
  gathered: boolean
}

export const MEASURES: readonly { id: Measure, title: string, unit: string, hint: string }[] = [
  { id: 'loss', title: 'loss', unit: 'nats', hint: 'cross-entropy of the target' },
  { id: 'targetLogProbability', title: 'log p(target)', unit: 'nats', hint: 'log-probability of the target' },
  { id: 'margin', title: 'margin', unit: 'logits', hint: 'logit of the target minus the largest other' },
  { id: 'accuracy', title: 'accuracy', unit: 'of items', hint: 'share of items answered right' },
  { id: 'kl', title: 'KL', unit: 'nats', hint: 'divergence of the answer without from the answer with' },
  { id: 'agreement', title: 'same answer', unit: 'of items', hint: 'share of items whose answer stays' },
]

export function measureNamed(id: Measure): typeof MEASURES[number] {
  return MEASURES.find(measure => measure.id === id)!
}

/** Where an address is drawn: itself, or the place it leads to. A layer is all of its sheet. */
function placesOf(address: string, sheets: readonly { module: string, size: number }[]): { sheet: number, index: number }[] {
  const target = address.split(' -> ').at(-1)!
  const sheet = (module: string): number => sheets.findIndex(other => other.module === module)
  const one = /^(.+)\.(?:unit|channel|head)\[(\d+)\]/.exec(target) ?? /^(.+)\.weight\[(\d+),/.exec(target)
  if (one) return sheet(one[1]!) < 0 ? [] : [{ sheet: sheet(one[1]!), index: Number(one[2]) }]
  const whole = sheet(target.split('@')[0]!)
  return whole < 0 ? [] : Array.from({ length: sheets[whole]!.size }, (_, index) => ({ sheet: whole, index }))
}

/** Sites that are no places of the scene are left out; where several share one, the strongest is shown. */
export function mapOf({ addresses, mean }: Pick<Swept, 'addresses' | 'mean'>, architecture: Architecture): MapShown {
  const { sheets } = layoutOf(architecture)
  const perSheet = sheets.map(({ size }) => new Float32Array(size))
  const taken = sheets.map(({ size }) => new Uint8Array(size))
  let gathered = false
  for (const [i, address] of addresses.entries()) {
    const effect = mean[i]!
    if (Number.isNaN(effect)) continue
    for (const { sheet, index } of placesOf(address, sheets)) {
      gathered ||= taken[sheet]![index] === 1
      taken[sheet]![index] = 1
      if (Math.abs(effect) > Math.abs(perSheet[sheet]![index]!)) perSheet[sheet]![index] = effect
    }
  }
  return { perSheet, scale: scaleOf(mean), gathered }
}

/** End of the colour scale: the smallest of 1, 2, 5 times a power of ten that holds the largest effect. */
export function scaleOf(effects: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < effects.length; i++) largest = Math.max(largest, Math.abs(effects[i]!) || 0)
  if (largest === 0) return 1
  const decade = 10 ** Math.floor(Math.log10(largest))
  const step = [1, 2, 5, 10].find(times => times * decade >= largest * (1 - 1e-9)) ?? 10
  return Number((step * decade).toPrecision(1))
}

export interface Ranked { address: string, mean: number, se: number }

/** The strongest by |effect|. */
export function strongest({ addresses, mean, se }: Pick<Swept, 'addresses' | 'mean' | 'se'>, most: number): Ranked[] {
  const order = Array.from(mean.keys()).filter(i => !Number.isNaN(mean[i]!) && mean[i] !== 0)
  order.sort((a, b) => Math.abs(mean[b]!) - Math.abs(mean[a]!))
  return order.slice(0, most).map(i => ({ address: addresses[i]!, mean: mean[i]!, se: se[i]! }))
}

/** Decimals that show two digits of the smallest standard error of a list, at least the colour scale's own. */
export function decimalsFor(values: readonly Ranked[]): number {
  const smallest = Math.min(...values.map(({ se }) => se).filter(se => se > 0))
  return Number.isFinite(smallest) ? Math.min(7, Math.max(2, 1 - Math.floor(Math.log10(smallest)))) : 4
}

/** `gate 0.00 to the mean`, `drive +3 σ`. */
export function operationText(operation: SiteOperation): string {
  switch (operation.op) {
    case 'gate': return `gate ${operation.strength} to ${baselineName(operation.baseline)}`
    case 'drive': return `drive ${operation.strength > 0 ? '+' : ''}${operation.strength} σ`.replace('-', '−')
    case 'clamp': return `clamp ${operation.strength}`.replace('-', '−')
    case 'noise': return `noise ${operation.strength} σ, seed ${operation.seed}`
    case 'patch': return 'patch from the counterfactual'
    default: return operation satisfies never
  }
}

export interface SiteChoice { id: string, title: string, sites: SiteSelection }

/** What can be swept of a primary, the usual thing first. */
export function choicesOf(architecture: Architecture): SiteChoice[] {
  const kind = (sites: SiteSelection & string, title: string): SiteChoice => ({ id: sites, title, sites })
  const places = (address: string, title: string): SiteChoice => ({ id: address, title, sites: [address] })
  if (architecture.kind === 'transformer') {
    return [kind('heads', 'all heads'), ...architecture.dMlp > 0 ? [kind('units', 'all mlp units')] : [], kind('layers', 'attention and mlp of each block'), kind('edges', 'all edges')]
  }
  const depth = architecture.hidden.length
  const layers = Array.from({ length: depth }, (_, l) => l)
  return [
    kind('units', architecture.kind === 'cnn' ? 'all channels and hidden units' : 'all hidden units'),
    ...layers.map(l => places(`layers.${l}.unit[*]`, `units of layers.${l}`)),
    ...[...layers, depth].map(l => places(`layers.${l}.weight[*,*]`, `weights of layers.${l}`)),
    ...architecture.kind === 'cnn' ? [kind('weights', 'all kernels')] : [],
    kind('layers', 'whole layers'),
  ]
}
