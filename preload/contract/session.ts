/**
 * What a session is made of. Everything is an event in an append-only log; tables are projections of it;
 * a correction is a new event that `supersedes`. Two clocks on every event: `t`, nanoseconds since the session
 * began, and `step`, the primary's training step.
 */
import { z } from 'zod'
import { interventionSchema } from './intervention'
import { mappingEventSchemas } from './mapping'
import { architectureSchema } from './primary'
import { ratingDoneSchema, ratingSchema, ratingUnblindedSchema } from './rating'
import { measureSchema, operationSchema, sweepMethodSchema } from './sweep'
import { FIND_PHASES, findAskedSchema } from './symbiote'
import { tierEventSchema, vocabularyEventSchema } from './vocabulary'

/** Version of the events below; when it rises is said in main/session/migrations/steps.ts. A reader refuses a newer one and migrates an older one. */
export const SESSION_FORMAT = 'symbiote-session/1'

const id = z.string().length(26)
const sha256 = z.string().length(64)
const count = z.int().nonnegative()
/** Nanoseconds since the session began; a safe integer for 104 days. */
const time = z.int().nonnegative()

export const momentSchema = z.strictObject({ t: time, step: count })
export type Moment = z.infer<typeof momentSchema>

const startedSchema = z.object({
  kind: z.literal('session.started'),
  format: z.string(),
  appVersion: z.string(),
  title: z.string(),
  operators: z.array(z.string()),
  /** Wall clock, UTC, ISO 8601. The only wall clock of a recording. */
  startedAt: z.string(),
  rootSeed: count,
})

/** Version of this event and of those after it, where that before was an older one. */
const format = z.string().optional()
const reopenedSchema = z.object({ kind: z.literal('session.reopened'), reopenedAt: z.string(), appVersion: z.string(), format })

export const endReasonSchema = z.enum(['closed', 'crash', 'recovered'])
const endedSchema = z.object({ kind: z.literal('session.ended'), reason: endReasonSchema, format })

const provenanceSchema = z.object({
  kind: z.literal('provenance'),
  primary: z.object({ name: z.string(), path: z.string(), architecture: architectureSchema, weightsSha256: sha256, weightsBytes: count, step: count }),
  dataset: z.object({ name: z.string(), sha256, items: count, classNames: z.array(z.string()), inputShape: z.array(count) }),
  /** Blobs of every layer's means and deviations over the calibration items, layer after layer, float32: what a drawn σ means. */
  statistics: z.object({ items: count, mean: sha256, sigma: sha256 }),
  engine: z.object({ executor: z.string(), device: z.string(), threads: count, versions: z.record(z.string(), z.string()) }),
  host: z.object({ os: z.string(), node: z.string(), lockSha256: z.string().optional() }),
})

/** The items every effect of the session is measured on. */
const batterySchema = z.object({ kind: z.literal('battery'), battery: id, items: z.array(count), seed: count })

const siteSchema = z.object({
  kind: z.literal('site'),
  address: z.string(),
  site: z.enum(['unit', 'weight', 'layer', 'edge', 'channel', 'head', 'residual', 'direction']),
  /** How many scalars the site holds. */
  size: count,
  position: z.tuple([z.number(), z.number(), z.number()]),
  mean: z.number(),
  sigma: z.number(),
})

const stimulationSchema = z.object({
  kind: z.literal('stimulation'),
  stimulation: id,
  interventions: z.array(interventionSchema),
  compose: z.boolean(),
  sham: z.boolean(),
  /** Largest |strength| this session allowed, when a cap was set. */
  doseCap: z.number().optional(),
})

/** The stimulation ends. `replaced` is the next notch of a drag. */
const releasedSchema = z.object({
  kind: z.literal('stimulation.off'),
  stimulation: id,
  reason: z.enum(['released', 'replaced', 'stopped', 'engine-lost']),
})

export const effectSchema = z.strictObject({ mean: z.number(), se: z.number(), n: count })
/** Mean of the paired differences over items, its standard error, and how many items. */
export type Effect = z.infer<typeof effectSchema>

const trialSchema = z.object({
  kind: z.literal('trial'),
  trial: id,
  stimulation: id,
  battery: id,
  /** The item on the screen. */
  focus: count,
  target: count,
  response: count,
  correct: z.boolean(),
  sham: z.boolean(),
  /** SHA-256 of the float32 logits, focus first, then the battery: also the name of the blob that holds them. */
  outputs: sha256,
  /** The same without the stimulation. */
  pairedOutputs: sha256,
  /** Blob of the focus item's activations, every layer in order, float32. */
  activations: sha256,
  pairedActivations: sha256,
  /** Blob of the focus item itself as the primary sees it, float32: a playback needs no data set. */
  input: sha256,
  targetLogProbability: z.number(),
  margin: z.number(),
  latencyMs: z.number(),
  effects: z.record(z.string(), effectSchema),
  changed: count,
})

const tagSchema = z.object({
  kind: z.literal('tag'),
  tag: id,
  number: z.int().positive(),
  site: z.string(),
  text: z.string(),
  removed: z.boolean().default(false),
  /** Id of the event this one corrects. */
  supersedes: id.optional(),
})

const annotationSchema = z.object({
  kind: z.literal('annotation'),
  annotation: id,
  from: momentSchema,
  /** Equal to `from` for a point. */
  to: momentSchema,
  tier: z.string(),
  /** Code of a term of the tier's vocabulary. */
  term: z.string().optional(),
  text: z.string(),
  author: z.string(),
  sites: z.array(z.string()),
  trials: z.array(id),
  /** Annotations of two raters that this one decides between. */
  settles: z.array(id).optional(),
  /** What was changed, added or taken in by one act has one of these. */
  edit: id.optional(),
  removed: z.boolean().default(false),
  supersedes: id.optional(),
})

const viewSchema = z.object({
  kind: z.literal('view'),
  position: z.tuple([z.number(), z.number(), z.number()]),
  target: z.tuple([z.number(), z.number(), z.number()]),
  selection: z.string().optional(),
})

/** A primary in training beside the session: the screen's curve, recorded. */
const trainingSchema = z.object({
  kind: z.literal('training'),
  run: id,
  state: z.enum(['started', 'progress', 'paused', 'resumed', 'finished', 'cancelled', 'failed']),
  step: count,
  loss: z.number().optional(),
  accuracy: z.number().optional(),
})

/**
 * A stretch of monitored activity, evenly sampled: of the item shown, with the stimulation while one is on. A value holds until the
 * next; what changed it is an event with its exact time. Written when its last sample is there, so `t` is not before its end.
 */
const signalSchema = z.object({
  kind: z.literal('signal'),
  /** Of the first sample, and between two, ns. */
  t0: time,
  dt: z.int().positive(),
  samples: count,
  /** Addresses of sites; of a layer, the root of its mean square. */
  channels: z.array(z.string()),
  dtype: z.literal('float32'),
  /** Blob [sample, channel], little-endian; NaN where nothing was shown yet. */
  data: sha256,
})

/** One effect per site for a set of sites, each on its own. */
const sweepSchema = z.object({
  kind: z.literal('sweep'),
  sweep: id,
  operation: operationSchema,
  measure: measureSchema,
  method: sweepMethodSchema,
  state: z.enum(['finished', 'cancelled']),
  /** How many items every effect is paired over, and the blob of their rows, int32. */
  items: count,
  rows: sha256,
  sites: count,
  /** Sites that have an effect. */
  done: count,
  /** Blob of the sites' addresses, UTF-8, one a line. */
  addresses: sha256,
  /** Blob of the mean and the standard error of each, float64, in the order of the addresses; NaN where a cancel came first. */
  effects: sha256,
  /** Measures of the unstimulated primary over the same items. */
  baseline: z.record(z.string(), z.number()),
  seconds: z.number(),
  /** Of an estimate. */
  disagreement: z.object({ sites: count, rank: z.number().optional(), maxError: z.number() }).optional(),
})

const taskSchema = z.object({ name: z.string(), sha256 })

/** A symbiote at work on the primary: once when it begins, once when it is over. */
const symbioteSchema = z.object({
  kind: z.literal('symbiote'),
  find: id,
  state: z.enum(['running', 'finished', 'cancelled', 'failed']),
  asked: findAskedSchema,
  task: taskSchema.extend({ train: count, heldOut: count }),
  references: z.array(taskSchema),
  /** The cancelled find that this one goes on with, from this step. */
  resumes: z.object({ find: id, step: count }).optional(),
  /** Of one that is over and did not fail. The blobs of candidates are in the order of the addresses. */
  result: z.object({
    sites: count,
    members: count,
    certified: z.boolean(),
    verdict: z.string(),
    /** UTF-8, one a line. */
    addresses: sha256,
    /** Float64. */
    score: sha256,
    /** Bytes, 1 for a member. */
    member: sha256,
    /** Float32: share of the seeds that hold the site, and what it is multiplied with. */
    membership: sha256,
    gates: sha256,
    /** JSON: each seed's own circuit, the certificate, and the curves of the training. */
    rivals: sha256,
    certificate: sha256,
    history: sha256,
    seconds: z.object({ training: z.number(), certificate: z.number() }),
  }).optional(),
  /** Of one that failed. */
  problem: z.object({ code: z.string(), message: z.string(), remedy: z.string(), path: z.string().optional() }).optional(),
})

/** The symbiote's gates as they stood, at most once a second. */
const symbioteGatesSchema = z.object({
  kind: z.literal('symbiote.gates'),
  find: id,
  phase: z.enum(FIND_PHASES),
  share: z.number(),
  training: z.object({ step: count, steps: count, behaviour: z.number(), reference: z.number().optional(), size: z.number(), pressure: z.number() }).optional(),
  /** Blob of the mean gate of each candidate over the seeds, hundredths, a byte each. */
  gates: sha256,
})

/** A circuit laid beside one of another primary, site by site. */
const matchSchema = z.object({
  kind: z.literal('match'),
  match: id,
  find: id,
  other: z.object({ name: z.string(), weightsSha256: sha256 }),
  dataset: z.string(),
  items: count,
  compared: z.enum(['activations', 'attention patterns']),
  pairs: count,
  mean: z.number(),
  random: z.object({ draws: count, all: z.boolean(), mean: z.number(), best: z.number(), p: z.number() }),
  alike: z.enum(['yes', 'no', 'undecided']),
  verdict: z.string(),
  /** Blob, JSON: everything, pair by pair. */
  result: sha256,
})

/** Something happened to the instrument itself. `clock`: its wall clock was set, or it slept; the session's times are not moved by it. */
const instrumentSchema = z.object({ kind: z.literal('instrument'), what: z.enum(['engine-lost', 'engine-restarted', 'engine-failed', 'clock']), message: z.string() })

export const TRIAL_CLASSES = ['bit-exact', 'ulp', 'same-decision', 'different'] as const
export const trialClassSchema = z.enum(TRIAL_CLASSES)
export type TrialClass = z.infer<typeof trialClassSchema>

const verificationSchema = z.object({
  kind: z.literal('verification'),
  executor: z.string(),
  device: z.string(),
  trials: count,
  classes: z.record(trialClassSchema, count),
  maxUlp: count,
  /** Earlier versions did not store when and on which sites. */
  firstDeparture: z.object({ trial: id, class: trialClassSchema, ulp: count, item: count, expected: z.number(), got: z.number(), t: time.optional(), sites: z.array(z.string()).optional() }).optional(),
  /** Blob of each trial's class, in the order of the log: a byte, its index in TRIAL_CLASSES. Earlier versions stored none. */
  perTrial: sha256.optional(),
})

/** The whole state at a moment, so that a reader can start here. */
const keyframeSchema = z.object({ kind: z.literal('keyframe'), state: z.unknown() })

/** Written every second and at the end: how many records precede it, the chain hash over them, bytes known to be on disk. */
const sealSchema = z.object({ kind: z.literal('seal'), count, chain: sha256, synced: count, final: z.boolean() })

export const eventBodySchema = z.discriminatedUnion('kind', [
  startedSchema,
  reopenedSchema,
  endedSchema,
  provenanceSchema,
  batterySchema,
  siteSchema,
  stimulationSchema,
  releasedSchema,
  trialSchema,
  tagSchema,
  annotationSchema,
  vocabularyEventSchema,
  tierEventSchema,
  ratingSchema,
  ratingDoneSchema,
  ratingUnblindedSchema,
  viewSchema,
  trainingSchema,
  signalSchema,
  instrumentSchema,
  verificationSchema,
  sweepSchema,
  symbioteSchema,
  symbioteGatesSchema,
  matchSchema,
  ...mappingEventSchemas,
  keyframeSchema,
  sealSchema,
])
export type EventBody = z.infer<typeof eventBodySchema>
export type EventKind = EventBody['kind']

export type BodyOf<K extends EventKind> = Extract<EventBody, { kind: K }>

export const eventSchema = z.intersection(z.object({ id, t: time, step: count }), eventBodySchema)
export type SessionEvent = { id: string } & Moment & EventBody
export type EventOf<K extends EventKind> = { id: string } & Moment & BodyOf<K>

/** What the screen needs to draw a moment of a session. Also what a keyframe holds. */
export interface SessionState {
  /** The stimulation that is on, if one is. */
  stimulation?: EventOf<'stimulation'>
  /** The last trial at or before the moment. */
  trial?: EventOf<'trial'>
  view?: EventOf<'view'>
  tags: EventOf<'tag'>[]
  /** The last sweep: what the network is coloured by. */
  sweep?: EventOf<'sweep'>
  /** The last word on the last find, and the last gates it showed. */
  symbiote?: EventOf<'symbiote'>
  gates?: EventOf<'symbiote.gates'>
  /** The last matching of its circuit with another primary's. */
  match?: EventOf<'match'>
  /** Last known point of each training run. */
  training?: EventOf<'training'>
  /** Where a mapping stands. */
  mapping?: EventOf<'mapping.transition'>
}

/** A stimulation as a span on the timeline. */
export interface StimulationSpan {
  event: EventOf<'stimulation'>
  /** Undefined while it is on, or where the recording stops before it ends. */
  off?: EventOf<'stimulation.off'>
}

/** A recorded session, projected into tables; corrections applied, removed things gone. */
export interface SessionTables {
  started: EventOf<'session.started'>
  /** The recording's own end: the first one. Later ones only end a visit that annotated it. */
  ended?: EventOf<'session.ended'>
  provenance: EventOf<'provenance'>[]
  batteries: EventOf<'battery'>[]
  sites: EventOf<'site'>[]
  stimulations: StimulationSpan[]
  trials: EventOf<'trial'>[]
  tags: EventOf<'tag'>[]
  annotations: EventOf<'annotation'>[]
  views: EventOf<'view'>[]
  training: EventOf<'training'>[]
  signals: EventOf<'signal'>[]
  instrument: EventOf<'instrument'>[]
  verifications: EventOf<'verification'>[]
  sweeps: EventOf<'sweep'>[]
  /** Every word on every find. */
  finds: EventOf<'symbiote'>[]
  gates: EventOf<'symbiote.gates'>[]
  matches: EventOf<'match'>[]
  mappings: EventOf<'mapping'>[]
  transitions: EventOf<'mapping.transition'>[]
  mappingTrials: EventOf<'mapping.trial'>[]
  /** Every score that no later word of its rater supersedes. */
  scores: EventOf<'score'>[]
  ramps: EventOf<'ramp'>[]
  verdicts: EventOf<'verdict'>[]
  unblindings: EventOf<'mapping.unblinded'>[]
  findings: EventOf<'mapping.finding'>[]
  /** Time of the last event of the recording, ns. What is added after reopening does not make it longer. */
  duration: number
  /** Without keyframes and seals. */
  events: number
}

/** What a reader found wrong with a log and left out. */
export interface Recovery {
  /** Bytes after the last whole record. */
  droppedBytes: number
  /** Records whose checksum or chain does not hold. */
  damagedRecords: number
  message: string
}

export interface SessionSummary {
  /** Folder, absolute. */
  path: string
  name: string
  title: string
  operators: string[]
  startedAt: string
  /** Nanoseconds. */
  duration: number
  events: number
  trials: number
  annotations: number
  primary: string
  state: 'closed' | 'unclosed' | 'recording' | 'unreadable'
  problem?: string
}
