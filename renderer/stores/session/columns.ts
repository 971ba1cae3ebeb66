/** Growing numeric columns and a range maximum over one: how a million events are held so that a pixel can be drawn in microseconds. */

type Numbers = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

/** A typed array that grows by doubling. Reading past `length` gives undefined. */
export class Column<T extends Numbers> {
  #data: T
  #length = 0
  readonly #Kind: new (size: number) => T

  constructor(Kind: new (size: number) => T, capacity = 64) {
    this.#Kind = Kind
    this.#data = new Kind(Math.max(1, capacity))
  }

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const larger = new this.#Kind(this.#data.length * 2)
      larger.set(this.#data)
      this.#data = larger
    }
    this.#data[this.#length++] = value
  }

  append(values: ArrayLike<number>): void {
    const length = this.#length + values.length
    if (length > this.#data.length) {
      const larger = new this.#Kind(Math.max(length, 2 * this.#data.length))
      larger.set(this.#data.subarray(0, this.#length))
      this.#data = larger
    }
    this.#data.set(values, this.#length)
    this.#length = length
  }

  at(index: number): number {
    return index < this.#length ? this.#data[index] : Number.NaN
  }

  set(index: number, value: number): void {
    if (index >= this.#length)
      throw new RangeError(`Column has ${this.#length} values, not ${index + 1}.`)
    this.#data[index] = value
  }

  /** The values so far, without a copy; valid until the next push. */
  view(): T {
    return this.#data.subarray(0, this.#length) as T
  }

  /** First index whose value is at least `value`; the column must be ascending. */
  lowerBound(value: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#data[middle] < value)
        low = middle + 1
      else
        high = middle
    }
    return low
  }
}

const FAN = 16

/** Values with their maxima over blocks of 16, 256, …: the maximum of any range costs a few dozen reads. Values are at least 0. */
export class MaxPyramid {
  readonly #levels: Column<Float32Array<ArrayBuffer>>[] = [new Column(Float32Array)]

  get length(): number {
    return this.#levels[0].length
  }

  push(value: number): void {
    let index = this.length
    this.#levels[0].push(value)
    for (let level = 1; index >= FAN || level < this.#levels.length; level++) {
      index = Math.floor(index / FAN)
      this.#raise(level, index, value)
    }
  }

  /** Largest value of [from, to), 0 when empty. */
  max(from: number, to: number): number {
    return this.#max(0, Math.max(0, from), Math.min(to, this.length))
  }

  #raise(level: number, index: number, value: number): void {
    const column = this.#levels[level] ??= this.#summary(level)
    if (index === column.length)
      column.push(value)
    else if (value > column.at(index))
      column.set(index, value)
  }

  /** A level that begins late summarises what lies below it. */
  #summary(level: number): Column<Float32Array<ArrayBuffer>> {
    const below = this.#levels[level - 1]
    const column = new Column(Float32Array)
    for (let start = 0; start < below.length; start += FAN) {
      let most = 0
      for (let i = start; i < Math.min(start + FAN, below.length); i++)
        most = Math.max(most, below.at(i))
      column.push(most)
    }
    return column
  }

  #max(level: number, from: number, to: number): number {
    const column = this.#levels[level]
    let most = 0
    let start = from
    let end = to
    // Whole blocks are read one level up, the ragged ends here; the top level has nothing above it.
    const block = level + 1 < this.#levels.length ? FAN : Number.POSITIVE_INFINITY
    while (start < end && (start % block !== 0 || end - start < block))
      most = Math.max(most, column.at(start++))
    while (start < end && end % block !== 0)
      most = Math.max(most, column.at(--end))
    return start < end ? Math.max(most, this.#max(level + 1, start / FAN, end / FAN)) : most
  }
}
