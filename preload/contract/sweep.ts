/**
 * Sweeps and dose–response: what is asked, what comes back. A sweep is one effect per site for a set of sites, every
 * site on its own; a dose–response is one site at a ladder of strengths. Which places a set means: `sweepSites.ts`.
 */
import type { UserErrorData } from './errors'
import type { Effect } from './session'
import { z } from 'zod'
import { baselineSchema } from './intervention'

export const measureSchema = z.enum(['loss', 'accuracy', 'targetLogProbability', 'margin', 'kl', 'agreement'])

/** Every place of a kind, or the places that addresses mean; a range in an address gives one site each. */
export const siteSelectionSchema = z.union([
  z.enum(['units', 'weights', 'heads', 'edges', 'layers']),
  z.array(z.string().min(1).max(500)).min(1).max(10_000),
])
export type SiteSelection = z.infer<typeof siteSelectionSchema>

/** An intervention without its site: the same operation goes to every site of a sweep. */
const graded = [
  z.strictObject({ op: z.literal('gate'), strength: z.number(), baseline: baselineSchema.default('zero') }),
  z.strictObject({ op: z.literal('drive'), strength: z.number() }),
  z.strictObject({ op: z.literal('clamp'), strength: z.number() }),
  z.strictObject({ op: z.literal('noise'), strength: z.number(), seed: z.int().nonnegative() }),
] as const
/** Operations that have a strength. */
export const strengthOperationSchema = z.discriminatedUnion('op', graded)
export const operationSchema = z.discriminatedUnion('op', [...graded, z.strictObject({ op: z.literal('patch') })])
export type SiteOperation = z.infer<typeof operationSchema>

/**
 * `exact`: every effect as a full run would give it, without making one. `slow`: that full run, site by site.
 * `attribution`: gradient × difference, an estimate from one pass; `integrated`: the gradient averaged over `steps` points
 * of the way to the intervened values.
 */
export const sweepMethodSchema = z.enum(['exact', 'slow', 'attribution', 'integrated'])
export type SweepMethod = z.infer<typeof sweepMethodSchema>

export interface SweepRequest {
  sweep: string
  sites: SiteSelection
  operation: SiteOperation
  measure: z.infer<typeof measureSchema>
  /** Rows of the patient's items. */
  items: Int32Array
  method: SweepMethod
  /** Of `integrated`; 16 where left out. */
  steps?: number
}

export interface SweepProgress {
  sweep: string
  done: number
  total: number
  /** Since the sites were begun. */
  seconds: number
}

/** How far an estimate is from exact, on a sample of its sites. */
export interface Disagreement {
  sites: number
  /** Spearman's rank correlation of estimate and exact effect; undefined where one of them does not vary. */
  rank?: number
  /** Largest |estimate − exact|, in units of the measure. */
  maxError: number
}

export interface SweepResult {
  state: 'finished' | 'cancelled'
  /** Sites asked for, and those that have an effect. */
  sites: number
  done: number
  items: number
  /** Measures of the unstimulated primary over the same items. */
  baseline: Record<string, number>
  /** Per site in the order of `expandSites`: mean of the paired differences and its standard error; NaN where a cancel came first. */
  mean: Float64Array
  se: Float64Array
  /** From the first site to the last, and before that: the unstimulated run and the programs' compilation. */
  seconds: number
  preparationSeconds: number
  /** Of an estimate. */
  disagreement?: Disagreement
}

export interface DoseRequest {
  dose: string
  site: string
  /** `strength` is replaced by each of the ladder; `patch` has none. */
  operation: z.infer<typeof strengthOperationSchema>
  ladder: number[]
  measure: z.infer<typeof measureSchema>
  items: Int32Array
  /** Seeds the sign flips of the null. */
  seed: number
}

/** The strength at which a dose–response curve does something, on the ladder that was run. */
export interface DoseCurve {
  site: string
  /** `band` is the half-width of the 99 % band of the null at this strength, about 0. */
  ladder: { strength: number, effect: Effect, band: number }[]
  /** Strength that does nothing: 1 for a gate, 0 for drive and noise, the site's mean for clamp. */
  neutral: number
  /** The strength closest to neutral whose effect leaves the band. */
  threshold?: number
  /** Steepest change between neighbouring strengths, measure per unit of strength. */
  slope: { value: number, from: number, to: number }
  /** Where the larger side first comes within 5 % of its largest effect and then stays there; undefined where it still grows at its end. */
  saturation?: { strength: number, effect: number }
  items: number
  baseline: Record<string, number>
  seconds: number
}

/** A sweep as the screen follows it. */
export interface SweepInfo {
  sweep: string
  state: 'running' | 'finished' | 'cancelled' | 'failed'
  sites: SiteSelection
  operation: SiteOperation
  measure: z.infer<typeof measureSchema>
  method: SweepMethod
  items: number
  done: number
  total: number
  seconds: number
  problem?: UserErrorData
}

/** A sweep with its effects: of this moment, or read back from a session. */
export interface Swept {
  info: SweepInfo
  addresses: string[]
  mean: Float64Array
  se: Float64Array
  baseline: Record<string, number>
  disagreement?: Disagreement
  /** What came before the first site, where it was not read back. */
  preparationSeconds?: number
  /** True when it went into a session. */
  recorded: boolean
}
