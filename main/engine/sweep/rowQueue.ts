/**
 * Rows waiting to be run: one for every pair of site and item whose computation really changes, so that a site that is
 * silent on an item costs nothing there. A full queue is run at once; the logits that come back are measured and gathered
 * into the paired differences of each site.
 */
import type { Executor, Program, Value } from '../executor/executor'
import type { RowKernel } from './rowKernel'
import type { Answers, ItemMeasure } from './rowMeasures'
import { runAndRead } from '../executor/executor'

/** `differences` [items] is reused: read it, do not keep it. */
export type Gathered = (site: number, differences: Float64Array) => void

/** How rows become measures; each kind of queue has its own. */
export interface RowRunner {
  readonly capacity: number
  /** Row `row` is the item with the queue's unit moved by `delta`. */
  set: (row: number, item: number, unit: number, delta: number) => void
  /** Runs the first `count` rows; the answer measures one of them. */
  run: (count: number) => Promise<(row: number, item: number) => number>
}

export class RowQueue {
  readonly #runner: RowRunner
  readonly #sites: Int32Array
  readonly #items: Int32Array
  readonly #differences: Float64Array
  /** The measure without intervention, per item. */
  readonly #base: Float64Array
  #count = 0

  constructor(runner: RowRunner, items: number) {
    this.#runner = runner
    this.#sites = new Int32Array(runner.capacity)
    this.#items = new Int32Array(runner.capacity)
    this.#differences = new Float64Array(items)
    this.#base = new Float64Array(items)
  }

  /** Measures every item with nothing moved, the way sites will be: what they differ from never differs by the way. Compiles, too. */
  async prepare(): Promise<void> {
    const { capacity } = this.#runner
    for (let at = 0; at < this.#base.length; at += capacity) {
      const count = Math.min(capacity, this.#base.length - at)
      for (let row = 0; row < count; row++) this.#runner.set(row, at + row, 0, 0)
      const measure = await this.#runner.run(count)
      for (let row = 0; row < count; row++) this.#base[at + row] = measure(row, at + row)
    }
  }

  get full(): boolean {
    return this.#count === this.#runner.capacity
  }

  /** Adds a site's rows from `item` on until the queue is full or the items end; the item to go on with. Sites come in ascending order. */
  add(site: number, unit: number, delta: Float64Array, item: number): number {
    const runner = this.#runner
    const { capacity } = runner
    let count = this.#count
    for (; item < delta.length && count < capacity; item++) {
      const d = delta[item]
      if (d === 0) continue
      runner.set(count, item, unit, d)
      this.#sites[count] = site
      this.#items[count] = item
      count++
    }
    this.#count = count
    return item
  }

  /** Runs what waits. Sites before the last one waiting are complete then, and told; the answer is the first not told yet. */
  async flush(next: number, gathered: Gathered): Promise<number> {
    if (this.#count === 0) return next
    const measure = await this.#runner.run(this.#count)
    for (let row = 0; row < this.#count; row++) {
      if (this.#sites[row] > next) next = this.finish(next, this.#sites[row], gathered)
      const item = this.#items[row]
      this.#differences[item] = measure(row, item) - this.#base[item]
    }
    this.#count = 0
    return next
  }

  /** Tells the sites `next` … `end` − 1: the first with the differences gathered, the others without any. */
  finish(next: number, end: number, gathered: Gathered): number {
    for (; next < end; next++) {
      gathered(next, this.#differences)
      this.#differences.fill(0)
    }
    return next
  }
}

/** What rows are made of: sums of a layer, moved along a column of its weights; or logits, of which one is moved. */
export interface RowSource {
  /** [items · width]. */
  sums: Float32Array
  width: number
  /** [units · width]; undefined where the unit is one of the row's own. */
  columns?: Float32Array
}

export interface ProgramOptions {
  executor: Executor
  /** [rows, width], then parameters → logits [rows, classes]; undefined where the rows are logits. */
  program?: Program
  parameters: Value[]
  classes: number
  measure: ItemMeasure
}

/** Bytes of rows a run may take: small enough to stay in a cache, large enough that the call does not count. */
const RUN_BYTES = 4 * 1024 * 1024
const MOST_ROWS = 16_384
const FEWEST_ROWS = 256

/** Rows through the executor: every primary, every measure. */
export function programRunner({ sums, width, columns }: RowSource, { executor, program, parameters, classes, measure }: ProgramOptions): RowRunner {
  const capacity = Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, Math.floor(RUN_BYTES / 4 / width)))
  const rows = new Float32Array(capacity * width)
  const outputs = async (): Promise<Float32Array> => {
    if (!program) return rows
    const input = executor.upload(rows, [capacity, width])
    try {
      return (await runAndRead(executor, program, [input, ...parameters]))[0]
    }
    finally {
      executor.free(input)
    }
  }
  return {
    capacity,
    set: (row, item, unit, delta) => {
      const at = row * width
      const p = item * width
      if (columns) {
        const w = unit * width
        // Rounded at every step, which spares the conversion to doubles and back.
        const d = Math.fround(delta)
        for (let u = 0; u < width; u++) rows[at + u] = Math.fround(sums[p + u] + Math.fround(d * columns[w + u]))
      }
      else {
        for (let u = 0; u < width; u++) rows[at + u] = sums[p + u]
        rows[at + unit] += delta
      }
    },
    run: async () => {
      const logits = await outputs()
      return (row, item) => measure(logits, row * classes, item)
    },
  }
}

export interface KernelOptions {
  kernel: RowKernel
  /** Whether the kernel holds the layer that rows begin at; otherwise they are logits. */
  layered: boolean
  answers: Answers
  measure: ItemMeasure
  /** Where the measure is the log-sum-exp less the target's logit, its sign. */
  sign: 1 | -1 | undefined
}

/** Rows through a kernel: one answer an item. */
export function kernelRunner({ sums, columns }: RowSource, { kernel, layered, answers: { targets }, measure, sign }: KernelOptions): RowRunner {
  const { classes, capacity } = kernel
  const logits = new Float32Array(classes)
  return {
    capacity,
    set: layered
      ? (row, item, unit, delta) => kernel.setDelta(row, item, unit, delta)
      : (row, item, unit, delta) => kernel.setLogits(row, sums, item, unit, delta, columns),
    run: async (count) => {
      if (layered) kernel.run(count)
      if (sign) {
        kernel.exponentials(count)
        return (row, item) => sign * (kernel.logSum(row) - kernel.logit(row, targets[item]))
      }
      return (row, item) => {
        for (let c = 0; c < classes; c++) logits[c] = kernel.logit(row, c)
        return measure(logits, 0, item)
      }
    },
  }
}
