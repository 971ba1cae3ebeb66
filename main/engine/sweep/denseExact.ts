/**
 * The exact sweep of dense layers. Activations are computed once. A unit, a weight or an edge changes one unit of one layer,
 * so the next layer's sums move along one column of its weights: `pre + δ·W[:, unit]`, written per (site, item) pair.
 * From there on the rows run through what is left of the primary. Pairs that change nothing are never run.
 */
import type { Measure } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { Executor, Program, Value } from '../executor/executor'
import type { DensePlace } from './denseChanges'
import type { DenseFacts } from './denseFacts'
import type { DenseValues } from './denseValues'
import type { Answers, ItemMeasure } from './rowMeasures'
import type { Gathered } from './rowQueue'
import type { SweepSubject } from './subject'
import { runAndRead } from '../executor/executor'
import { np } from '../executor/jax'
import { activate } from '../primary/mlp'
import { fillDelta } from './denseChanges'
import { columnsOf } from './denseValues'
import { itemMeasure } from './rowMeasures'
import { RowQueue } from './rowQueue'

export interface DenseJob { place: DensePlace, intervention: Intervention }

export interface DenseOptions {
  executor: Executor
  subject: SweepSubject
  parameters: Value[]
  values: DenseValues
  facts: DenseFacts
  measure: Measure
  answers: Answers
}

/** Values an activation's program takes at once. */
const ACTIVATIONS = 262_144

export class DenseExact {
  readonly #options: DenseOptions
  readonly #last: number
  /** By the layer whose sums the rows hold. */
  readonly #queues = new Map<number, RowQueue>()
  readonly #columns = new Map<number, Float32Array>()
  readonly #delta: Float64Array
  readonly #measure: ItemMeasure
  /** The measure without intervention, per item. */
  readonly #base: Float64Array
  #activation: Program | undefined

  constructor(options: DenseOptions) {
    this.#options = options
    this.#last = options.values.sizes.length - 1
    const { values, measure, answers } = options
    this.#delta = new Float64Array(values.items)
    this.#measure = itemMeasure(measure, values.logits, answers)
    this.#base = Float64Array.from(answers.targets, (_, item) => this.#measure(values.logits, item * answers.classes, item))
  }

  /** Compiles what sites at these places need, so that the sweep itself is not held up by it. */
  async prepare(places: readonly DensePlace[]): Promise<void> {
    for (const layer of new Set(places.map(({ layer }) => Math.min(layer + 1, this.#last)))) {
      const queue = this.#queueOf(layer)
      this.#queues.set(layer, queue)
      await queue.logits()
    }
  }

  /** Effects of the jobs, which act on one layer and one kind of target. `gathered` gets their places in the list. */
  async run(jobs: readonly DenseJob[], gathered: Gathered, ready: () => Promise<boolean>): Promise<void> {
    const { layer, at } = jobs[0].place
    const queue = this.#queues.get(Math.min(layer + 1, this.#last))
    if (!queue) throw new Error('the sweep was not prepared for these sites')
    const next = { site: 0 }
    const flush = async (): Promise<boolean> => {
      next.site = await queue.flush(next.site, gathered)
      return ready()
    }
    const write = layer === this.#last ? this.#logitRows(queue) : this.#nextLayerRows(queue, layer)
    const deltas = at === 'pre' && layer < this.#last ? this.#throughActivation(jobs, layer) : this.#direct(jobs)
    for await (const { site, unit, delta } of deltas) {
      for (let item = 0; item < delta.length;) {
        item = write(site, unit, delta, item)
        if (queue.full && !await flush()) return
      }
    }
    if (!await flush()) return
    queue.finish(next.site, jobs.length, gathered)
  }

  async* #direct(jobs: readonly DenseJob[]): AsyncGenerator<{ site: number, unit: number, delta: Float64Array }> {
    const { values, facts } = this.#options
    for (const [site, { place, intervention }] of jobs.entries()) {
      fillDelta(this.#delta, place, intervention, values, facts)
      yield { site, unit: place.unit, delta: this.#delta }
    }
  }

  /** A changed sum becomes a changed value: many sites at once, by the activation's own program. */
  async* #throughActivation(jobs: readonly DenseJob[], layer: number): AsyncGenerator<{ site: number, unit: number, delta: Float64Array }> {
    const { values, facts } = this.#options
    const { items } = values
    const units = values.sizes[layer]
    const pre = values.pre[layer]
    const value = values.value[layer]
    const most = Math.max(1, Math.floor(ACTIVATIONS / items))
    const sums = new Float32Array(most * items)
    for (let from = 0; from < jobs.length; from += most) {
      const some = jobs.slice(from, from + most)
      for (const [i, { place, intervention }] of some.entries()) {
        fillDelta(this.#delta, place, intervention, values, facts)
        for (let item = 0; item < items; item++) sums[i * items + item] = pre[item * units + place.unit] + this.#delta[item]
      }
      const activated = this.#options.subject.model.architecture.activation === 'relu' ? relu(sums) : await this.#activate(sums)
      for (const [i, { place }] of some.entries()) {
        for (let item = 0; item < items; item++) {
          const j = item * units + place.unit
          // The same sum has the same value, whatever program computed it.
          this.#delta[item] = sums[i * items + item] === pre[j] ? 0 : activated[i * items + item] - value[j]
        }
        yield { site: from + i, unit: place.unit, delta: this.#delta }
      }
    }
  }

  async #activate(sums: Float32Array<ArrayBuffer>): Promise<Float32Array> {
    const { executor, subject: { model: { architecture } } } = this.#options
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
    const { executor, parameters, values, subject: { model } } = this.#options
    const shared = { executor, parameters, width: values.sizes[layer], classes: this.#options.answers.classes, measure: this.#measure, base: this.#base }
    if (layer === this.#last) return new RowQueue(shared)
    const program = executor.compile(([rows, ...weights]) => {
      // `from` takes a value in place of everything before it; the inputs are owned and not read.
      const from = { hook: `layers.${layer}`, value: activate(model.architecture.activation, rows) }
      return [model.forward(weights, np.zeros([1]), { from }).outputs]
    })
    return new RowQueue({ ...shared, program })
  }

  /** Rows of logits, `unit`'s moved by `delta`. */
  #logitRows(queue: RowQueue): WriteRows {
    const { logits } = this.#options.values
    const { rows, width } = queue
    return (site, unit, delta, item) => {
      for (; item < delta.length && !queue.full; item++) {
        if (delta[item] === 0) continue
        const at = queue.count * width
        for (let c = 0; c < width; c++) rows[at + c] = logits[item * width + c]
        rows[at + unit] += delta[item]
        queue.take(site, item)
      }
      return item
    }
  }

  /** Rows of the next layer's sums, `unit` of `layer` moved by `delta`. */
  #nextLayerRows(queue: RowQueue, layer: number): WriteRows {
    const pre = this.#options.values.pre[layer + 1]
    const columns = this.#columnsOf(layer + 1)
    const { rows, width } = queue
    return (site, unit, delta, item) => {
      const w = unit * width
      for (; item < delta.length && !queue.full; item++) {
        if (delta[item] === 0) continue
        const at = queue.count * width
        const p = item * width
        // Rounded at every step, which spares the conversion to doubles and back.
        const d = Math.fround(delta[item])
        for (let u = 0; u < width; u++) rows[at + u] = Math.fround(pre[p + u] + Math.fround(d * columns[w + u]))
        queue.take(site, item)
      }
      return item
    }
  }

  #columnsOf(layer: number): Float32Array {
    const known = this.#columns.get(layer)
    if (known) return known
    const columns = columnsOf(this.#options.subject.weights[`layers.${layer}.weight`])
    this.#columns.set(layer, columns)
    return columns
  }
}

/** Writes a site's rows from `item` on until the queue is full or the items end; the item to go on with. */
type WriteRows = (site: number, unit: number, delta: Float64Array, item: number) => number

/** Exact in any arithmetic, so it needs no program. */
function relu(sums: Float32Array): Float32Array {
  return sums.map(x => Math.max(0, x))
}
