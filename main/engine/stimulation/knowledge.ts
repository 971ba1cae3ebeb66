/**
 * What is known of the unstimulated primary: means and σ over the calibration items, donors' values, counterfactual values.
 * Found out when first asked for and remembered, because a transformer has more values than anybody asks about.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { Model } from '../primary/model'
import type { Contribution } from './contributions'
import type { Target } from './targets'
import { UserError } from '../../../preload/contract/errors'
import { randomField } from '../../lib/random'
import { hookNamed } from '../primary/model'
import { contributionOf } from './contributions'
import { positionsOf } from './targets'

/** By hook: [rows · positions · width]. */
export type Values = Record<string, Float32Array>

export interface HookStatistics {
  /** [positions · width]: per position. */
  mean: Float32Array
  /** [width]: over items and positions, one current for the whole site. */
  sigma: Float32Array
}

export interface Subject {
  model: Model
  weights: Record<string, Tensor>
  directions: Record<string, Float32Array>
  /** Rows of the calibration items. */
  calibration: Int32Array
  /** Values of hooks for rows of the items, unstimulated. */
  observe: (rows: Int32Array, hooks: string[]) => Promise<Values>
  /** The same for the items' counterfactual partners, where there are any. */
  observePartners?: (rows: Int32Array, hooks: string[]) => Promise<Values>
  /** Rows observed at once for statistics of these hooks. */
  chunk: number
}

/** All that planning some targets for some rows needs, at hand. */
export interface Facts {
  readonly rows: Int32Array
  mean: (hook: string) => Float32Array
  sigma: (hook: string) => Float32Array
  /** σ of what an edge carries or a direction shows, [width]. */
  linearSigma: (address: string) => Float64Array
  resampled: (seed: number, hook: string) => Float32Array
  counterfactual: (hook: string) => Float32Array
}

export class Knowledge {
  readonly #subject: Subject
  readonly #statistics = new Map<string, Promise<HookStatistics>>()
  readonly #linear = new Map<string, Promise<Float64Array>>()
  /** The last donors' values, because a slider moves more often than a seed. */
  #donated: { key: string, values: Promise<Values> } | undefined
  #partners: { key: string, values: Promise<Values> } | undefined

  constructor(subject: Subject) {
    this.#subject = subject
  }

  /** Statistics that are known already. */
  learn(hook: string, statistics: HookStatistics): void {
    this.#statistics.set(hook, Promise.resolve(statistics))
  }

  statistics(hook: string): Promise<HookStatistics> {
    return remembered(this.#statistics, hook, () => this.#measure(hook))
  }

  /** Throws `no-counterfactual` and `direction-unknown`. */
  async factsFor(targets: readonly Target[], rows: Int32Array): Promise<Facts> {
    const means = new Map<string, Float32Array>()
    const sigmas = new Map<string, Float32Array>()
    const linear = new Map<string, Float64Array>()
    const seeds = new Map<number, Set<string>>()
    const partners = new Set<string>()

    for (const { intervention, place } of targets) {
      if (place.kind === 'weights') continue
      const map = place.kind === 'cells' ? undefined : this.linearOf(place)
      const hook = map?.hook ?? (place as { hook: string }).hook
      switch (intervention.op) {
        case 'gate':
          if (intervention.strength === 1) break
          if (intervention.baseline === 'mean') means.set(hook, (await this.statistics(hook)).mean)
          if (typeof intervention.baseline === 'object') addTo(seeds, intervention.baseline.resample, hook)
          break
        case 'drive':
        case 'noise':
          if (map) linear.set((place as { address: string }).address, await this.#sigmaOf((place as { address: string }).address, map))
          else sigmas.set(hook, (await this.statistics(hook)).sigma)
          break
        case 'patch':
          if (!this.#subject.observePartners) throw noCounterfactual(intervention.site)
          partners.add(hook)
          break
        case 'clamp': break
        default: intervention satisfies never
      }
    }

    const resampled = new Map<number, Values>()
    for (const [seed, hooks] of seeds) resampled.set(seed, await this.#donors(seed, rows, [...hooks].sort()))
    const counterfactual = partners.size === 0 ? {} : await this.#partnersOf(rows, [...partners].sort())
    return {
      rows,
      mean: hook => means.get(hook)!,
      sigma: hook => sigmas.get(hook)!,
      linearSigma: address => linear.get(address)!,
      resampled: (seed, hook) => resampled.get(seed)![hook],
      counterfactual: hook => counterfactual[hook],
    }
  }

  /** What an edge carries, or the projection on a direction. */
  linearOf(place: Exclude<Target['place'], { kind: 'cells' | 'weights' }>, weightsOf = (tensor: string): Tensor => this.#subject.weights[tensor]): Contribution {
    if (place.kind === 'edge') return contributionOf(place, this.#subject.model, weightsOf)
    const vector = this.vector(place.address)
    const { width } = hookNamed(this.#subject.model, place.hook)
    return {
      hook: place.hook,
      width: 1,
      of: values => Float64Array.from({ length: values.length / width }, (_, row) => vector.reduce((sum, v, i) => sum + v * values[row * width + i], 0)),
    }
  }

  vector(address: string): Float32Array {
    const vector = this.#subject.directions[address]
    if (vector) return vector
    const known = Object.keys(this.#subject.directions)
    throw new UserError({
      code: 'direction-unknown',
      message: `Site "${address}": this primary has no direction of that name.`,
      remedy: known.length > 0 ? `It has ${known.slice(0, 8).join(', ')}${known.length > 8 ? ' and more' : ''}.` : 'Store unit vectors in directions.safetensors in the primary’s folder, one tensor [dModel] for each, named by its address.',
      path: address,
    })
  }

  /** Donors are other calibration items, one an item, whatever the site: sites resampled together come from the same run. */
  donorRows(seed: number, rows: Int32Array): Int32Array {
    const { calibration } = this.#subject
    const { integer } = randomField(seed, 'resample')
    return rows.map((row) => {
      const donor = integer(row, calibration.length)
      return calibration[calibration[donor] === row ? (donor + 1) % calibration.length : donor]
    })
  }

  #donors(seed: number, rows: Int32Array, hooks: string[]): Promise<Values> {
    const key = `${seed}/${hooks.join()}/${rows.join()}`
    if (this.#donated?.key !== key) this.#donated = { key, values: this.#subject.observe(this.donorRows(seed, rows), hooks) }
    return this.#donated.values
  }

  #partnersOf(rows: Int32Array, hooks: string[]): Promise<Values> {
    const key = `${hooks.join()}/${rows.join()}`
    if (this.#partners?.key !== key) this.#partners = { key, values: this.#subject.observePartners!(rows, hooks) }
    return this.#partners.values
  }

  #sigmaOf(address: string, map: Contribution): Promise<Float64Array> {
    return remembered(this.#linear, address, async () => {
      const moments = new Moments(map.width, 1)
      await this.#eachChunk(map.hook, values => moments.add(map.of(values)))
      return Float64Array.from(moments.sigma())
    })
  }

  async #measure(hook: string): Promise<HookStatistics> {
    const { positions, width } = hookNamed(this.#subject.model, hook)
    const moments = new Moments(width, positions)
    await this.#eachChunk(hook, values => moments.add(values))
    return { mean: moments.mean(), sigma: moments.sigma() }
  }

  async #eachChunk(hook: string, take: (values: Float32Array) => void): Promise<void> {
    const { calibration, chunk, observe } = this.#subject
    for (let at = 0; at < calibration.length; at += chunk) take((await observe(calibration.subarray(at, at + chunk), [hook]))[hook])
  }
}

/** Sums in doubles about the first value seen, so that a large mean costs no digits. Mean per position and σ over all of them. */
class Moments {
  readonly #width: number
  readonly #positions: number
  readonly #sums: Float64Array
  readonly #squares: Float64Array
  #shift: Float64Array | undefined
  #items = 0

  constructor(width: number, positions: number) {
    this.#width = width
    this.#positions = positions
    this.#sums = new Float64Array(width * positions)
    this.#squares = new Float64Array(width)
  }

  add(values: ArrayLike<number>): void {
    const [width, size] = [this.#width, this.#sums.length]
    this.#shift ??= Float64Array.from({ length: width }, (_, c) => values[c])
    for (let i = 0; i < values.length; i++) {
      const value = values[i] - this.#shift[i % width]
      this.#sums[i % size] += value
      this.#squares[i % width] += value * value
    }
    this.#items += values.length / size
  }

  mean(): Float32Array {
    return Float32Array.from(this.#sums, (sum, i) => sum / this.#items + this.#shift![i % this.#width])
  }

  sigma(): Float32Array {
    const n = this.#items * this.#positions
    return Float32Array.from(this.#squares, (square, c) => {
      let sum = 0
      for (let t = 0; t < this.#positions; t++) sum += this.#sums[t * this.#width + c]
      return Math.sqrt(Math.max(0, square / n - (sum / n) ** 2))
    })
  }
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? find()
  known.set(key, value)
  value.catch(() => known.delete(key))
  return value
}

function addTo(sets: Map<number, Set<string>>, key: number, value: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(value))
}

/** Rows observed at once so that no array grows beyond some tens of megabytes. */
export function chunkOf(model: Model): number {
  const { architecture } = model
  if (architecture.kind !== 'transformer') return 500
  const positions = positionsOf(model)
  const { dModel, dMlp, heads, vocab } = architecture
  return Math.max(1, Math.min(500, Math.floor(8e6 / (positions * Math.max(vocab, dMlp, 4 * dModel, heads * positions)))))
}

function noCounterfactual(site: string): UserError {
  return new UserError({
    code: 'no-counterfactual',
    message: `${site}: patch needs each item's counterfactual, and this data set has none.`,
    remedy: 'Use a data set with a `counterfactual` tensor, or gate the site with the baseline "resample".',
    path: site,
  })
}
