/**
 * Judging: every way there is of finding a circuit, on one primary and task, each with a score per candidate. The engine
 * never sees the truth that the scores are held against.
 */
import type { Items, Tensor } from './engine'
import type { Baseline } from './intervention'
import type { Architecture } from './primary'
import type { SiteSelection } from './sweep'
import { z } from 'zod'

export const judgeMethodSchema = z.enum(['magnitude', 'gradient', 'integrated', 'ablation', 'greedy', 'random'])
/**
 * `magnitude`: |w|; `gradient`: per-item gradient × weight; `integrated`: integrated gradients; `ablation`: one site at a time, exactly;
 * `greedy`: removal from the outputs backwards (ACDC); `random`: what luck gives.
 */
export type JudgeMethod = z.infer<typeof judgeMethodSchema>

export interface JudgeRequest {
  judge: string
  architecture: Architecture
  weights: Record<string, Tensor>
  sites: SiteSelection
  baseline: Baseline
  /** What methods look at, and what they may not. */
  train: Items
  /** In the order in which they run. */
  methods: JudgeMethod[]
  /** Training items that behaviour is measured over, at most. */
  items?: number
  seed: number
}

export interface JudgeProgress {
  judge: string
  method: JudgeMethod
  /** Methods that are over, and all. */
  done: number
  total: number
  /** Of this method, 0 … 1. */
  share: number
  seconds: number
}

export interface MethodScores {
  name: JudgeMethod
  /** In the order of the candidates, larger is more part of the circuit. Undefined where it was not run. */
  scores?: Float64Array
  /** Why it was not. */
  reason?: string
  seconds: number
}

export interface JudgeResult {
  /** Cancelled, it has the methods that were over. */
  state: 'finished' | 'cancelled'
  addresses: string[]
  items: number
  /** Whose probabilities are compared: all classes, or those that occur in the task. */
  classes: number[]
  methods: MethodScores[]
}
