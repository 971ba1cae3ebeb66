import type { z } from 'zod'
/**
 * A mapping as the screen follows and drives it. What was found comes as the session's own events, the same ones a replay
 * reads; a screen that is blind hears of sites, shams and whatever gives them away only when it is unblinded.
 */
import type { Presentation } from './engine'
import type { UserErrorData } from './errors'
import type { agreementSchema, INTERRUPTS, MAPPING_MODES, MAPPING_PHASES } from './mapping'
import type { Protocol } from './protocol'
import type { EventOf } from './session'
import type { ErrorCode } from './vocabulary'

export type Agreement = z.infer<typeof agreementSchema>
export type MappingMode = typeof MAPPING_MODES[number]
export type MappingPhase = typeof MAPPING_PHASES[number]
export type Interrupt = typeof INTERRUPTS[number]

/** What a mapping would take, before anything is recorded. */
export interface MappingPlan {
  /** Addresses. */
  sites: string[]
  counts: { calibrate: number, map: number, heldOut: number, excluded: number }
  /** Trials at most, in all and for the shams among them. */
  trials: { atMost: number, shams: number }
  /** As this machine computes them, without a person's own time; undefined where nothing was timed. */
  seconds?: number
  /** Probability to find an interference of the protocol's size, the one asked for, and trials of a site that would reach it. */
  power: { reached: number, target: number, interference: number, trialsNeeded?: number }
  /** Why it is refused, where it is. */
  problem?: UserErrorData
}

export interface MappingInfo {
  mapping: string
  mode: MappingMode
  protocol: Protocol
  operator: string
  phase: MappingPhase
  state: 'running' | 'waiting' | 'paused' | 'interrupted' | 'finished' | 'stopped' | 'failed'
  /** What a mapping by hand waits for: the next trial (where `proposed` says, or at a site of the operator's), or its score. */
  waitsFor?: 'trial' | 'score'
  /** Of one that stands still: why, and what was measured. */
  interrupt?: { what: Interrupt, reason: string }
  /** Addresses mapped, in order. */
  sites: string[]
  /** Trials so far, and as many as there may be in this phase and in all. */
  done: number
  atMost: number
  /** Since it began, pauses left out; of the rest at the rate so far, where there is one. */
  seconds: number
  leftSeconds?: number
  /** The screen knows neither site nor sham. */
  blind: boolean
  /** The next site. Not told while blind. */
  proposed?: string
  /** Where the next trial may not be: the site of the last one. Not told while blind. */
  barred?: string
  problem?: UserErrorData
}

/** One presentation: what was shown and what was answered. */
export interface MappingTrialShown {
  trial: string
  number: number
  phase: MappingPhase
  item: number
  target: number
  /** Under stimulation. */
  answer: number
  correct: boolean
  after: Presentation
  /** The rest is not told while blind. */
  before?: Presentation
  site?: string
  strength?: number
  sham?: boolean
  /** What the automatic score says. */
  auto?: ErrorCode
}

export type MappingEvent = EventOf<'mapping' | 'mapping.transition' | 'mapping.trial' | 'score' | 'ramp' | 'verdict' | 'mapping.unblinded' | 'mapping.finding'>

/** For a screen that comes late: all that it may know so far. */
export interface MappingSoFar {
  info: MappingInfo
  events: MappingEvent[]
  shown?: MappingTrialShown
}
