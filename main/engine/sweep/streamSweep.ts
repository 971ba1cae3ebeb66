/**
 * The exact sweep of heads and mlp units of a transformer. What such a site writes to the residual stream is linear in it:
 * its difference times its rows of `W_O` or `W_out` is added to the stream after its block's part, and only what comes
 * after that is run, several sites a batch. Positions that no answer depends on are left out.
 */
import type { Program, Value } from '../executor/executor'
import type { AffineStep } from '../stimulation/plan'
import type { Cells, Target } from '../stimulation/targets'
import type { CellOptions } from './cellSweep'
import type { ItemMeasure } from './rowMeasures'
import type { Gathered } from './rowQueue'
import { runAndRead } from '../executor/executor'
import { np } from '../executor/jax'
import { hookNamed } from '../primary/model'
import { planTargets } from '../stimulation/plan'
import { itemMeasure, spanned } from './rowMeasures'

/** Scalars of the widest array a run may hold. */
const RUN_SCALARS = 4e6
const MOST_ROWS = 4096

/** Where a site of a transformer is linear in the stream: the hook it is read at, the stream it is added to, and by what. */
interface Writer { block: number, stream: string, tensor: string }

export function writerOf({ place }: Target, { subject: { model: { architecture } } }: CellOptions): Writer | undefined {
  if (architecture.kind !== 'transformer' || place.kind !== 'cells') return undefined
  const [, block, part] = /^blocks\.(\d+)\.(attn\.z|mlp\.unit)$/.exec(place.hook) ?? []
  if (block === undefined) return undefined
  return part === 'mlp.unit'
    ? { block: Number(block), stream: `blocks.${block}.resid_post`, tensor: `blocks.${block}.mlp.W_out` }
    : { block: Number(block), stream: `blocks.${block}.resid_${architecture.dMlp > 0 ? 'mid' : 'post'}`, tensor: `blocks.${block}.attn.W_O` }
}

export class StreamSweep {
  readonly #options: CellOptions
  readonly #targets: readonly Target[]
  readonly #writer: Writer
  readonly #hook: string
  /** Positions of the hook, and the first of those that are run. */
  readonly #positions: number
  readonly #first: number
  /** Scalars of a site at one position, and of the stream. */
  readonly #inner: number
  readonly #width: number
  /** Items and sites of one run. */
  readonly #items: number
  readonly #sites: number
  #plan: (target: Target) => AffineStep = () => { throw new Error('not prepared') }
  #plain = new Float32Array()
  #stream = new Float32Array()
  #compiled: Program | undefined
  /** The measure without intervention, per item. */
  #base: Float64Array = new Float64Array()
  readonly #measure: ItemMeasure

  /** `targets` have one hook and as many scalars each. */
  constructor(options: CellOptions, targets: readonly Target[]) {
    const { subject: { model, observer }, rows } = options
    this.#options = options
    this.#targets = targets
    this.#measure = itemMeasure(options.measure, options.logits, options.answers)
    this.#writer = writerOf(targets[0], options)!
    const { hook, components } = targets[0].place as Cells
    this.#hook = hook
    this.#inner = components.length
    this.#positions = hookNamed(model, hook).positions
    this.#width = hookNamed(model, this.#writer.stream).width
    const last = this.#isLast
    // After the last block nothing mixes positions, so the one that answers is enough.
    this.#first = last && model.outputs.positions === 1 ? this.#positions - 1 : 0
    const most = last ? Math.min(MOST_ROWS, Math.max(1, Math.floor(RUN_SCALARS / this.#run / this.#widest))) : observer.chunk
    this.#items = Math.min(rows.length, most)
    this.#sites = Math.max(1, Math.min(targets.length, Math.floor(most / this.#items)))
  }

  async prepare(): Promise<void> {
    const { subject: { model, weights, knowledge, observer, items }, rows } = this.#options
    const facts = await knowledge.factsFor(this.#targets, rows)
    this.#plan = target => planTargets([target], { model, weights, knowledge, facts }).hooks[this.#hook][0] as AffineStep
    const { values } = await observer.observe(items, rows, [this.#hook, this.#writer.stream])
    this.#plain = Float32Array.from(values[this.#hook])
    this.#stream = Float32Array.from(values[this.#writer.stream])
  }

  /** Measures without intervention the way sites will be, which compiles what they need. Before `exact`. */
  async measureBase(): Promise<void> {
    const { rows } = this.#options
    this.#compiled = this.#program()
    await this.#withStreams(async (streams) => {
      this.#base = (await this.#differences(streams, [], new Float64Array(rows.length)))[0]
    })
  }

  async exact(gathered: Gathered, ready: () => Promise<boolean>): Promise<void> {
    await this.#withStreams(async (streams) => {
      for (let from = 0; from < this.#targets.length; from += this.#sites) {
        if (!await ready()) return
        const found = await this.#differences(streams, this.#targets.slice(from, from + this.#sites), this.#base)
        found.forEach((differences, i) => gathered(from + i, differences))
      }
    })
  }

  async #withStreams(use: (streams: Value[]) => Promise<void>): Promise<void> {
    const { executor } = this.#options
    const streams = this.#chunks().map(data => executor.upload(data, [1, this.#items * this.#run, this.#width]))
    try {
      await use(streams)
    }
    finally {
      executor.free(...streams)
    }
  }

  /** Positions of a run. */
  get #run(): number {
    return this.#positions - this.#first
  }

  get #isLast(): boolean {
    const { architecture } = this.#options.subject.model
    return architecture.kind === 'transformer' && this.#writer.block === architecture.layers - 1
  }

  get #widest(): number {
    const { architecture } = this.#options.subject.model
    return Math.max(this.#options.answers.classes, this.#width, architecture.kind === 'transformer' ? architecture.dMlp : 0)
  }

  /** Measures less `base`, per target and item; without targets, of one that changes nothing. */
  async #differences(streams: Value[], targets: readonly Target[], base: Float64Array): Promise<Float64Array[]> {
    const { executor, rows, parameters, answers } = this.#options
    const found = Array.from({ length: Math.max(1, targets.length) }, () => new Float64Array(rows.length))
    const steps = targets.map(this.#plan)
    const { size, before } = spanned(answers)
    const out = executor.upload(this.#out(targets), [this.#sites, this.#inner, this.#width])
    try {
      for (const [c, stream] of streams.entries()) {
        const first = c * this.#items
        const deltas = executor.upload(this.#deltas(targets, steps, first), [this.#sites, this.#items * this.#run, this.#inner])
        try {
          const [logits] = await runAndRead(executor, this.#compiled!, [stream, deltas, out, ...parameters])
          for (const [s, differences] of found.entries()) {
            for (let i = 0; i < this.#items && first + i < rows.length; i++)
              differences[first + i] = this.#measure(logits, (s * this.#items + i) * size - before, first + i) - base[first + i]
          }
        }
        finally {
          executor.free(deltas)
        }
      }
    }
    finally {
      executor.free(out)
    }
    return found
  }

  /** Rows of the tensor that turn a site's scalars into the stream, [sites · inner · width]. */
  #out(targets: readonly Target[]): Float32Array<ArrayBuffer> {
    const { data } = this.#options.subject.weights[this.#writer.tensor]
    const rows = new Float32Array(this.#sites * this.#inner * this.#width)
    for (const [s, { place }] of targets.entries()) {
      for (const [i, component] of (place as Cells).components.entries()) {
        const from = component * this.#width
        for (let d = 0; d < this.#width; d++) rows[(s * this.#inner + i) * this.#width + d] = data[from + d]
      }
    }
    return rows
  }

  /** What each site's scalars change by, [sites · items · positions · inner], of the items from `first` on. */
  #deltas(targets: readonly Target[], steps: readonly AffineStep[], first: number): Float32Array<ArrayBuffer> {
    const { rows, subject: { model } } = this.#options
    const { width } = hookNamed(model, this.#hook)
    const size = this.#positions * width
    const deltas = new Float32Array(this.#sites * this.#items * this.#run * this.#inner)
    for (const [s, { place }] of targets.entries()) {
      const { components, span } = place as Cells
      const { scale, offset, perItem } = steps[s]
      for (let i = 0; i < this.#items && first + i < rows.length; i++) {
        for (let t = Math.max(span.from, this.#first); t < span.to; t++) {
          const to = ((s * this.#items + i) * this.#run + t - this.#first) * this.#inner
          for (let k = 0; k < components.length; k++) {
            const cell = t * width + components[k]
            const at = (first + i) * size + cell
            deltas[to + k] = (scale[cell] - 1) * this.#plain[at] + offset[perItem ? at : cell]
          }
        }
      }
    }
    return deltas
  }

  /** stream [1, items · positions, width], deltas [sites, items · positions, inner], rows [sites, inner, width], parameters → logits. */
  #program(): Program {
    const { executor, answers: { span }, subject: { model } } = this.#options
    const shape = [this.#sites * this.#items, this.#run, this.#width]
    return executor.compile(([stream, deltas, out, ...weights]) => {
      const value = np.matmul(deltas, out).add(stream).reshape(shape)
      return [model.forward(weights, np.zeros([1, ...model.inputs]), { from: { hook: this.#writer.stream, value }, ...(span ? { answers: span } : {}) }).outputs]
    })
  }

  /** The stream of runs of items, at the positions that are run; the last filled up with zeros. */
  #chunks(): Float32Array<ArrayBuffer>[] {
    const n = this.#options.rows.length
    const each = this.#run * this.#width
    return Array.from({ length: Math.ceil(n / this.#items) }, (_, c) => {
      const chunk = new Float32Array(this.#items * each)
      for (let i = 0; i < this.#items && c * this.#items + i < n; i++) {
        const from = ((c * this.#items + i) * this.#positions + this.#first) * this.#width
        chunk.set(this.#stream.subarray(from, from + each), i * each)
      }
      return chunk
    })
  }
}
