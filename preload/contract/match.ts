/** Circuits of two primaries beside each other: which site of the one does on the same items what a site of the other does. */
import type { Items, Tensor } from './engine'
import type { Architecture } from './primary'

export interface MatchSide {
  architecture: Architecture
  weights: Record<string, Tensor>
  /** Candidates of the circuit; members are matched, and random circuits are drawn from all of them. */
  sites: { address: string, member: boolean }[]
}

export interface MatchRequest {
  sides: [MatchSide, MatchSide]
  /** That both primaries answer. */
  items: Items
  /** At most. */
  most: number
  seed: number
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
  /** The same of random circuits of as many sites in the same layers. */
  random: { draws: number, mean: number, best: number, p: number }
}
