/**
 * What the electrode can be set to, as plain data and functions: ranges, units, wording, the intervention a setting makes.
 * Part of the electrode store, apart from it so that it can be tested without one.
 */
import type { Baseline, Intervention, InterventionSet } from '../../preload/contract/intervention'
import { baselineName } from '../../preload/contract/intervention'

/** What the user chooses. The operation named in the record is `Setting.op`. */
export type Intent = 'inhibit' | 'stimulate' | 'clamp' | 'noise'
export type ElectrodeOp = 'gate' | 'drive' | 'clamp' | 'noise'
export type Spread = 'sites' | 'layer'

export interface Setting {
  intent: Intent
  op: ElectrodeOp
  strength: number
  baseline: Baseline
  seed: number
  spread: Spread
}

export interface Range {
  min: number
  max: number
  step: number
  /** The strength that changes nothing; undefined where there is none. */
  rest?: number
  start: number
  ticks: number[]
  /** Unit of the strength, empty for a pure multiplier. */
  unit: string
}

export const INTENTS: readonly { id: Intent, title: string, hint: string }[] = [
  { id: 'inhibit', title: 'inhibit', hint: 'gate from 1 down to 0: towards the baseline' },
  { id: 'stimulate', title: 'stimulate', hint: 'gate above 1, or drive: added current' },
  { id: 'clamp', title: 'clamp', hint: 'hold the value itself' },
  { id: 'noise', title: 'noise', hint: 'add random current' },
]

export const FIRST: Setting = { intent: 'inhibit', op: 'gate', strength: 0, baseline: 'mean', seed: 1, spread: 'sites' }

export function opsOf(intent: Intent): ElectrodeOp[] {
  switch (intent) {
    case 'inhibit': return ['gate']
    case 'stimulate': return ['gate', 'drive']
    case 'clamp': return ['clamp']
    case 'noise': return ['noise']
    default: return intent satisfies never
  }
}

/** `span` is how far a clamp reaches: from a little below the site's usual values to well above them. */
export function rangeOf(intent: Intent, op: ElectrodeOp, span: { min: number, max: number } = { min: -4, max: 12 }): Range {
  switch (op) {
    case 'gate': return intent === 'stimulate'
      ? { min: 1, max: 8, step: 0.1, rest: 1, start: 3, ticks: [1, 2, 4, 6, 8], unit: '' }
      : { min: 0, max: 1, step: 0.01, rest: 1, start: 0, ticks: [0, 0.25, 0.5, 0.75, 1], unit: '' }
    case 'drive': return { min: -8, max: 8, step: 0.1, rest: 0, start: 4, ticks: [-8, -4, 0, 4, 8], unit: 'σ' }
    case 'clamp': return { ...span, step: 0.1, start: span.max, ticks: [span.min, ...(span.min < 0 && span.max > 0 ? [0] : []), span.max], unit: '' }
    case 'noise': return { min: 0, max: 8, step: 0.1, rest: 0, start: 3, ticks: [0, 2, 4, 6, 8], unit: 'σ' }
    default: return op satisfies never
  }
}

/** Whole units of the last place of the step, so that 0.1 + 0.2 stays 0.3 in the record. */
export function onGrid(value: number, { min, max, step }: Pick<Range, 'min' | 'max' | 'step'>): number {
  const digits = Math.max(0, Math.ceil(-Math.log10(step)))
  return Math.min(max, Math.max(min, Number((Math.round(value / step) * step).toFixed(digits))))
}

/** One notch of an arrow key: Shift ten times larger, Alt ten times finer but never below the grid. */
export function notch(range: Range, keys: { shiftKey: boolean, altKey: boolean }): number {
  const plain = (range.max - range.min) / 20
  const size = keys.shiftKey ? plain * 4 : keys.altKey ? range.step : plain
  return Math.max(range.step, onGrid(size, { min: 0, max: Number.POSITIVE_INFINITY, step: range.step }))
}

export function interventionOf(site: string, setting: Pick<Setting, 'op' | 'strength' | 'baseline' | 'seed'>): Intervention {
  const { op, strength } = setting
  switch (op) {
    case 'gate': return { site, op, strength, baseline: setting.baseline }
    case 'drive':
    case 'clamp': return { site, op, strength }
    case 'noise': return { site, op, strength, seed: setting.seed }
    default: return op satisfies never
  }
}

/** Two selected units of one layer spread to that layer once. */
export function setOf(sites: readonly string[], setting: Setting): InterventionSet {
  const spread = setting.spread === 'layer' ? sites.map(layerOf) : sites
  return { interventions: [...new Set(spread)].map(site => interventionOf(site, setting)), compose: false }
}

/** `layers.0.unit[37]` → `layers.0`. Anything that is not a unit stays itself. */
export function layerOf(site: string): string {
  return /^(layers\.\d+)\.unit\[[^\]]*\]$/.exec(site)?.[1] ?? site
}

/** `gate 0.25`, `drive +3.0 σ`: what a strength is called everywhere. */
export function strengthText(intervention: Intervention): string {
  switch (intervention.op) {
    case 'gate': return `gate ${intervention.strength.toFixed(2)}`
    case 'drive': return `drive ${signed(intervention.strength, 1)} σ`
    case 'clamp': return `clamp ${signed(intervention.strength, 1)}`
    case 'noise': return `noise ${intervention.strength.toFixed(1)} σ, seed ${intervention.seed}`
    case 'patch': return 'patch'
    default: return intervention satisfies never
  }
}

/** For lists and undo: `gate 0.00 on layers.0.unit[37]`. */
export function setText({ interventions }: InterventionSet): string {
  const [first] = interventions
  if (!first)
    return 'nothing'
  return `${strengthText(first)} on ${interventions.length === 1 ? first.site : `${interventions.length} sites`}`
}

/** Whether an intervention pushes down, up, or neither: its colour. */
export function toneOf(intervention: Intervention): 'inhibit' | 'stimulate' | 'rest' {
  if (intervention.op === 'patch' || intervention.op === 'noise' || intervention.op === 'clamp')
    return 'stimulate'
  const rest = intervention.op === 'gate' ? 1 : 0
  return intervention.strength < rest ? 'inhibit' : intervention.strength > rest ? 'stimulate' : 'rest'
}

function signed(value: number, digits: number): string {
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(digits)}`
}

export function usesBaseline({ op, site }: { op: Intervention['op'], site: string }): boolean {
  return op === 'gate' && !site.includes('.weight[')
}

/** What was done, with the baseline it fell back to: belongs beside every effect. */
export function baselineLine(interventions: readonly Intervention[]): string {
  const [first] = interventions
  if (!first)
    return ''
  // On a weight the gate multiplies, so there is nothing to fall back to.
  const baseline = usesBaseline(first) ? ` · baseline ${first.op === 'gate' ? baselineName(first.baseline) : ''}` : ''
  return `${setText({ interventions: [...interventions], compose: false })}${baseline}`
}
