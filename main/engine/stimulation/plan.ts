/**
 * Turns a set of interventions into numbers that programs take as data: scales and offsets of hooks, changed readings of the
 * residual stream, and the weight tensors that change. What is touched decides the program; how, only its data.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { Model } from '../primary/model'
import type { Affine } from './affine'
import type { Beginning } from './beginning'
import type { Contribution } from './contributions'
import type { Facts, Knowledge } from './knowledge'
import type { Cells, Direction, Edge, Target, Weights } from './targets'
import { hookNamed } from '../primary/model'
import { affineOf, at } from './affine'
import { beginningOf } from './beginning'
import { Reads } from './reads'
import { denseRun, positionsOf } from './targets'

/** Scale and offset of every scalar of a hook. */
export interface AffineStep {
  kind: 'affine'
  /** [positions · width]. */
  scale: Float32Array<ArrayBuffer>
  /** [positions · width], or as many for every row where items differ. */
  offset: Float32Array<ArrayBuffer>
  perItem: boolean
}

export interface DirectionStep {
  kind: 'direction'
  vector: Float32Array<ArrayBuffer>
  /** [positions]. */
  scale: Float32Array<ArrayBuffer>
  /** [rows · positions]. */
  offset: Float32Array<ArrayBuffer>
}

/** See `ReadChange`. */
export interface ReadPlan {
  reader: string
  mask: Float32Array<ArrayBuffer>
  /** [positions · parts]. */
  writers: Record<string, Float32Array<ArrayBuffer>>
  /** [rows or 1 · positions · width of the stream]. */
  shift: Float32Array<ArrayBuffer>
  perItem: boolean
}

export interface Plan {
  /** By hook, in order. */
  hooks: Record<string, (AffineStep | DirectionStep)[]>
  reads: ReadPlan[]
  /** Tensors that differ from the primary's own, by name. */
  weights: Record<string, Tensor>
  /** Where its run begins; left out, at the inputs. */
  begin?: Beginning
}

export interface PlanContext {
  model: Model
  weights: Record<string, Tensor>
  knowledge: Knowledge
  facts: Facts
}

export function planTargets(targets: readonly Target[], context: PlanContext): Plan {
  const planner = new Planner(context)
  for (const { intervention, place } of targets) {
    switch (place.kind) {
      case 'cells': planner.cells(intervention, place); break
      case 'direction': planner.direction(intervention, place); break
      case 'weights': planner.weights(intervention, place); break
      case 'edge': planner.edge(intervention, place); break
      default: place satisfies never
    }
  }
  return planner.plan()
}

/** The same shape of plan that changes nothing, with the same beginning: what the unstimulated side of a pair runs with. */
export function neutralPlan({ hooks, reads, begin }: Plan): Plan {
  const zeros = (like: Float32Array): Float32Array<ArrayBuffer> => new Float32Array(like.length)
  const ones = (like: Float32Array): Float32Array<ArrayBuffer> => new Float32Array(like.length).fill(1)
  return {
    hooks: Object.fromEntries(Object.entries(hooks).map(([name, steps]) => [name, steps.map(step => ({ ...step, scale: ones(step.scale), offset: zeros(step.offset) }))])),
    reads: reads.map(read => ({ ...read, writers: Object.fromEntries(Object.entries(read.writers).map(([name, scale]) => [name, ones(scale)])), shift: zeros(read.shift) })),
    weights: {},
    ...(begin ? { begin } : {}),
  }
}

class Planner {
  readonly #context: PlanContext
  readonly #rows: number
  readonly #plan: Plan = { hooks: {}, reads: [], weights: {} }
  readonly #reads: Reads
  /** What edges between neighbours add to their readers, [rows or 1 · width], by edge. */
  readonly #shifts = new Map<string, { hook: string, first: number, width: number, offset: Float64Array, perItem: boolean }>()

  constructor(context: PlanContext) {
    this.#context = context
    this.#rows = context.facts.rows.length
    this.#reads = new Reads(context.model, context.weights, this.#rows)
  }

  plan(): Plan {
    for (const { hook, first, width, offset, perItem } of this.#shifts.values()) {
      const step = this.#affine(hook, perItem)
      const columns = hookNamed(this.#context.model, hook).width
      for (let row = 0; row < step.offset.length / columns; row++) {
        for (let i = 0; i < width; i++) step.offset[row * columns + first + i] += offset[perItem ? row * width + i : i]
      }
    }
    // In order of computation, so that the same touched hooks are the same program whatever order they came in.
    const hooks = Object.fromEntries(this.#context.model.hooks.filter(({ name }) => this.#plan.hooks[name]).map(({ name }) => [name, this.#plan.hooks[name]]))
    const plan = { ...this.#plan, hooks, reads: this.#reads.plans() }
    const begin = beginningOf(plan, this.#context.model)
    return begin ? { ...plan, begin } : plan
  }

  cells(intervention: Intervention, { hook, components, span }: Cells): void {
    const { positions, width } = hookNamed(this.#context.model, hook)
    for (let t = span.from; t < span.to; t++) {
      for (const component of components) {
        const affine = this.#cellAffine(intervention, hook, t, component)
        const step = this.#affine(hook, typeof affine.offset !== 'number')
        const i = t * width + component
        step.scale[i] *= affine.scale
        for (let j = i, row = 0; j < step.offset.length; j += positions * width, row++) step.offset[j] = affine.scale * step.offset[j] + at(affine.offset, row)
      }
    }
  }

  direction(intervention: Intervention, place: Direction): void {
    const { knowledge, model } = this.#context
    const { positions } = hookNamed(model, place.hook)
    const map = knowledge.linearOf(place)
    const step: DirectionStep = { kind: 'direction', vector: Float32Array.from(knowledge.vector(place.address)), scale: new Float32Array(positions).fill(1), offset: new Float32Array(this.#rows * positions) }
    for (let t = place.span.from; t < place.span.to; t++) {
      const affine = this.#linearAffine(intervention, place.address, map, t, 0, positions)
      step.scale[t] = affine.scale
      for (let row = 0; row < this.#rows; row++) step.offset[row * positions + t] = at(affine.offset, row)
    }
    ;(this.#plan.hooks[place.hook] ??= []).push(step)
  }

  /** A weight has no items: β is one number, and what it falls back to is zero, as "gate multiplies it" says. */
  weights(intervention: Intervention, { tensor, from, size }: Weights): void {
    const original = this.#context.weights[tensor].data
    const sigma = intervention.op === 'drive' || intervention.op === 'noise' ? deviation(original) : 0
    const data = this.#changedWeights(tensor)
    for (let i = from; i < from + size; i++) {
      const { scale, offset } = affineOf(intervention, {
        sigma,
        baseline: () => 0,
        counterfactual: () => { throw new Error('a weight has no counterfactual') },
        address: `${tensor}[${i}]`,
        // One draw: a weight is the same for every item.
        rows: [0],
      })
      data[i] = scale * data[i] + at(offset, 0)
    }
  }

  /** The site's value is the source's contribution to that reader. */
  edge(intervention: Intervention, place: Edge): void {
    const { knowledge, model } = this.#context
    const contribution = knowledge.linearOf(place, tensor => this.#plan.weights[tensor] ?? this.#context.weights[tensor])
    const run = denseRun(place, model)
    const positions = positionsOf(model)
    const affine = (t: number, i: number): Affine => this.#linearAffine(intervention, place.address, contribution, t, i, positions)
    if (!run) return this.#reads.add(place, contribution.width, affine)
    const hook = `${place.to.module}.pre`
    const first = place.to.index! * contribution.width
    const parts = Array.from({ length: contribution.width }, (_, i) => affine(0, i))
    const data = this.#changedWeights(run.tensor)
    for (let i = run.from; i < run.from + run.size; i++) data[i] *= parts[0].scale
    const before = this.#shifts.get(place.address)
    const perItem = before?.perItem || parts.some(({ offset }) => typeof offset !== 'number')
    const offset = Float64Array.from({ length: (perItem ? this.#rows : 1) * parts.length }, (_, flat) => {
      const [row, i] = [Math.floor(flat / parts.length), flat % parts.length]
      return parts[i].scale * (before ? before.offset[before.perItem ? flat : i] : 0) + at(parts[i].offset, row)
    })
    this.#shifts.set(place.address, { hook, first, width: parts.length, offset, perItem })
  }

  /** The last step of a hook where that is affine, else a new one. */
  #affine(hook: string, perItem: boolean): AffineStep {
    const { positions, width } = hookNamed(this.#context.model, hook)
    const steps = this.#plan.hooks[hook] ??= []
    let step = steps[steps.length - 1]
    if (step?.kind !== 'affine') {
      step = { kind: 'affine', scale: new Float32Array(positions * width).fill(1), offset: new Float32Array(positions * width), perItem: false }
      steps.push(step)
    }
    if (perItem && !step.perItem) {
      const shared = step.offset
      step.offset = new Float32Array(this.#rows * shared.length)
      for (let row = 0; row < this.#rows; row++) step.offset.set(shared, row * shared.length)
      step.perItem = true
    }
    return step
  }

  #cellAffine(intervention: Intervention, hook: string, t: number, component: number): Affine {
    const { facts, model } = this.#context
    const { positions, width } = hookNamed(model, hook)
    const column = (values: Float32Array): Float64Array => Float64Array.from(facts.rows, (_, row) => values[(row * positions + t) * width + component])
    return affineOf(intervention, {
      get sigma() { return facts.sigma(hook)[component] },
      baseline: () => {
        if (intervention.op !== 'gate' || intervention.baseline === 'zero') return 0
        return intervention.baseline === 'mean' ? facts.mean(hook)[t * width + component] : column(facts.resampled(intervention.baseline.resample, hook))
      },
      counterfactual: () => column(facts.counterfactual(hook)),
      address: scalarName(model, hook, component, t),
      rows: facts.rows,
    })
  }

  /** Of scalar `i` at position `t` of what an edge carries or a direction shows. */
  #linearAffine(intervention: Intervention, address: string, map: Contribution, t: number, i: number, positions: number): Affine {
    const { facts } = this.#context
    const column = (values: Float64Array): Float64Array => Float64Array.from(facts.rows, (_, row) => values[(row * positions + t) * map.width + i])
    return affineOf(intervention, {
      get sigma() { return facts.linearSigma(address)[i] },
      baseline: () => {
        if (intervention.op !== 'gate' || intervention.baseline === 'zero') return 0
        return intervention.baseline === 'mean'
          ? mapped(map, facts.mean(map.hook))[t * map.width + i]
          : column(mapped(map, facts.resampled(intervention.baseline.resample, map.hook)))
      },
      counterfactual: () => column(mapped(map, facts.counterfactual(map.hook))),
      address: map.width === 1 && positions === 1 ? address : `${address}[${i}]@${t}`,
      rows: facts.rows,
    })
  }

  #changedWeights(name: string): Tensor['data'] {
    const { weights } = this.#context
    this.#plan.weights[name] ??= { shape: weights[name].shape, data: Float32Array.from(weights[name].data) }
    return this.#plan.weights[name].data
  }
}

const lastMapped = new WeakMap<Contribution, { values: Float32Array, result: Float64Array }>()

/** The map of some values, once for all scalars that are read from it. */
function mapped(map: Contribution, values: Float32Array): Float64Array {
  const last = lastMapped.get(map)
  if (last?.values === values) return last.result
  const result = map.of(values)
  lastMapped.set(map, { values, result })
  return result
}

/** Names a scalar's noise stream, so that no two share their noise. */
function scalarName({ architecture }: Model, hook: string, component: number, t: number): string {
  if (hook.startsWith('layers.')) return `${hook}.unit[${component}]`
  return `${hook}[${component}]${architecture.kind === 'transformer' ? `@${t}` : ''}`
}

/** Population standard deviation of a tensor's entries. */
function deviation(data: ArrayLike<number>): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < data.length; i++) sum += data[i]
  const mean = sum / data.length
  for (let i = 0; i < data.length; i++) squares += (data[i] - mean) ** 2
  return Math.sqrt(squares / data.length)
}
