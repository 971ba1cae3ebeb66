/**
 * What every primary is to the engine: parameters in a fixed order, named hook points, and one pure forward pass that
 * can be observed and intervened on at those points. The architectures themselves are files of their own beside this one.
 */
import type { Span } from '../../../preload/contract/address'
import type { Tensor } from '../../../preload/contract/engine'
import type { Architecture } from '../../../preload/contract/primary'
import type { NdArray } from '../executor/jax'

/**
 * A named value of the computation: `layers.0`, `layers.0.pre` (before the activation), `conv.1`, `blocks.0.attn.z` …
 * One item's value has `shape`; read as [positions, width], row by row, it is what plans and calibrations index.
 */
export interface Hook {
  readonly name: string
  /** Without the items: mlp [units], cnn [channels, pixels], transformer [positions, …]. */
  readonly shape: readonly number[]
  /** Token positions, the first axis of `shape` in a transformer; 1 elsewhere, where there is no such axis. */
  readonly positions: number
  /** Scalars at one position. */
  readonly width: number
}

/** A change of a hook's value `a`. Data only: which hooks are touched, and how often, is part of the program. */
export type Change
  /** `a · scale + offset`; scale [...shape], offset [items, ...shape], or anything that broadcasts to them. */
  = | { kind: 'affine', scale: NdArray, offset: NdArray }
  /** Acts on the projection p = a·vector alone: `a + (p · (scale − 1) + offset) · vector`; vector [width], scale [positions, 1], offset [items, positions, 1]. */
    | { kind: 'direction', vector: NdArray, scale: NdArray, offset: NdArray }

/**
 * A change of what some readers of a module read, while everything else reads on as before: the contribution c of each
 * writer becomes `c · scale`, and `shift` is added. `blocks.1.attn.k` reads the residual stream with one reader a head.
 */
export interface ReadChange {
  reader: string
  /** [readers], 1 for those that read the changed stream, 0 for the others. */
  mask: NdArray
  /** By writer (`embed`, `blocks.0.attn`, `blocks.0.mlp`): [positions, parts], parts being heads, mlp units, or 1. */
  writers: Record<string, NdArray>
  /** [items, positions, width], added to what those readers read. */
  shift: NdArray
}

export interface Run {
  /** By hook, applied in order. */
  changes?: Record<string, Change[]>
  reads?: ReadChange[]
  /** Names of hooks or patterns whose values are wanted, after any change to them. */
  observe?: readonly string[]
  /**
   * Begins at a hook that cuts the computation in two, with its value before any change to it; what comes before is not computed.
   * Also at a `blocks.L.attn.z`, with the block's `resid_pre` as the stream that runs past it.
   */
  from?: { hook: string, value: NdArray, stream?: NdArray }
  /** Of a transformer: positions whose outputs are wanted, and at least at which values of the last block are observed; left out, all. */
  answers?: Span
}

export interface Passed {
  /** [items, classes], or [items, positions, classes] where every position answers, or those in `answers`. */
  outputs: NdArray
  /** In the order of `observe`. */
  observed: NdArray[]
}

export interface Model {
  readonly architecture: Architecture
  /** The order parameters travel in. */
  readonly parameters: readonly (readonly [name: string, shape: number[]])[]
  /** In order of computation. */
  readonly hooks: readonly Hook[]
  /** Hooks that `from` may begin at, in order of computation. */
  readonly cuts: readonly string[]
  /** What can be observed besides hooks, and changed nowhere: attention patterns [items, heads, query, key]. */
  readonly patterns: readonly string[]
  /** Shape of one item's input: [scalars], [channels, height, width], or [positions] of tokens. */
  readonly inputs: readonly number[]
  /** `positions` is 1 where an item has one answer. */
  readonly outputs: { readonly positions: number, readonly classes: number }
  initialWeights: (seed: number) => Record<string, Tensor>
  /**
   * Pure. Takes ownership of all it is given.
   * @param parameters in the order of `parameters`
   * @param inputs [items, ...inputs]; tokens as float32. With `from` it is not read, but still owned.
   */
  forward: (parameters: NdArray[], inputs: NdArray, run?: Run) => Passed
}

/** A hook by its name; asking for one that is not there is a bug. */
export function hookNamed({ hooks }: Pick<Model, 'hooks'>, name: string): Hook {
  const hook = hooks.find(hook => hook.name === name)
  if (!hook) throw new Error(`no hook ${name}`)
  return hook
}

export function makeHook(name: string, shape: number[], positional = false): Hook {
  const positions = positional ? shape[0] : 1
  return { name, shape, positions, width: shape.reduce((a, b) => a * b, 1) / positions }
}
