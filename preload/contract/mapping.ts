/**
 * A mapping of a primary by protocol: what a session keeps of it and what the screen is told. Trials themselves are
 * `trial` events like any others, each with a `stimulation` and a `battery`; `mapping.trial` says what they were for.
 */
import type { Presentation } from './engine'
import type { UserErrorData } from './errors'
import type { Protocol, TaskGroup } from './protocol'
import { z } from 'zod'
import { protocolSchema } from './protocol'

const id = z.string().length(26)
const sha256 = z.string().length(64)
const count = z.int().nonnegative()
const site = z.string()
/** Lower and upper bound. */
const interval = z.tuple([z.number(), z.number()])

export const MAPPING_PHASES = ['prepare', 'calibrate', 'map', 'verify', 'report'] as const
export type MappingPhase = typeof MAPPING_PHASES[number]
export const MAPPING_MODES = ['hand', 'assisted', 'unattended'] as const
export type MappingMode = typeof MAPPING_MODES[number]
const phaseSchema = z.enum(MAPPING_PHASES)

/** Why a mapping stands still. */
export const INTERRUPTS = ['after-discharge', 'seizure', 'operator', 'instrument', 'weights-changed'] as const
export type Interrupt = typeof INTERRUPTS[number]

/** A mapping begins: all that its trials follow from. */
export const mappingSchema = z.object({
  kind: z.literal('mapping'),
  mapping: id,
  protocol: protocolSchema,
  mode: z.enum(MAPPING_MODES),
  operator: z.string(),
  /** How many sites, and the blob of their addresses, UTF-8, one a line. */
  sites: count,
  addresses: sha256,
  /** Blobs of int32 rows: items for staircases, for trials, held out; and those failed without stimulation and left out. */
  items: z.object({ calibrate: sha256, map: sha256, heldOut: sha256, excluded: sha256 }),
  counts: z.object({ calibrate: count, map: count, heldOut: count, excluded: count }),
  /** As computed before the first trial. */
  power: z.object({ reached: z.number(), trials: count, sites: count }),
  /** SHA-256 of what the unstimulated primary answers to a few items: held against after every trial. */
  state: sha256,
})

/** The state machine. `pause` and `resume` stay in their phase; so does an interrupt, which waits for `resume`. */
export const transitionSchema = z.object({
  kind: z.literal('mapping.transition'),
  mapping: id,
  from: phaseSchema,
  to: phaseSchema,
  what: z.enum(['begin', 'advance', 'pause', 'resume', 'interrupt', 'end']),
  interrupt: z.enum(INTERRUPTS).optional(),
  /** For people: why. */
  reason: z.string().optional(),
})

export const seizureSchema = z.object({
  what: z.enum(['not-a-number', 'norm', 'entropy']),
  /** What was measured, and the limit it passed. */
  value: z.number(),
  limit: z.number(),
})
export type Seizure = z.infer<typeof seizureSchema>

/** What a trial was for and what it came to. */
export const mappingTrialSchema = z.object({
  kind: z.literal('mapping.trial'),
  mapping: id,
  trial: id,
  /** Counts all trials of the mapping from 1. */
  number: z.int().positive(),
  phase: phaseSchema,
  /** The site, or the several of a joint lesion, with a semicolon between. */
  site,
  /** Of `verify`: what for, `alone/SITE`, `pair/SITE,SITE`, `all`, `task/TASK/SITE`, `resection/MARGIN`. */
  lesion: z.string().optional(),
  strength: z.number(),
  sham: z.boolean(),
  /** From 1, at this site in this phase; shams count by themselves. */
  repetition: z.int().positive(),
  /** Items presented; right without and wrong with stimulation; the other way round. */
  items: count,
  lost: count,
  gained: count,
  /** Whether the shown item was lost: what the clinic's 2 of 3 counts. */
  shownLost: z.boolean(),
  /** Mean change of log p(target), nats, and its standard error. */
  logProbability: z.object({ mean: z.number(), se: z.number() }),
  /** Other places that changed by more than a standard deviation, of the item shown: on each later sheet, of how many. */
  spread: z.array(z.object({ sheet: z.string(), changed: count, of: count })),
  /** Answers to the state's items right after the trial were the same, bit by bit. */
  stateSame: z.boolean(),
  /** Of a sham: bit-identical to no stimulation. */
  identical: z.boolean().optional(),
  seizure: seizureSchema.optional(),
})

/** One opinion on one trial's shown item. Human scores stand beside the automatic one; a rater's later word on a trial supersedes. */
export const scoreSchema = z.object({
  kind: z.literal('score'),
  trial: id,
  /** A code of the vocabulary `response`. */
  code: z.string().min(1).max(64),
  source: z.enum(['auto', 'human']),
  rater: z.string(),
  confidence: z.number().min(0).max(1).optional(),
  /** The rater knew neither site nor sham. */
  blind: z.boolean(),
  removed: z.boolean().default(false),
  supersedes: id.optional(),
})

/** The staircase of a site, once it is over. */
export const rampSchema = z.object({
  kind: z.literal('ramp'),
  mapping: id,
  site,
  /** Ascending dose; `interval` of the share lost, exact. */
  steps: z.array(z.object({ strength: z.number(), trial: id, items: count, lost: count, interval })),
  /** The first strength that loses the criterion's share; undefined where none does. */
  threshold: z.number().optional(),
  /** Strengths between which the true threshold lies with the protocol's confidence; an end is missing where it may lie beyond the ladder. */
  bracket: z.object({ from: z.number().optional(), to: z.number().optional() }),
  /** What trials of this site are made with, and the largest allowed there. */
  working: z.number(),
  largest: z.number(),
})

export const verdictNameSchema = z.enum(['positive', 'negative', 'indeterminate', 'not-tested'])
export type VerdictName = z.infer<typeof verdictNameSchema>

export const verdictSchema = z.object({
  kind: z.literal('verdict'),
  mapping: id,
  site,
  verdict: verdictNameSchema,
  /** In a sentence. */
  reason: z.string(),
  /** Of its ticket, where it has one. */
  tag: z.int().positive().optional(),
  /** Trials whose shown item was lost, of how many. */
  k: count,
  n: count,
  items: count,
  lost: count,
  gained: count,
  /** Of the interference: as tested, and corrected over the sites. 1 where nothing was tested. */
  p: z.number(),
  adjusted: z.number(),
  /** That less than `absentBelow` is lost: the same for the claim that there is none. */
  absentP: z.number(),
  absentAdjusted: z.number(),
  test: z.enum(['mcnemar-exact', 'e-process']),
  correction: z.enum(['holm', 'bh']),
  /** Share of items lost, less share gained, and the interval of the share lost, of confidence 1 − α. */
  effect: z.number(),
  interval,
  /** Mean change of log p(target), nats. */
  logProbability: z.object({ mean: z.number(), se: z.number() }),
  /** Largest strength tried in trials, and whether that is the protocol's largest. */
  strength: z.number(),
  largest: z.boolean(),
  /** On held-out items. */
  verified: z.object({ items: count, lost: count, interval }).optional(),
})

export const unblindedSchema = z.object({
  kind: z.literal('mapping.unblinded'),
  mapping: id,
  by: z.string(),
  reason: z.string(),
  /** Before the last trial. */
  early: z.boolean(),
})

/** Maps of the same sites, side by side. */
export const agreementSchema = z.object({
  sites: z.array(site),
  /** `how`: what makes a site a member. A score is NaN where a map says nothing of a site. */
  maps: z.array(z.object({ name: z.string(), how: z.string(), scores: z.array(z.number()), members: z.array(z.boolean()) })),
  pairs: z.array(z.object({ maps: z.tuple([z.string(), z.string()]), sites: count, kappa: z.number().optional(), iou: z.number().optional(), rank: z.number().optional() })),
  /** Sites on whose membership maps differ, most divided first. */
  disagreements: z.array(z.object({ site, members: z.array(z.string()), others: z.array(z.string()) })),
})

const lossSchema = z.object({ items: count, lost: count, interval })
const sumSchema = z.object({ sites: z.array(site), joint: z.number(), sum: z.number(), excess: z.number(), interval, items: count, p: z.number() })

/** What the mapping found besides a verdict per site. */
export const findingSchema = z.discriminatedUnion('finding', [
  z.object({ finding: z.literal('instrument'), shams: count, identical: count, statesSame: count, trials: count, faulty: z.boolean() }),
  z.object({ finding: z.literal('after-discharge'), applicable: z.boolean(), reason: z.string(), trials: count.optional() }),
  z.object({ finding: z.literal('seizures'), seizures: z.array(z.object({ site, strength: z.number(), trial: id, seizure: seizureSchema })) }),
  /** Joint effect less the sum of single ones, mean change of log p(target), nats. Below 0: together they do more harm than apart, as where one stands in for the other. */
  z.object({ finding: z.literal('self-repair'), pairs: z.array(sumSchema), all: sumSchema.optional() }),
  /** Share of items lost by site and task, and pairs of sites each of which hurts another task more. */
  z.object({
    finding: z.literal('tasks'),
    tasks: z.array(z.string()),
    rows: z.array(z.object({ site, cells: z.array(lossSchema) })),
    dissociations: z.array(z.object({ sites: z.tuple([site, site]), tasks: z.tuple([z.string(), z.string()]), p: z.number(), differences: z.tuple([interval, interval]) })),
  }),
  /** Everything but the positive sites and what lies within a distance of them, taken out at once; on held-out items. */
  z.object({
    finding: z.literal('resection'),
    tolerance: z.number(),
    margins: z.array(lossSchema.extend({ margin: z.number(), resected: count, kept: count, safe: z.boolean() })),
    smallestSafe: z.number().optional(),
  }),
  z.object({ finding: z.literal('agreement'), agreement: agreementSchema }),
])
export type Finding = z.infer<typeof findingSchema>
export type FindingOf<K extends Finding['finding']> = Extract<Finding, { finding: K }>

export const mappingFindingSchema = z.object({ kind: z.literal('mapping.finding'), mapping: id, about: findingSchema })

export const mappingEventSchemas = [mappingSchema, transitionSchema, mappingTrialSchema, scoreSchema, rampSchema, verdictSchema, unblindedSchema, mappingFindingSchema] as const

/** A site as the screen may know it: what is hidden while blinded is not there. */
export interface MappingSite {
  address: string
  state: 'waiting' | 'under-way' | 'done'
  /** Trials at this site, shams among them while blinded; not there where the site is hidden. */
  trials?: number
  threshold?: number
  working?: number
  k?: number
  n?: number
  items?: number
  lost?: number
  p?: number
  verdict?: VerdictName
  tag?: number
}

export interface MappingInfo {
  mapping: string
  protocol: Protocol
  mode: MappingMode
  phase: MappingPhase
  status: 'running' | 'paused' | 'interrupted' | 'finished'
  /** Of one that was interrupted. */
  interrupt?: { what: Interrupt, message: string }
  problem?: UserErrorData
  /** Folder of the session. */
  session: string
  blinded: boolean
  unblinded?: { by: string, early: boolean }
  items: { calibrate: number, map: number, heldOut: number, excluded: number }
  tasks?: TaskGroup[]
  sites: MappingSite[]
  trials: { done: number, expected: number }
  /** The trial to come, where the screen may know: the site is not there where it is hidden or up to the operator. */
  next?: { number: number, item: number, site?: string }
  seconds: number
}

/** One trial as the scorer sees it: the stimulated side alone, for beside its pair a sham would give itself away. */
export interface MappingTrial {
  trial: string
  number: number
  phase: MappingPhase
  /** The item shown and what was answered. */
  shown: Presentation
  answer: number
  /** Hidden while blinded. */
  site?: string
  strength?: number
  sham?: boolean
  auto?: string
  lost?: number
  items?: number
  seizure?: Seizure
}
