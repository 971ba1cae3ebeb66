/** Columns of numbers that grow, cut into pages, and their bytes. What the columns mean is `timeline.ts`. */

type Numbers = Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>
interface Kind { new (length: number): Numbers, new (buffer: ArrayBuffer): Numbers, readonly BYTES_PER_ELEMENT: number }
type Kinds = Readonly<Record<string, Kind>>

export class Columns<K extends Kinds> {
  readonly #kinds: K
  readonly #data: Record<keyof K, Numbers>
  readonly #lengths: Record<keyof K, number>

  constructor(kinds: K) {
    this.#kinds = kinds
    this.#data = mapped(kinds, Kind => new Kind(256))
    this.#lengths = mapped(kinds, () => 0)
  }

  push(name: keyof K, value: number): void {
    const length = this.#lengths[name]
    if (length === this.#data[name].length) {
      const larger = new this.#kinds[name]!(2 * length)
      larger.set(this.#data[name])
      this.#data[name] = larger
    }
    this.#data[name][length] = value
    this.#lengths[name] = length + 1
  }

  length(name: keyof K): number {
    return this.#lengths[name]
  }

  /** NaN past the end. */
  at(name: keyof K, index: number): number {
    return index >= 0 && index < this.#lengths[name] ? this.#data[name][index]! : Number.NaN
  }

  get lengths(): Record<keyof K, number> {
    return { ...this.#lengths }
  }

  /** Rows [from, to) of a column, without a copy. */
  view<N extends keyof K>(name: N, from = 0, to = this.#lengths[name]): InstanceType<K[N]> {
    return this.#data[name].subarray(from, to) as InstanceType<K[N]>
  }

  /** How many values of an ascending column are at most `value`. */
  upperBound(name: keyof K, value: number): number {
    const data = this.#data[name]
    let low = 0
    let high = this.#lengths[name]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (data[middle]! <= value)
        low = middle + 1
      else
        high = middle
    }
    return low
  }

  bytes(name: keyof K): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.view(name)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }

  /** Replaces a column by what `bytes` gave; throws a RangeError where that is no whole number of values. */
  restore(name: keyof K, bytes: Uint8Array): void {
    this.#data[name] = new this.#kinds[name]!(bytes.slice().buffer)
    this.#lengths[name] = this.#data[name].length
    if (this.#lengths[name] === 0)
      this.#data[name] = new this.#kinds[name]!(256)
  }
}

function mapped<K extends Kinds, T>(kinds: K, make: (kind: Kind) => T): Record<keyof K, T> {
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, make(kind)])) as Record<keyof K, T>
}
