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
import type { Answers } from './rowMeasures'
import type { Gathered, RowRunner, RowSource } from './rowQueue'
import type { SweepSubject } from './subject'
import { runAndRead } from '../executor/executor'
import { np } from '../executor/jax'
import { activate } from '../primary/mlp'
import { fillDelta } from './denseChanges'
import { columnsOf } from './denseValues'
import { RowKernel } from './rowKernel'
import { itemMeasure } from './rowMeasures'
import { kernelRunner, programRunner, RowQueue } from './rowQueue'

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

/** Jobs of each group that are run for nothing. */
const WARM_UP = 16
/** Values an activation's program takes at once. */
const ACTIVATIONS = 262_144

/** `delta` [items] is reused. */
interface Moved { site: number, unit: number, delta: Float64Array }

export class DenseExact {
  readonly #options: DenseOptions
  readonly #last: number
  /** By the layer whose sums the rows hold. */
  readonly #queues = new Map<number, RowQueue>()
  readonly #delta: Float64Array
  #activation: Program | undefined

  constructor(options: DenseOptions) {
    this.#options = options
    this.#last = options.values.sizes.length - 1
    this.#delta = new Float64Array(options.values.items)
  }

  /** Measures without intervention; then runs a few jobs for nothing, so that the sweep is not held up by what they compile. */
  async prepare(groups: readonly (readonly DenseJob[])[]): Promise<void> {
    for (const layer of new Set(groups.map(jobs => jobs[0].place.layer + 1))) {
      const queue = new RowQueue(this.#runner(layer), this.#options.values.items)
      this.#queues.set(layer, queue)
      await queue.prepare()
    }
    for (const jobs of groups) await this.run(jobs.slice(0, WARM_UP), () => {}, async () => true)
  }

  /** Effects of the jobs, which act on one layer and one kind of place. `gathered` gets their places in the list. */
  async run(jobs: readonly DenseJob[], gathered: Gathered, ready: () => Promise<boolean>): Promise<void> {
    const { layer, at } = jobs[0].place
    const queue = this.#queues.get(layer + 1)
    if (!queue) throw new Error('the sweep was not prepared for these sites')
    let next = 0
    const deltas = at === 'pre' && layer < this.#last ? this.#throughActivation(jobs, layer) : this.#direct(jobs)
    for await (const { site, unit, delta } of deltas) {
      for (let item = 0; item < delta.length;) {
        item = queue.add(site, unit, delta, item)
        if (!queue.full) continue
        next = await queue.flush(next, gathered)
        if (!await ready()) return
      }
    }
    next = await queue.flush(next, gathered)
    if (await ready()) queue.finish(next, jobs.length, gathered)
  }

  async* #direct(jobs: readonly DenseJob[]): AsyncGenerator<Moved> {
    const { values, facts } = this.#options
    for (const [site, { place, intervention }] of jobs.entries()) {
      fillDelta(this.#delta, place, intervention, values, facts)
      yield { site, unit: place.unit, delta: this.#delta }
    }
  }

  /** A changed sum becomes a changed value. */
  #throughActivation(jobs: readonly DenseJob[], layer: number): AsyncGenerator<Moved> {
    return this.#options.subject.model.architecture.activation === 'relu' ? this.#throughRelu(jobs, layer) : this.#throughProgram(jobs, layer)
  }

  /** A maximum is the same in any arithmetic, so it needs no program. */
  async* #throughRelu(jobs: readonly DenseJob[], layer: number): AsyncGenerator<Moved> {
    const { values } = this.#options
    const [pre, value, units] = [values.pre[layer], values.value[layer], values.sizes[layer]]
    const delta = this.#delta
    for await (const moved of this.#direct(jobs)) {
      for (let item = 0, j = moved.unit; item < delta.length; item++, j += units) {
        if (delta[item] !== 0) delta[item] = Math.max(0, Math.fround(pre[j] + delta[item])) - value[j]
      }
      yield moved
    }
  }

  /** Many sites at once, by the activation's own program. */
  async* #throughProgram(jobs: readonly DenseJob[], layer: number): AsyncGenerator<Moved> {
    const { values, facts } = this.#options
    const { items } = values
    const [pre, value, units] = [values.pre[layer], values.value[layer], values.sizes[layer]]
    const most = Math.max(1, Math.floor(ACTIVATIONS / items))
    const sums = new Float32Array(most * items)
    for (let from = 0; from < jobs.length; from += most) {
      const some = jobs.slice(from, from + most)
      for (const [i, { place, intervention }] of some.entries()) {
        fillDelta(this.#delta, place, intervention, values, facts)
        for (let item = 0; item < items; item++) sums[i * items + item] = pre[item * units + place.unit] + this.#delta[item]
      }
      const activated = await this.#activate(sums)
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

  /** For rows that are sums of `layer`; one beyond the last are logits that move themselves. */
  #runner(layer: number): RowRunner {
    const { executor, parameters, values, answers, measure, subject: { model, weights } } = this.#options
    const last = this.#last
    const own = Math.min(layer, last)
    const source = { sums: values.pre[own], width: values.sizes[own], ...(layer > last ? {} : { columns: columnsOf(weights[`layers.${layer}.weight`]) }) }
    const of = itemMeasure(measure, values.logits, answers)
    const kernel = this.#kernel(layer, source)
    if (kernel) return kernelRunner(source, { kernel, layered: layer < last, answers, measure: of, sign: measure === 'loss' ? 1 : measure === 'targetLogProbability' ? -1 : undefined })
    const program = layer >= last
      ? undefined
      : executor.compile(([rows, ...weights]) => {
          // `from` takes a value in place of everything before it; the inputs are owned and not read.
          const from = { hook: `layers.${layer}`, value: activate(model.architecture.activation, rows) }
          return [model.forward(weights, np.zeros([1, ...model.inputs]), { from }).outputs]
        })
    return programRunner(source, { executor, parameters, classes: answers.classes, measure: of, ...(program ? { program } : {}) })
  }

  /** For rows of logits, and for a relu layer that the outputs follow. */
  #kernel(layer: number, { sums, columns, width }: RowSource): RowKernel | undefined {
    const { answers: { classes }, subject: { model, weights } } = this.#options
    const last = this.#last
    if (layer >= last) return RowKernel.create(classes)
    if (layer < last - 1 || model.architecture.activation !== 'relu') return undefined
    return RowKernel.create(classes, { pre: sums, columns: columns!, weights: weights[`layers.${last}.weight`].data, biases: weights[`layers.${last}.bias`].data, units: width })
  }
}
