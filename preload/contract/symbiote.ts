/**
 * The symbiote: what is asked of it, what it tells while it learns, and the circuit that comes back with its certificate.
 * A circuit is a set of candidate sites with a score each; it is never shown without the certificate.
 */
import type { Items, Tensor } from './engine'
import type { UserErrorData } from './errors'
import type { Baseline } from './intervention'
import type { Architecture } from './primary'
import type { Steering } from './steering'
import { z } from 'zod'
import { baselineSchema } from './intervention'
import { siteSelectionSchema } from './sweep'

export const objectiveSchema = z.enum(['sufficient', 'necessary', 'steer', 'dissociate'])
/**
 * `sufficient`: the smallest part that keeps the behaviour; `necessary`: the smallest inhibition that abolishes it and spares the
 * reference tasks; `steer`: the smallest dose that brings the target answer; `dissociate`: what takes this task and spares the
 * reference, and the reverse.
 */
export type Objective = z.infer<typeof objectiveSchema>

export const familySchema = z.enum(['free', 'conditioned', 'reader'])
/** `free`: a table with one entry per site; `conditioned`: low-rank in site and task; `reader`: a small network over what can be measured of any site. */
export type Family = z.infer<typeof familySchema>

/** What a person asks for. The host adds tensors and items. */
export const findAskedSchema = z.strictObject({
  sites: siteSelectionSchema,
  objective: objectiveSchema,
  family: familySchema.default('free'),
  baseline: baselineSchema.default('zero'),
  /** Share of candidate sites the circuit may hold; `auto` finds the smallest that keeps the behaviour. */
  budget: z.union([z.literal('auto'), z.number().positive().max(1)]).default('auto'),
  /** Of `steer`: the class to bring about. */
  target: z.int().nonnegative().optional(),
  seeds: z.int().min(1).max(32).default(5),
  seed: z.int().nonnegative().default(1),
  /** Gradient steps per seed; chosen by the number of sites where left out. */
  steps: z.int().positive().max(100_000).optional(),
  /** `full` runs the negative controls and the random circuits too. */
  certificate: z.enum(['fast', 'full']).default('full'),
})
export type FindAsked = z.infer<typeof findAskedSchema>

/** Copies of a redundant part are held by different seeds, so more find more; a transformer's passes are dear. */
export function defaultSeeds({ kind }: Architecture): number {
  return kind === 'transformer' ? 5 : 8
}

export interface TaskItems { name: string, train: Items, test: Items }

/** A task beside the first that one `conditioned` symbiote learns with it. */
export interface FindContext {
  task: TaskItems
  /** Of `steer`. */
  target?: number
}

/** What a task of several is called, and the class it is steered to. */
export function contextName(task: string, target?: number): string {
  return target === undefined ? task : `${task} to ${target}`
}

export interface FindRequest extends FindAsked {
  find: string
  architecture: Architecture
  weights: Record<string, Tensor>
  /** Weights of an untrained primary of the same architecture are made by the engine for the negative control. */
  task: TaskItems
  references: TaskItems[]
  contexts?: FindContext[]
  /** Goes on from here: what a cancelled one of the same request gave. */
  from?: SymbioteCheckpoint[]
  /** A reader trained before: applied without training. */
  reader?: ReaderFile
  /** Other maps of the same sites, for part 8 of the certificate; in the order of the candidates, NaN where a map says nothing. */
  maps?: Record<string, Float64Array>
}

/** Everything needed to go on with a symbiote's training as if nothing had happened. */
export interface SymbioteCheckpoint {
  /** Steps done. */
  step: number
  /** No step is left to be done: what was cancelled is the judging. */
  over: boolean
  /** Learned arrays, then their first and second moments; each of all seeds. */
  state: Float32Array[]
  /** Where the random streams stand. */
  streams: { batches: number[], noise: number[] }
  /**
   * Of each task that is learned: the behaviour without the noise of a step and the best circuit so far, by seed, and the curves; and since how many
   * measurements a seed's circuit was worse in kind, where any was.
   */
  tasks: { smooth: number[], best: (SeedBest | undefined)[], history: FindResult['history'], since?: number[] }[]
}

/** The smallest circuit that one seed passed through and that kept the behaviour. */
export interface SeedBest {
  seed: number
  /** [candidates]. */
  gates: Float32Array
  values: number[]
  size: number
  held: boolean
  /** The answers are kept as well. */
  answering?: true
}

export const FIND_PHASES = ['checking', 'training', 'measuring', 'random circuits', 'minimality', 'controls', 'comparing', 'finished'] as const
export type FindPhase = typeof FIND_PHASES[number]

export interface FindProgress {
  find: string
  phase: FindPhase
  /** Of the whole, training and certificate: 0 … 1, an estimate by time. */
  share: number
  /** Of this phase. */
  done: number
  total: number
  seconds: number
  /** While training: means over the seeds. */
  training?: {
    step: number
    steps: number
    /** What the objective is about, nats: KL to the full primary, or distance from chance or target. */
    behaviour: number
    /** KL on the reference tasks, nats. */
    reference?: number
    /** Expected share of open (sufficient) or touched (others) sites. */
    size: number
    /** Weight of the size in the loss, as the multiplier stands. */
    pressure: number
  }
  /** Mean gate per candidate over the seeds, hundredths: 100 leaves the site as it is, 0 inhibits it, 200 doubles it. A few times a second while training. */
  gates?: Uint8Array
}

export interface CertificatePart {
  part: 'faithfulness' | 'complement' | 'random' | 'minimality' | 'controls' | 'stability' | 'agreement'
  /** Undefined where the part was not run or does not apply; `text` says why. */
  passed?: boolean
  /** One sentence with the figures it rests on. */
  text: string
}

export interface Quantiles { q10: number, q50: number, q90: number, q99: number }

/** A circuit (or its complement) on held-out items. */
export interface CircuitMeasures {
  sites: number
  /** KL(full ‖ circuit), nats. */
  kl: { mean: number, se: number } & Quantiles
  /** Against targets, and as a share of the full primary's. */
  accuracy: number
  accuracyKept: number
  /** Items whose answer is the full primary's. */
  agreement: number
  /** Among items the full primary gets wrong: those on which the circuit gives the same wrong answer. */
  errorAgreement?: { errors: number, agree: number }
  /** 1 − KL / KL of the primary with every candidate gone. */
  faithfulness: number
}

export interface Certificate {
  format: 'symbiote-certificate/1'
  asked: {
    sites: string
    candidates: number
    baseline: Baseline
    positions: string
    objective: Objective
    family: Family
    budget: number | 'auto'
    target?: number
    seeds: number
    seed: number
    steps: number
    task: { name: string, train: number, heldOut: number }
    references: string[]
    /** The answers compared: all classes, or those that occur in the task. */
    classes: number[]
    /** Names of the tasks, this one among them, that one symbiote learned side by side. */
    together?: string[]
  }
  full: { accuracy: number, loss: number, chance: number }
  /** With every candidate at its baseline: where faithfulness is 0. */
  empty: { kl: number, accuracy: number }
  circuit: CircuitMeasures
  /** By size: the best-scored sites first. */
  curve: { share: number, sites: number, kl: number, faithfulness: number, accuracy: number }[]
  /** Area under faithfulness over the share of sites (log scale from 0.1 %), and mean distance of that curve from 1 (Mueller et al. 2025). */
  cpr: number
  cmd: number
  complement: CircuitMeasures
  random?: {
    circuits: number
    /** Share of random circuits (same size, same layers) at least as faithful; (k + 1) / (n + 1). */
    sufficiencyP: number
    sufficiency: { mean: number, best: number }
    /** The same for taking them out. */
    necessityP: number
    necessity: { mean: number, best: number }
  }
  minimality?: {
    tested: number
    /** Parts whose removal hurts, Holm-corrected at 5 %. */
    needed: number
    unneeded: { address: string, effect: number, p: number }[]
  }
  controls?: {
    resetWeights: ControlOutcome
    shuffledLabels: ControlOutcome
  }
  stability?: {
    seeds: number
    jaccard: number
    /** Per pair of seeds. */
    pairs: number[]
    /** Members by how many seeds hold them: index 0 is 1 seed. */
    histogram: number[]
  }
  /** With other maps: Spearman's rank correlation over all candidates and overlap of the top sites with the circuit. */
  agreement: { map: string, rank?: number, iou?: number, sites: number }[]
  /** `dissociate`: accuracy by lesion (rows) and task (columns), first row without lesion. */
  matrix?: { lesions: string[], tasks: string[], accuracy: number[][] }
  /** `steer`: the gates beside a steering vector and, in a full certificate, fine-tuning. */
  steering?: Steering
  parts: CertificatePart[]
  verdict: { certified: boolean, sentence: string, weakest: CertificatePart['part'] }
  /** Where and with what it was computed. */
  provenance: { executor: string, device: string, versions: Record<string, string>, primarySha256?: string, primaryStep?: number, datasetSha256?: string, seconds: number }
}

/** The same procedure where there is nothing to find. */
export interface ControlOutcome {
  certified: boolean
  /** What kept it from certifying. */
  reason: string
  accuracyKept: number
  errorAgreement?: number
  share: number
}

export interface SeedCircuit {
  seed: number
  /** Indices of candidates. */
  members: Int32Array
  kl: number
  accuracyKept: number
}

export interface FindResult {
  state: 'finished' | 'cancelled'
  addresses: string[]
  /** 0 … 1, larger is more part of it. */
  score: Float64Array
  /** 1 where the site is a member of the circuit. */
  member: Uint8Array
  /** Share of seeds that hold the site. */
  membership: Float32Array
  /** What the site is multiplied with, 1 leaves it; of the best seed. */
  gates: Float32Array
  /** Each seed's own circuit: rivals where they differ. */
  rivals: SeedCircuit[]
  /** Share of the candidates that the circuit holds. */
  budget: number
  history: { step: number, behaviour: number, size: number, pressure: number, reference?: number }[]
  certificate: Certificate
  /** Of family `reader`: what it learned, to be applied elsewhere. */
  reader?: ReaderFile
  /** Of `steer`: the primary's weights with the gates folded in; why there are none is in the certificate. */
  folded?: Record<string, Tensor>
  /** Of tasks learned together the training of all of them is counted for each. */
  seconds: { training: number, certificate: number }
  /** Of one that was cancelled after a step or more: to be gone on with. One for each symbiote; of `dissociate` there are two. */
  checkpoint?: SymbioteCheckpoint[]
  /** Of the other tasks of `contexts`, in their order. */
  contexts?: FindResult[]
}

/** A trained `reader`: an mlp over descriptors, for one kind of site. */
export const readerFileSchema = z.object({
  format: z.literal('symbiote-reader/1'),
  sites: z.string(),
  descriptors: z.array(z.string()),
  /** Of one trained over several: their names, and the baseline their circuits were found with. */
  primaries: z.array(z.string()).optional(),
  baseline: baselineSchema.optional(),
  weights: z.record(z.string(), z.object({ shape: z.array(z.int().positive()), data: z.array(z.number()) })),
})
export type ReaderFile = z.infer<typeof readerFileSchema>

/** `circuit.json`. Every candidate site is listed. */
export const circuitFileSchema = z.looseObject({
  sites: z.array(z.object({ address: z.string(), score: z.number(), member: z.boolean() })),
  objective: objectiveSchema,
  baseline: baselineSchema,
  budget: z.number(),
  seeds: z.int(),
  primarySha256: z.string(),
  datasetSha256: z.string(),
})
export type CircuitFile = z.infer<typeof circuitFileSchema>

/** A find as the screen follows it. */
export interface FindInfo {
  find: string
  state: 'running' | 'finished' | 'cancelled' | 'failed'
  asked: FindAsked
  task: string
  references: string[]
  phase: FindPhase
  share: number
  done: number
  total: number
  seconds: number
  training?: FindProgress['training']
  /** The cancelled find that it goes on with, from this step. */
  resumes?: { find: string, step: number }
  problem?: UserErrorData
}

/** A cancelled find that can be gone on with. */
export interface KeptOnScreen {
  find: string
  asked: FindAsked
  task: string
  step: number
  steps: number
  /** Its training was over: what is left is the certificate. */
  over: boolean
  /** Wall clock, UTC, ISO 8601. */
  cancelledAt: string
}

/** A finished find on the screen, of this moment or read back from a session. */
export interface Found {
  info: FindInfo
  addresses: string[]
  score: Float64Array
  member: Uint8Array
  membership: Float32Array
  gates: Float32Array
  rivals: SeedCircuit[]
  history: FindResult['history']
  certificate: Certificate
  recorded: boolean
}
