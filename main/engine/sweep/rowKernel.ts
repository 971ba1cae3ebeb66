/**
 * The inner loops of exact sweeps as WebAssembly made for a primary's sizes: log-sum-exp of rows of logits, and, where the
 * outputs follow one relu layer, the way there: `relu(pre[item] + δ·W[:, unit])` times the outputs' weights. The
 * arithmetic of the executor's program in another order; what it spares is the rows' way through memory, which is most of
 * what they cost. Where relaxed SIMD is missing or the layer is too large there is no kernel, and the program serves.
 */
import { assemble, Code } from './assembler'

/** A relu layer that the outputs follow. */
export interface KernelLayer {
  /** Sums before the activation [items · units]. */
  pre: Float32Array
  /** Weights into the layer by source [sources · units]. */
  columns: Float32Array
  /** Of the outputs [classes · units] and [classes]. */
  weights: ArrayLike<number>
  biases: ArrayLike<number>
  units: number
}

interface Addresses { pre: number, columns: number, weights: number, biases: number, values: number, list: number, logits: number, maxima: number, sums: number }

interface Plan {
  classes: number
  /** Units rounded up to whole vectors; the rest is zeros. */
  padded: number
  addresses: Addresses
  bytes: number
}

interface Exports {
  memory: WebAssembly.Memory
  /** Logits of the list's rows up to an address. */
  rows: (end: number) => void
  /** Maximum and sum of exponentials of the rows whose maxima lie before an address. */
  exponentials: (end: number) => void
}

/** Rows at once: their logits stay in the second-level cache. */
const CAPACITY = 4096
const LANES = 4
/** Bytes of one row in the list: where its item's sums lie, where its unit's column lies, δ. */
const ENTRY = 12
const MOST_BYTES = 2 ** 28
const PAGE = 65_536

export class RowKernel {
  readonly capacity = CAPACITY
  readonly classes: number
  readonly #plan: Plan
  readonly #exports: Exports
  readonly #floats: Float32Array
  readonly #integers: Int32Array

  private constructor(plan: Plan, exports: Exports) {
    this.classes = plan.classes
    this.#plan = plan
    this.#exports = exports
    this.#floats = new Float32Array(exports.memory.buffer)
    this.#integers = new Int32Array(exports.memory.buffer)
  }

  static create(classes: number, layer?: KernelLayer): RowKernel | undefined {
    const plan = planOf(classes, layer)
    if (plan.bytes > MOST_BYTES) return undefined
    const functions = { exponentials: { parameters: 1, code: exponentialsCode(plan) }, ...(layer ? { rows: { parameters: 1, code: rowsCode(plan) } } : {}) }
    const module = assemble(Math.ceil(plan.bytes / PAGE), functions)
    if (!WebAssembly.validate(module)) return undefined
    const kernel = new RowKernel(plan, new WebAssembly.Instance(new WebAssembly.Module(module)).exports as unknown as Exports)
    if (layer) kernel.#load(layer)
    return kernel
  }

  /** Row `row` is `unit` of the layer before moved by `delta` on an item. */
  setDelta(row: number, item: number, unit: number, delta: number): void {
    const { addresses, padded } = this.#plan
    const at = (addresses.list + row * ENTRY) / 4
    this.#integers[at] = addresses.pre + item * padded * 4
    this.#integers[at + 1] = addresses.columns + unit * padded * 4
    this.#floats[at + 2] = delta
  }

  /** Row `row` has an item's logits, moved by `delta` along the column of `unit`; without columns, its own moved. */
  setLogits(row: number, logits: Float32Array, item: number, unit: number, delta: number, columns?: Float32Array): void {
    const at = this.#at(row)
    const { classes } = this
    if (columns) {
      for (let c = 0; c < classes; c++) this.#floats[at + c * LANES] = logits[item * classes + c] + delta * columns[unit * classes + c]
    }
    else {
      for (let c = 0; c < classes; c++) this.#floats[at + c * LANES] = logits[item * classes + c]
      this.#floats[at + unit * LANES] += delta
    }
  }

  /** Logits of the first `count` rows, from what `setDelta` said of them. */
  run(count: number): void {
    const { addresses } = this.#plan
    // What the last block has too many repeats the first row.
    for (let row = count; row % LANES !== 0; row++) this.#integers.copyWithin((addresses.list + row * ENTRY) / 4, addresses.list / 4, (addresses.list + ENTRY) / 4)
    if (count > 0) this.#exports.rows(addresses.list + blocks(count) * LANES * ENTRY)
  }

  /** Must come before `logSum`. */
  exponentials(count: number): void {
    if (count > 0) this.#exports.exponentials(this.#plan.addresses.maxima + blocks(count) * LANES * 4)
  }

  logSum(row: number): number {
    const { addresses } = this.#plan
    return this.#floats[addresses.maxima / 4 + row] + Math.log(this.#floats[addresses.sums / 4 + row])
  }

  logit(row: number, c: number): number {
    return this.#floats[this.#at(row) + c * LANES]
  }

  /** Four rows stand together, class by class. */
  #at(row: number): number {
    return this.#plan.addresses.logits / 4 + (row >> 2) * this.classes * LANES + (row & 3)
  }

  #load({ pre, columns, weights, biases, units }: KernelLayer): void {
    const { addresses, padded } = this.#plan
    const fill = (address: number, data: ArrayLike<number>): void => {
      for (let from = 0, at = address / 4; from < data.length; from += units, at += padded) {
        for (let i = 0; i < units; i++) this.#floats[at + i] = data[from + i]
      }
    }
    fill(addresses.pre, pre)
    fill(addresses.columns, columns)
    fill(addresses.weights, weights)
    this.#floats.set(biases, addresses.biases / 4)
  }
}

function blocks(count: number): number {
  return Math.ceil(count / LANES)
}

function planOf(classes: number, layer?: KernelLayer): Plan {
  const padded = Math.ceil((layer?.units ?? 0) / LANES) * LANES
  let bytes = 0
  const place = (floats: number): number => {
    const address = bytes
    bytes += Math.ceil(floats * 4 / 64) * 64
    return address
  }
  const rowsOf = (data?: Float32Array): number => data ? data.length / layer!.units * padded : 0
  const addresses = {
    pre: place(rowsOf(layer?.pre)),
    columns: place(rowsOf(layer?.columns)),
    weights: place(classes * padded),
    biases: place(classes),
    values: place(LANES * padded),
    list: place(layer ? CAPACITY * ENTRY / 4 : 0),
    logits: place(CAPACITY * classes),
    maxima: place(CAPACITY),
    sums: place(CAPACITY),
  }
  return { classes, padded, addresses, bytes }
}

function rowsCode(plan: Plan): Code {
  const { addresses, classes } = plan
  const code = new Code(1)
  const entry = code.i32()
  const out = code.i32()
  const at = code.i32()
  code.constant(addresses.list).set(entry).constant(addresses.logits).set(out)
  const layer = layerCode(code, plan, at)
  const outputs = outputsCode(code, plan, at, out)
  return code.loop(entry, LANES * ENTRY, { local: 0 }, () => {
    layer(entry)
    for (let c = 0; c < classes; c += 2) outputs(c, Math.min(2, classes - c))
    code.get(out).constant(classes * LANES * 4).add().set(out)
  })
}

/** relu(pre + δ·column) of four rows, into `values`. */
function layerCode(code: Code, { padded, addresses }: Plan, at: number): (entry: number) => void {
  const rows = Array.from({ length: LANES }, () => ({ pre: code.i32(), column: code.i32(), delta: code.v128() }))
  const unrolled = unrolling(padded, 4)
  return (entry) => {
    for (const [r, { pre, column, delta }] of rows.entries()) {
      code.get(entry).load(r * ENTRY).set(pre)
      code.get(entry).load(r * ENTRY + 4).set(column)
      code.get(entry).vloadSplat(r * ENTRY + 8).set(delta)
    }
    code.constant(0).set(at)
    code.loop(at, 16 * unrolled, 4 * padded, () => {
      for (const [r, { pre, column, delta }] of rows.entries()) {
        for (let v = 0; v < unrolled; v++)
          code.get(at).vfloat(0).get(delta).get(column).vload(16 * v).get(pre).vload(16 * v).vmadd().vmax().vstore(addresses.values + r * padded * 4 + 16 * v)
        code.get(pre).constant(16 * unrolled).add().set(pre)
        code.get(column).constant(16 * unrolled).add().set(column)
      }
    })
  }
}

/** Logits of `some` classes from `c` on for four rows, one vector a class: as many sums at once as there are registers for. */
function outputsCode(code: Code, { padded, addresses }: Plan, at: number, out: number): (c: number, some: number) => void {
  const sums = Array.from({ length: 2 * LANES }, () => code.v128())
  const weights = [code.v128(), code.v128()]
  const value = code.v128()
  const [low, high] = [code.v128(), code.v128()]
  const unrolled = unrolling(padded, 2)
  return (c, some) => {
    for (let i = 0; i < some * LANES; i++) code.vfloat(0).set(sums[i])
    code.constant(0).set(at)
    code.loop(at, 16 * unrolled, 4 * padded, () => {
      for (let v = 0; v < unrolled; v++) {
        for (let k = 0; k < some; k++) code.get(at).vload(addresses.weights + (c + k) * padded * 4 + 16 * v).set(weights[k])
        for (let r = 0; r < LANES; r++) {
          code.get(at).vload(addresses.values + r * padded * 4 + 16 * v).set(value)
          for (let k = 0; k < some; k++) code.get(value).get(weights[k]).get(sums[k * LANES + r]).vmadd().set(sums[k * LANES + r])
        }
      }
    })
    for (let k = 0; k < some; k++) {
      const [a, b, d, e] = sums.slice(k * LANES, (k + 1) * LANES)
      code.get(a).get(b).shuffle([0, 4, 1, 5]).get(a).get(b).shuffle([2, 6, 3, 7]).vadd().set(low)
      code.get(d).get(e).shuffle([0, 4, 1, 5]).get(d).get(e).shuffle([2, 6, 3, 7]).vadd().set(high)
      code.get(out).get(low).get(high).shuffle([0, 1, 4, 5]).get(low).get(high).shuffle([2, 3, 6, 7]).vadd()
      code.constant(0).vloadSplat(addresses.biases + 4 * (c + k)).vadd().vstore(16 * (c + k))
    }
  }
}

function exponentialsCode({ addresses, classes }: Plan): Code {
  const code = new Code(1)
  const answer = code.i32()
  const logits = code.i32()
  const max = code.v128()
  const sum = code.v128()
  const exponential = exponentialCode(code)
  code.constant(addresses.maxima).set(answer).constant(addresses.logits).set(logits)
  return code.loop(answer, LANES * 4, { local: 0 }, () => {
    code.get(logits).vload(0).set(max)
    for (let c = 1; c < classes; c++) code.get(max).get(logits).vload(16 * c).vmax().set(max)
    code.vfloat(0).set(sum)
    for (let c = 0; c < classes; c++) {
      code.get(logits).vload(16 * c).get(max).vsub()
      exponential()
      code.get(sum).vadd().set(sum)
    }
    code.get(answer).get(max).vstore(0).get(answer).get(sum).vstore(addresses.sums - addresses.maxima)
    code.get(logits).constant(classes * LANES * 4).add().set(logits)
  })
}

/** Of the vector on the stack, for values ≤ 0: 2ⁿ · eʳ, |r| ≤ ½ ln 2, within 2 ulp (the polynomial of Cephes' expf, Moshier 1992). */
function exponentialCode(code: Code): () => void {
  const r = code.v128()
  const n = code.v128()
  return () => {
    code.vfloat(-87).vmax().tee(r)
    code.vfloat(Math.LOG2E).vmul().vnearest().set(n)
    // ln 2 in two parts, so that r keeps its digits.
    code.get(n).vfloat(-0.693359375).get(r).vmadd().set(r)
    code.get(n).vfloat(2.12194440e-4).get(r).vmadd().set(r)
    code.vfloat(1.9875691500e-4)
    for (const term of [1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]) code.get(r).vfloat(term).vmadd()
    code.get(r).get(r).vmul().get(r).vmadd().vfloat(1).vadd()
    code.get(n).vtruncate().vint(127).vaddInt().constant(23).vshiftLeft().vmul()
  }
}

/** How many vectors a loop takes at once: up to `most`, as long as they come out even. */
function unrolling(padded: number, most: number): number {
  let unrolled = most
  while ((padded / LANES) % unrolled !== 0) unrolled /= 2
  return unrolled
}
