import type { z } from 'zod'
/**
 * A mapping as the screen plans and follows it. What was found comes as the session's own events, the same ones a replay
 * reads; a screen that is blind hears of sites, shams and whatever gives them away only when it is unblinded.
 */
import type { UserErrorData } from './errors'
import type { agreementSchema, MappingInfo, MappingTrial } from './mapping'
import type { PresetName, Protocol } from './protocol'
import type { EventOf } from './session'

/** What a mapping would take, before anything is recorded. */
export interface MappingPlan {
  /** How many; addresses of the first, as many as can be read. */
  sites: number
  examples: string[]
  items: { calibrate: number, map: number, heldOut: number, excluded: number }
  /** Trials at most, in all, of which staircases and shams. */
  trials: { atMost: number, calibrate: number, shams: number }
  /** As this machine computes them, without a person's own time. */
  seconds: number
  /** Probability to find an interference of the protocol's size. */
  power: number
}

export interface Preset { name: PresetName, protocol: Protocol }
export type PlanAnswer = { plan: MappingPlan } | { problem: UserErrorData }

export type MappingEvent = EventOf<'mapping' | 'mapping.transition' | 'mapping.trial' | 'score' | 'ramp' | 'verdict' | 'mapping.unblinded' | 'mapping.finding'>

export type Agreement = z.infer<typeof agreementSchema>

/** What is told as it happens: the trials themselves too, for the timeline. */
export type MappingNews = MappingEvent | EventOf<'trial'>

/** For a screen that comes late: all that it may know so far. */
export interface MappingSoFar {
  info: MappingInfo
  events: MappingEvent[]
  /** The trial on the screen. */
  shown?: MappingTrial
}
