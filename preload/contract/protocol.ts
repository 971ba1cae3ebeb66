/**
 * A mapping protocol as data: what is presented, how sites are stimulated, when a site is done with, how it is judged.
 * The same JSON in a file, over RPC and in a session. Strengths are those of an intervention; a dose is how far a
 * strength is from the one that does nothing (1 of a gate, 0 of drive and noise), so that doses of all operations ascend.
 */
import { z } from 'zod'
import { baselineSchema } from './intervention'
import { siteSelectionSchema } from './sweep'

export const PROTOCOL_FORMAT = 'symbiote-protocol/1'
export const PRESETS = ['quick', 'standard', 'rigorous'] as const
export type PresetName = typeof PRESETS[number]

const share = z.number().min(0).max(1)
const count = z.int().nonnegative()
const some = z.int().positive().max(100_000)
const strengths = z.array(z.number()).min(1).max(50)

/** What is done to a site; the sham is the same at the strength that does nothing. Strengths by ascending dose. */
export const stimulationPlanSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('gate'), baseline: baselineSchema.default('mean'), strengths }),
  z.strictObject({ op: z.literal('drive'), strengths }),
  z.strictObject({ op: z.literal('noise'), strengths, seed: count }),
])
export type StimulationPlan = z.infer<typeof stimulationPlanSchema>

/** A task is some of the items: those of these classes. */
const taskGroupSchema = z.strictObject({ name: z.string().min(1).max(200), classes: z.array(count).min(1).max(10_000) })
export type TaskGroup = z.infer<typeof taskGroupSchema>

export const protocolSchema = z.strictObject({
  format: z.literal(PROTOCOL_FORMAT),
  name: z.string().min(1).max(200),
  /** For people. */
  description: z.string().max(2000).optional(),
  /** Draws items, order and shams. */
  seed: count,
  /** `auto`: the heads of a transformer, the units of anything else. */
  sites: z.union([z.literal('auto'), siteSelectionSchema]),
  stimulation: stimulationPlanSchema,
  /** Largest dose allowed anywhere, and at some sites less. */
  doseCap: z.number().positive(),
  siteCaps: z.record(z.string().min(1).max(500), z.number().nonnegative()).default({}),
  battery: z.strictObject({
    /** Items looked at, drawn at random; those failed without stimulation are left out and listed. */
    items: some,
    /** Share kept for verification: no site is chosen by them. */
    heldOut: share,
    /** Each class a task, or named groups of classes, for the lesion × task matrix; left out, all items are one task. */
    tasks: z.union([z.literal('classes'), z.array(taskGroupSchema).min(2).max(50)]).optional(),
  }),
  trials: z.strictObject({
    /** Items of one trial, the first of which is shown and scored. */
    items: some,
    /** Trials of a site, fewest and most. */
    least: some,
    most: some,
  }),
  /** Ascending: each step so many items, until this share of them is lost. */
  staircase: z.strictObject({ items: some, criterion: share, confidence: share }).optional(),
  /** What trials are made with: the largest strength allowed, or the threshold the staircase found (the largest where it found none). */
  working: z.enum(['largest', 'threshold']),
  shams: z.strictObject({ rate: z.number().min(0).max(0.5), least: count }),
  /** Who knows neither site nor sham until unblinding. Who clicks a site knows it: by hand, `both` hides the sham from the operator. */
  blinding: z.enum(['none', 'scorer', 'both']),
  order: z.strictObject({
    /** Never one site twice running, as long as another is left. */
    neverTwice: z.boolean(),
  }),
  /**
   * `fixed`: every site has `most` trials, judged once. `always-valid`: a site is done with as soon as the evidence suffices, and
   * looking after every trial costs no error (Ramdas et al. 2023). After so many seizures the map ends.
   */
  stopping: z.strictObject({ rule: z.enum(['fixed', 'always-valid']), seizures: some }),
  test: z.strictObject({
    alpha: z.number().gt(0).lt(0.5),
    correction: z.enum(['holm', 'bh']),
    /** A site is negative when it is shown that less than this share of items is lost. */
    absentBelow: z.number().gt(0).lt(1),
  }),
  /** Refused before the first trial where an interference of this size would be missed more often. */
  power: z.strictObject({ target: z.number().gt(0).lt(1), interference: z.number().gt(0).max(1), baselineError: z.number().min(0).lt(1) }),
  /** Told as a seizure: a value that is no number, a norm so many times the unstimulated one, answers whose variety falls to this share. */
  seizure: z.strictObject({ norm: z.number().gt(1), entropy: share }),
  verify: z.strictObject({
    /** Held-out items at most for each finding. */
    items: some,
    /** Sites looked at in pairs for self-repair, strongest first. */
    pairs: count.max(100),
    /** Distances to positive sites, in units of the scene, at which everything else is resected; safe where at most `tolerance` of the items is lost. */
    margins: z.array(z.number().nonnegative()).max(20),
    tolerance: share,
  }),
})
export type Protocol = z.infer<typeof protocolSchema>
