/**
 * The exact sweep of an mlp. Activations are computed once. A unit, a weight or an edge changes one unit of one layer,
 * so the next layer's sums move along one column of its weights: `pre + δ·W[:, unit]`, written per (site, item) pair.
 * From there on the rows run through what is left of the mlp. Pairs that change nothing are never run.
 */
import type { Site } from '../../../preload/contract/address'
import type { Measure, Tensor } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { MlpTarget, UnitFacts } from './mlpChanges'
import type { MlpValues } from './mlpValues'
import type { RowMeasure } from './rowMeasures'
import type { Gathered } from './rowQueue'
import { runAndRead } from '../executor/executor'
import { np } from '../executor/jax'
import { activate } from '../primary/mlp'
import { fillDelta } from './mlpChanges'
import { columnsOf } from './mlpValues'
import { rowMeasure } from './rowMeasures'
import { RowQueue } from './rowQueue'

export interface MlpJob { site: Site, target: MlpTarget, intervention: Intervention }

export interface MlpExactOptions {
  executor: Executor
  model: Model
  architecture: MlpArchitecture
  parameters: Value[]
  weights: Record<string, Tensor>
  values: MlpValues
  facts: UnitFacts
  measure: Measure
  targets: Int32Array
}

export class MlpExact {
  readonly #options: MlpExactOptions
  readonly #last: number
  /** By the layer whose sums the rows hold. */
  readonly #queues = new Map<number, RowQueue>()
  readonly #columns = new Map<number, Float32Array>()
  readonly #delta: Float64Array
  readonly #measure: RowMeasure
  /** The measure without intervention, per item. */
  readonly #base: Float64Array
  #activation: Program | undefined

  constructor(options: MlpExactOptions) {
    this.#options = options
    this.#last = options.values.sizes.length - 1
    const { values, measure, targets } = options
    const classes = values.sizes[this.#last]
    this.#delta = new Float64Array(values.items)
    this.#measure = rowMeasure(measure, values.logits, targets, classes)
    this.#base = Float64Array.from(targets, (_, item) => this.#measure(values.logits, item * classes, item))
  }

  /** Compiles what sites at these places need, so that the sweep itself is not held up by it. */
  async prepare(targets: readonly MlpTarget[]): Promise<void> {
    for (const layer of new Set(targets.map(({ layer }) => Math.min(layer + 1, this.#last)))) {
      const queue = this.#queueOf(layer)
      this.#queues.set(layer, queue)
      await queue.logits()
    }
  }

  /** Effects of the jobs, which act on one layer and one kind of target. `gathered` gets their places in the list. */
  async run(jobs: readonly MlpJob[], gathered: Gathered, ready: () => Promise<boolean>): Promise<void> {
    const { layer, at } = jobs[0].target
    const queue = this.#queues.get(Math.min(layer + 1, this.#last))
    if (!queue) throw new Error('the sweep was not prepared for these sites')
    const next = { site: 0 }
    const flush = async (): Promise<boolean> => {
      next.site = await queue.flush(next.site, gathered)
      return ready()
    }
    const write = layer === this.#last ? this.#logitRow(queue) : this.#nextLayerRow(queue, layer)
    const deltas = at === 'pre' && layer < this.#last ? this.#throughActivation(jobs, layer) : this.#direct(jobs)
    for await (const { site, unit, delta } of deltas) {
      for (let item = 0; item < delta.length;) {
        item = fill(queue, site, unit, delta, item, write)
        if (queue.full && !await flush()) return
      }
    }
    if (!await flush()) return
    queue.finish(next.site, jobs.length, gathered)
  }

  async* #direct(jobs: readonly MlpJob[]): AsyncGenerator<{ site: number, unit: number, delta: Float64Array }> {
    const { values, facts } = this.#options
    for (const [site, { site: place, target, intervention }] of jobs.entries()) {
      fillDelta(this.#delta, place, intervention, values, facts)
      yield { site, unit: target.unit, delta: this.#delta }
    }
  }

  /** A changed sum becomes a changed value: many sites at once, by the activation's own program. */
  async* #throughActivation(jobs: readonly MlpJob[], layer: number): AsyncGenerator<{ site: number, unit: number, delta: Float64Array }> {
    const { values, facts, architecture } = this.#options
    const { items } = values
    const units = values.sizes[layer]
    const pre = values.pre[layer]
    const value = values.value[layer]
    const most = Math.max(1, Math.floor(ACTIVATIONS / items))
    const sums = new Float32Array(most * items)
    for (let from = 0; from < jobs.length; from += most) {
      const some = jobs.slice(from, from + most)
      for (const [i, { site, target, intervention }] of some.entries()) {
        fillDelta(this.#delta, site, intervention, values, facts)
        for (let item = 0; item < items; item++) sums[i * items + item] = pre[item * units + target.unit] + this.#delta[item]
      }
      const activated = architecture.activation === 'relu' ? relu(sums) : await this.#activate(sums)
      for (const [i, { target }] of some.entries()) {
        for (let item = 0; item < items; item++) {
          const j = item * units + target.unit
          // The same sum has the same value, whatever program computed it.
          this.#delta[item] = sums[i * items + item] === pre[j] ? 0 : activated[i * items + item] - value[j]
        }
        yield { site: from + i, unit: target.unit, delta: this.#delta }
      }
    }
  }

  async #activate(sums: Float32Array<ArrayBuffer>): Promise<Float32Array> {
    const { executor, architecture } = this.#options
    this.#activation ??= executor.compile(([x]) => [activate(architecture.activation, x)])
    const input = executor.upload(sums, [sums.length])
    try {
      return (await runAndRead(executor, this.#activation, [input]))[0]
    }
    finally {
      executor.free(input)
    }
  }

  #queueOf(layer: number): RowQueue {
    const { executor, parameters, values, model, architecture } = this.#options
    const shared = { executor, parameters, width: values.sizes[layer], classes: values.sizes[this.#last], measure: this.#measure, base: this.#base }
    if (layer === this.#last) return new RowQueue(shared)
    const program = executor.compile(([rows, ...weights]) => {
      // `from` takes a value in place of everything before it; the inputs are owned and not read.
      const from = { hook: `layers.${layer}`, value: activate(architecture.activation, rows) }
      return [model.forward(weights, np.zeros([1]), { from }).outputs]
    })
    return new RowQueue({ ...shared, program })
  }

  /** Writes the row of an item whose logit `unit` moves by `delta`. */
  #logitRow(queue: RowQueue): WriteRow {
    const { logits } = this.#options.values
    const { rows, width } = queue
    return (at, item, unit, delta) => {
      for (let c = 0; c < width; c++) rows[at + c] = logits[item * width + c]
      rows[at + unit] += delta
    }
  }

  /** Writes the row of an item where `unit` of `layer` moves by `delta`: the next layer's sums. */
  #nextLayerRow(queue: RowQueue, layer: number): WriteRow {
    const pre = this.#options.values.pre[layer + 1]
    const columns = this.#columnsOf(layer + 1)
    const { rows, width } = queue
    return (at, item, unit, delta) => {
      const p = item * width
      const w = unit * width
      for (let u = 0; u < width; u++) rows[at + u] = pre[p + u] + delta * columns[w + u]
    }
  }

  #columnsOf(layer: number): Float32Array {
    const known = this.#columns.get(layer)
    if (known) return known
    const columns = columnsOf(this.#options.weights[`layers.${layer}.weight`])
    this.#columns.set(layer, columns)
    return columns
  }
}

/** Values an activation's program takes at once. */
const ACTIVATIONS = 262_144

type WriteRow = (at: number, item: number, unit: number, delta: number) => void

/** Writes rows from `item` on until the queue is full or the items end; the item to go on with. */
function fill(queue: RowQueue, site: number, unit: number, delta: Float64Array, item: number, write: WriteRow): number {
  for (; item < delta.length && !queue.full; item++) {
    if (delta[item] === 0) continue
    write(queue.count * queue.width, item, unit, delta[item])
    queue.take(site, item)
  }
  return item
}

/** Exact in any arithmetic, so it needs no program. */
function relu(sums: Float32Array): Float32Array {
  return sums.map(x => Math.max(0, x))
}
