/**
 * Sweeps of sites that are scalars of one hook: heads, channels, units of a transformer, layers, streams, at any position.
 * The computation up to the hook's cut is done once for all sites; from there on several sites run as one batch. And
 * their attribution, from one gradient by hook.
 */
import type { Measure } from '../../../preload/contract/engine'
import type { Executor, Program, Value } from '../executor/executor'
import type { NdArray } from '../executor/jax'
import type { Model } from '../primary/model'
import type { AffineStep } from '../stimulation/plan'
import type { Cells, Target } from '../stimulation/targets'
import type { Answers, ItemMeasure } from './rowMeasures'
import type { Gathered } from './rowQueue'
import type { SweepSubject } from './subject'
import { runAndRead } from '../executor/executor'
import { np, valueAndGrad } from '../executor/jax'
import { hookNamed } from '../primary/model'
import { planTargets } from '../stimulation/plan'
import { itemMeasure, measureSum, spanned, weighedAnswers } from './rowMeasures'

export interface CellOptions {
  executor: Executor
  subject: SweepSubject
  parameters: Value[]
  rows: Int32Array
  measure: Measure
  answers: Answers
  /** Of the unstimulated primary. */
  logits: Float32Array
}

/** A site that changes nothing. */
const NEUTRAL = 'neutral'

type Ready = () => Promise<boolean>

/** One hook, its sites, and how much of them is run at once. */
export class CellSweep {
  readonly #options: CellOptions
  readonly #targets: readonly Target[]
  readonly #hook: string
  readonly #cut: string
  /** Scalars of the hook and of its cut, per item. */
  readonly #size: number
  readonly #cutSize: number
  /** Items and sites of one run. */
  readonly #items: number
  readonly #sites: number
  #plan: (target: Target) => AffineStep = () => { throw new Error('not prepared') }
  #prefix = new Float32Array()
  #compiled: Program | undefined
  /** The measure without intervention, per item. */
  #base: Float64Array = new Float64Array()
  readonly #measure: ItemMeasure

  /** `targets` act on cells of one hook. */
  constructor(options: CellOptions, targets: readonly Target[]) {
    const { subject: { model, observer }, rows } = options
    this.#options = options
    this.#targets = targets
    this.#measure = itemMeasure(options.measure, options.logits, options.answers)
    this.#hook = (targets[0].place as Cells).hook
    this.#cut = cutBefore(this.#hook, model)
    this.#size = sizeOf(this.#hook, model)
    this.#cutSize = sizeOf(this.#cut, model)
    this.#items = Math.min(rows.length, observer.chunk)
    this.#sites = Math.max(1, Math.min(targets.length, Math.floor(observer.chunk / this.#items)))
  }

  async prepare(): Promise<void> {
    const { subject: { model, weights, knowledge, observer, items }, rows } = this.#options
    const facts = await knowledge.factsFor(this.#targets, rows)
    this.#plan = target => planTargets([target], { model, weights, knowledge, facts }).hooks[this.#hook][0] as AffineStep
    this.#prefix = Float32Array.from((await observer.observe(items, rows, [this.#cut])).values[this.#cut])
  }

  /** Measures without intervention the way sites will be, which compiles what they need. Before `exact`. */
  async measureBase(): Promise<void> {
    const { rows } = this.#options
    this.#compiled = this.#program()
    await this.#withChunks(async (chunks) => {
      this.#base = (await this.#differences(chunks, [NEUTRAL], new Float64Array(rows.length)))[0]
    })
  }

  async exact(gathered: Gathered, ready: Ready): Promise<void> {
    await this.#withChunks(async (chunks) => {
      for (let from = 0; from < this.#targets.length; from += this.#sites) {
        if (!await ready()) return
        const steps = this.#targets.slice(from, from + this.#sites).map(this.#plan)
        const found = await this.#differences(chunks, steps, this.#base)
        found.forEach((differences, i) => gathered(from + i, differences))
      }
    })
  }

  async #withChunks(use: (chunks: Value[]) => Promise<void>): Promise<void> {
    const { executor } = this.#options
    const chunks = this.#chunks(this.#prefix, this.#cutSize).map(data => executor.upload(data, [this.#items, ...this.#shape(this.#cut)]))
    try {
      await use(chunks)
    }
    finally {
      executor.free(...chunks)
    }
  }

  /** `points` of the way from plain (0) to intervened (1), on which all sites of the hook change together. */
  async estimate(points: readonly number[], gathered: Gathered, ready: Ready): Promise<void> {
    const { subject: { observer, items }, rows } = this.#options
    const plain = (await observer.observe(items, rows, [this.#hook])).values[this.#hook]
    const whole = new Float64Array(plain.length)
    if (points.some(point => point !== 0)) {
      for (const target of this.#targets) this.#eachCell(target, plain, (i, delta) => (whole[i] += delta))
    }
    const gradient = await this.#gradient(points, whole, ready)
    if (!gradient) return
    const differences = new Float64Array(rows.length)
    for (const [i, target] of this.#targets.entries()) {
      differences.fill(0)
      this.#eachCell(target, plain, (cell, delta) => (differences[Math.floor(cell / this.#size)] += delta * gradient[cell]))
      gathered(i, differences)
      if (i % 64 === 0 && !await ready()) return
    }
  }

  /** Measures less `base`, per step and item. */
  async #differences(chunks: Value[], steps: readonly (AffineStep | typeof NEUTRAL)[], base: Float64Array): Promise<Float64Array[]> {
    const { executor, rows, parameters, answers } = this.#options
    const found = steps.map(() => new Float64Array(rows.length))
    const { size, before } = spanned(answers)
    const perItem = steps.some(step => step !== NEUTRAL && step.perItem)
    const shape = this.#shape(this.#hook)
    for (const [c, chunk] of chunks.entries()) {
      const first = c * this.#items
      const data = [
        executor.upload(this.#scales(steps), [this.#sites, ...shape]),
        executor.upload(this.#offsets(steps, perItem, first), [this.#sites, perItem ? this.#items : 1, ...shape]),
      ]
      try {
        const [logits] = await runAndRead(executor, this.#compiled!, [chunk, ...data, ...parameters])
        for (const [s, differences] of found.entries()) {
          for (let i = 0; i < this.#items && first + i < rows.length; i++)
            differences[first + i] = this.#measure(logits, (s * this.#items + i) * size - before, first + i) - base[first + i]
        }
      }
      finally {
        executor.free(...data)
      }
    }
    return found
  }

  /** [sites · size]; sites there are none of change nothing. */
  #scales(steps: readonly (AffineStep | typeof NEUTRAL)[]): Float32Array<ArrayBuffer> {
    const scales = new Float32Array(this.#sites * this.#size).fill(1)
    for (const [s, step] of steps.entries()) {
      if (step !== NEUTRAL) scales.set(step.scale, s * this.#size)
    }
    return scales
  }

  /** [sites · items or 1 · size], of the items from `first` on. */
  #offsets(steps: readonly (AffineStep | typeof NEUTRAL)[], perItem: boolean, first: number): Float32Array<ArrayBuffer> {
    const size = this.#size
    const items = perItem ? this.#items : 1
    const offsets = new Float32Array(this.#sites * items * size)
    for (const [s, step] of steps.entries()) {
      if (step === NEUTRAL) continue
      if (step.perItem) {
        offsets.set(step.offset.subarray(first * size, (first + items) * size), s * items * size)
      }
      else {
        for (let i = 0; i < items; i++) offsets.set(step.offset, (s * items + i) * size)
      }
    }
    return offsets
  }

  /** prefix [items, …], scales [sites, …], offsets [sites, items or 1, …], parameters → logits [sites · items, …]. */
  #program(): Program {
    const { executor, answers: { span }, subject: { model } } = this.#options
    const [sites, items] = [this.#sites, this.#items]
    const all = (value: NdArray, shape: number[]): NdArray => np.broadcastTo(value, [sites, items, ...shape]).reshape([sites * items, ...shape])
    const shape = this.#shape(this.#hook)
    const cutShape = this.#shape(this.#cut)
    return executor.compile(([prefix, scales, offsets, ...weights]) => {
      const scale = all(scales.reshape([sites, 1, ...shape]), shape)
      return [model.forward(weights, np.zeros([1, ...model.inputs]), {
        from: { hook: this.#cut, value: all(prefix.reshape([1, items, ...cutShape]), cutShape) },
        changes: { [this.#hook]: [{ kind: 'affine', scale, offset: all(offsets, shape) }] },
        ...(span ? { answers: span } : {}),
      }).outputs]
    })
  }

  /** Of the measure by what is added at the hook, [items · size], averaged over the points; undefined when it was cancelled. */
  async #gradient(points: readonly number[], whole: Float64Array, ready: Ready): Promise<Float64Array | undefined> {
    const { executor, parameters, answers } = this.#options
    const program = this.#gradientProgram()
    const width = answers.classes * answers.positions
    const prefixes = this.#chunks(this.#prefix, this.#cutSize)
    const weighed = this.#chunks(weighedAnswers(answers), width)
    const sum = new Float64Array(whole.length)
    for (const point of points) {
      const moved = this.#chunks(Float32Array.from(whole, delta => point * delta), this.#size)
      for (const [c, offset] of moved.entries()) {
        const data = [
          executor.upload(offset, [this.#items, ...this.#shape(this.#hook)]),
          executor.upload(prefixes[c], [this.#items, ...this.#shape(this.#cut)]),
          executor.upload(weighed[c], [this.#items * answers.positions, answers.classes]),
        ]
        try {
          const [gradient] = await runAndRead(executor, program, [...data, ...parameters])
          const from = c * this.#items * this.#size
          for (let i = 0; i < gradient.length && from + i < sum.length; i++) sum[from + i] += gradient[i] / points.length
        }
        finally {
          executor.free(...data)
        }
        if (!await ready()) return undefined
      }
    }
    return sum
  }

  #gradientProgram(): Program {
    const { executor, measure, answers: { classes }, subject: { model } } = this.#options
    return executor.compile(([offset, prefix, weighed, ...weights]) => {
      const [sum, gradient] = valueAndGrad((x) => {
        const { outputs } = model.forward(weights, np.zeros([1, ...model.inputs]), {
          from: { hook: this.#cut, value: prefix },
          changes: { [this.#hook]: [{ kind: 'affine', scale: np.ones([1]), offset: x }] },
        })
        return measureSum(measure, outputs.reshape([-1, classes]), weighed)
      })(offset)
      sum.dispose()
      return [gradient]
    })
  }

  /** What a site changes, for every scalar of every item that it touches: `take(item · size + scalar, difference)`. */
  #eachCell(target: Target, plain: Float32Array, take: (cell: number, delta: number) => void): void {
    const { components, span } = target.place as Cells
    const { width } = hookNamed(this.#options.subject.model, this.#hook)
    const { scale, offset, perItem } = this.#plan(target)
    for (let item = 0; item < this.#options.rows.length; item++) {
      for (let t = span.from; t < span.to; t++) {
        for (const component of components) {
          const i = t * width + component
          const cell = item * this.#size + i
          take(cell, (scale[i] - 1) * plain[cell] + offset[perItem ? cell : i])
        }
      }
    }
  }

  /** Runs of items, the last filled up with zeros. */
  #chunks(data: Float32Array, size: number): Float32Array<ArrayBuffer>[] {
    return Array.from({ length: Math.ceil(this.#options.rows.length / this.#items) }, (_, c) => {
      const chunk = new Float32Array(this.#items * size)
      chunk.set(data.subarray(c * chunk.length, (c + 1) * chunk.length))
      return chunk
    })
  }

  #shape(hook: string): number[] {
    return [...hookNamed(this.#options.subject.model, hook).shape]
  }
}

/** The last cut that the computation of a hook goes through. */
function cutBefore(hook: string, model: Model): string {
  const order = model.hooks.map(({ name }) => name)
  const cut = model.cuts.filter(name => order.indexOf(name) <= order.indexOf(hook)).at(-1)
  if (cut === undefined) throw new Error(`no cut before ${hook}`)
  return cut
}

function sizeOf(hook: string, model: Model): number {
  const { positions, width } = hookNamed(model, hook)
  return positions * width
}
