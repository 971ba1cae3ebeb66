/**
 * Least and greatest of any stretch of a series, whatever its length: values with their extremes over blocks of 16, 256, ….
 * Values may come in any order, each place once; a place without one is NaN and counts for nothing.
 */
import { Column } from './columns'

const FAN = 16

export interface Span { min: number, max: number }

type Floats = Column<Float32Array<ArrayBuffer>>

export class Spans {
  readonly #values: Floats = new Column(Float32Array)
  /** Of the blocks of 16, of 256, … */
  readonly #levels: { min: Floats, max: Floats }[] = []

  get length(): number {
    return this.#values.length
  }

  at(index: number): number {
    return this.#values.at(index)
  }

  push(value: number): void {
    this.grow(this.length + 1)
    this.set(this.length - 1, value)
  }

  /** Takes in what a column has gained since. */
  follow(column: { length: number, at: (index: number) => number }): this {
    for (let i = this.length; i < column.length; i++)
      this.push(column.at(i))
    return this
  }

  /** Places without a value, up to `length`. */
  grow(length: number): void {
    while (this.#values.length < length)
      this.#values.push(Number.NaN)
  }

  /** Once for each place: extremes only widen. */
  set(index: number, value: number): void {
    this.#values.set(index, value)
    if (Number.isNaN(value))
      return
    let block = index
    for (let level = 0; this.#values.length > FAN ** (level + 1) || level < this.#levels.length; level++) {
      block = Math.floor(block / FAN)
      const { min, max } = this.#levels[level] ??= this.#summary(level)
      while (min.length <= block) {
        min.push(Number.POSITIVE_INFINITY)
        max.push(Number.NEGATIVE_INFINITY)
      }
      min.set(block, Math.min(min.at(block), value))
      max.set(block, Math.max(max.at(block), value))
    }
  }

  /** Of the places [from, to); undefined where none of them has a value. */
  range(from: number, to: number): Span | undefined {
    const span = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
    this.#widen(span, 0, Math.max(0, from), Math.min(to, this.length))
    return span.min <= span.max ? span : undefined
  }

  #widen(span: Span, level: number, from: number, to: number): void {
    let start = from
    let end = to
    // Whole blocks are read one level up, the ragged ends here.
    const block = level < this.#levels.length ? FAN : Number.POSITIVE_INFINITY
    while (start < end && (start % block !== 0 || end - start < block))
      this.#take(span, level, start++)
    while (start < end && end % block !== 0)
      this.#take(span, level, --end)
    if (start < end)
      this.#widen(span, level + 1, start / FAN, end / FAN)
  }

  #take(span: Span, level: number, index: number): void {
    const [low, high] = level === 0 ? [this.#values, this.#values] : [this.#levels[level - 1].min, this.#levels[level - 1].max]
    const [min, max] = [low.at(index), high.at(index)]
    // NaN compares as false: no value, or a block nobody has reached.
    if (min < span.min)
      span.min = min
    if (max > span.max)
      span.max = max
  }

  /** A level that begins late summarises what lies below it. */
  #summary(level: number): { min: Floats, max: Floats } {
    const made = { min: new Column(Float32Array), max: new Column(Float32Array) }
    const below = level === 0 ? this.#values.length : this.#levels[level - 1].min.length
    for (let start = 0; start < below; start += FAN) {
      const span = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
      for (let i = start; i < Math.min(start + FAN, below); i++)
        this.#take(span, level, i)
      made.min.push(span.min)
      made.max.push(span.max)
    }
    return made
  }
}
