/** Circuits of two primaries beside each other: which site of the one does on the same items what a site of the other does. */
import type { Items, Tensor } from './engine'
import type { Architecture } from './primary'
import type { Objective } from './symbiote'

export interface MatchSide {
  architecture: Architecture
  weights: Record<string, Tensor>
  /** Candidates of the circuit; members are matched, and random circuits are drawn from all of them. */
  sites: { address: string, member: boolean }[]
}

export interface MatchRequest {
  match: string
  sides: [MatchSide, MatchSide]
  /** That both primaries answer. */
  items: Items
  /** At most. */
  most: number
  seed: number
}

export const MATCH_PHASES = ['reading the circuits', 'comparing their sites', 'against random circuits'] as const
export type MatchPhase = typeof MATCH_PHASES[number]

export interface MatchProgress {
  match: string
  phase: MatchPhase
  /** Of the whole, 0 … 1. */
  share: number
  seconds: number
}

export interface MatchedPair { a: string, b: string, r: number }

export interface MatchResult {
  items: number
  /** What of a site is compared. */
  compared: 'activations' | 'attention patterns'
  /** Sites of the two circuits; units at the ends of weights where the circuits are of weights. */
  sites: [number, number]
  /** One to one, the most alike first. `r` is Pearson's over items and positions. */
  pairs: MatchedPair[]
  /** Left over on the longer side. */
  unmatched: { a: string[], b: string[] }
  /** Of |r| over the pairs. */
  mean: number
  /** The same of random circuits of as many sites in the same layers: so many drawn, or all that there are. Without any, `draws` is 0. */
  random: { draws: number, all: boolean, mean: number, best: number, p: number }
  verdict: MatchVerdict
}

/** `undecided`: there are too few other circuits of this size for any answer. */
export interface MatchVerdict { alike: 'yes' | 'no' | 'undecided', sentence: string }

/** A circuit that can be laid beside one of the patient's: saved as files, or found in this sitting and not saved. */
export interface OtherCircuit {
  /** Of one that is saved its folder, of one that is not the id of its find. */
  circuit: string
  name: string
  saved: boolean
  /** What it was found among: `units`, `heads`, … */
  sites: string
  objective: Objective
  members: number
  candidates: number
  certified: boolean
  /** The primary it is of; undefined where none that is known here has its weights. */
  primary?: { name: string, path: string }
  /** Why it does not compare with circuits of the patient's sites, or cannot be read. */
  problem?: string
}

export interface MatchAsked {
  /** Of the patient on the table. */
  find: string
  /** As in `OtherCircuit`, or any folder or `circuit.json`. */
  circuit: string
  /** Where the circuit does not tell it. */
  primary?: string
  /** At most; of the patient's own task, held out. */
  items: number
}

export interface Matched extends MatchResult {
  match: string
  /** Names of the two. */
  primaries: [string, string]
  dataset: string
  /** What is to be known before it is believed: that the other was found on other data, or by another question. */
  notes: string[]
  recorded: boolean
}
