/**
 * Rows waiting to be run: one for every pair of site and item whose computation really changes, so that a site that is
 * silent on an item costs nothing there. A full queue goes through one program of fixed shape; the logits that come back
 * are measured and gathered into the paired differences of each site.
 */
import type { Executor, Program, Value } from '../executor/executor'
import type { ItemMeasure } from './rowMeasures'
import { runAndRead } from '../executor/executor'

/** Bytes of rows a run may take: small enough to stay in a cache, large enough that the call does not count. */
const RUN_BYTES = 4 * 1024 * 1024
const MOST_ROWS = 16_384
const FEWEST_ROWS = 256

/** `differences` [items] is reused: read it, do not keep it. */
export type Gathered = (site: number, differences: Float64Array) => void

export interface RowQueueOptions {
  executor: Executor
  /** [rows, width], then parameters → logits [rows, classes]; left out where the rows are logits. */
  program?: Program
  parameters: Value[]
  width: number
  classes: number
  measure: ItemMeasure
  /** The measure without intervention, per item. */
  base: Float64Array
}

export class RowQueue {
  /** Room for rows, [capacity · width], filled by the caller up to `count`. */
  readonly rows: Float32Array<ArrayBuffer>
  readonly capacity: number
  readonly width: number
  count = 0
  readonly #sites: Int32Array
  readonly #items: Int32Array
  readonly #differences: Float64Array
  readonly #options: RowQueueOptions

  constructor(options: RowQueueOptions) {
    const { width, base } = options
    this.#options = options
    this.width = width
    this.capacity = Math.max(FEWEST_ROWS, Math.min(MOST_ROWS, Math.floor(RUN_BYTES / 4 / width)))
    this.rows = new Float32Array(this.capacity * width)
    this.#sites = new Int32Array(this.capacity)
    this.#items = new Int32Array(this.capacity)
    this.#differences = new Float64Array(base.length)
  }

  get full(): boolean {
    return this.count === this.capacity
  }

  /** Says whose row was just written at `count`. Rows of a site come together, sites in ascending order. */
  take(site: number, item: number): void {
    this.#sites[this.count] = site
    this.#items[this.count] = item
    this.count++
  }

  /** Logits of every row there is room for, waiting or not. */
  async logits(): Promise<Float32Array> {
    const { executor, program, parameters, width } = this.#options
    if (!program) return this.rows
    const rows = executor.upload(this.rows, [this.capacity, width])
    try {
      return (await runAndRead(executor, program, [rows, ...parameters]))[0]
    }
    finally {
      executor.free(rows)
    }
  }

  /** Runs what waits. Sites before the last one waiting are complete then, and told; the answer is the first not told yet. */
  async flush(next: number, gathered: Gathered): Promise<number> {
    if (this.count === 0) return next
    const logits = await this.logits()
    const { base, classes, measure } = this.#options
    for (let row = 0; row < this.count; row++) {
      if (this.#sites[row] > next) next = this.finish(next, this.#sites[row], gathered)
      const item = this.#items[row]
      this.#differences[item] = measure(logits, row * classes, item) - base[item]
    }
    this.count = 0
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
