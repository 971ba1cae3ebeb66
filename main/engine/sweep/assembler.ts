/**
 * As much of a WebAssembly assembler as one kernel needs: functions without results over one exported memory, SIMD, loops.
 * Source: WebAssembly core specification 3.0, binary format.
 */

const I32 = 0x7F
const V128 = 0x7B

/** Emits a function's code. Locals are numbers; parameters come first. */
export class Code {
  readonly bytes: number[] = []
  readonly #locals: number[] = []
  readonly #parameters: number

  /** @param parameters how many i32 it takes */
  constructor(parameters: number) {
    this.#parameters = parameters
  }

  i32(): number { return this.#local(I32) }
  v128(): number { return this.#local(V128) }

  get(local: number): this { return this.#op(0x20, local) }
  set(local: number): this { return this.#op(0x21, local) }
  tee(local: number): this { return this.#op(0x22, local) }
  constant(value: number): this { return this.#raw(0x41, ...signed(value)) }
  add(): this { return this.#raw(0x6A) }
  /** i32.load and the rest: an address is on the stack, `offset` is added to it. */
  load(offset: number): this { return this.#raw(0x28, 2, ...unsigned(offset)) }

  vload(offset: number): this { return this.#simd(0x00, 2, ...unsigned(offset)) }
  vloadSplat(offset: number): this { return this.#simd(0x09, 2, ...unsigned(offset)) }
  vstore(offset: number): this { return this.#simd(0x0B, 2, ...unsigned(offset)) }
  vfloat(value: number): this { return this.#simd(0x0C, ...four(new Float32Array(4).fill(value))) }
  vint(value: number): this { return this.#simd(0x0C, ...four(new Int32Array(4).fill(value))) }
  /** Lanes 0…3 of the first operand, 4…7 of the second. */
  shuffle(lanes: [number, number, number, number]): this { return this.#simd(0x0D, ...lanes.flatMap(lane => [0, 1, 2, 3].map(byte => 4 * lane + byte))) }
  vadd(): this { return this.#simd(0xE4) }
  vsub(): this { return this.#simd(0xE5) }
  vmul(): this { return this.#simd(0xE6) }
  /** The larger: the first operand where they cannot be compared. One instruction, unlike f32x4.max. */
  vmax(): this { return this.#simd(0xEB) }
  vnearest(): this { return this.#simd(0x6A) }
  vtruncate(): this { return this.#simd(0xF8) }
  vshiftLeft(): this { return this.#simd(0xAB) }
  vaddInt(): this { return this.#simd(0xAE) }
  /** a · b + c, in one rounding or two as the machine has it (relaxed SIMD). */
  vmadd(): this { return this.#simd(0x105) }

  /** Runs `body` for an i32 `counter` that goes up by `step` until it is `end`; at least once. */
  loop(counter: number, step: number, end: number | { local: number }, body: () => void): this {
    this.#raw(0x03, 0x40)
    body()
    this.get(counter).constant(step).add().tee(counter)
    if (typeof end === 'number') this.constant(end)
    else this.get(end.local)
    // i32.ne, br_if 0, end
    return this.#raw(0x47, 0x0D, 0, 0x0B)
  }

  /** Locals, then code, then `end`. */
  body(): number[] {
    return [...unsigned(this.#locals.length), ...this.#locals.flatMap(type => [1, type]), ...this.bytes, 0x0B]
  }

  #local(type: number): number {
    return this.#parameters + this.#locals.push(type) - 1
  }

  #op(code: number, index: number): this { return this.#raw(code, ...unsigned(index)) }
  #simd(code: number, ...rest: number[]): this { return this.#raw(0xFD, ...unsigned(code), ...rest) }

  #raw(...bytes: number[]): this {
    this.bytes.push(...bytes)
    return this
  }
}

/** A module with `pages` of 64 KiB exported as `memory`, and functions that take `parameters` i32 each. */
export function assemble(pages: number, functions: Record<string, { parameters: number, code: Code }>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(functions)
  const section = (id: number, items: number[][]): number[] => {
    const content = [...unsigned(items.length), ...items.flat()]
    return [id, ...unsigned(content.length), ...content]
  }
  const named = (name: string, kind: number, index: number): number[] => [name.length, ...new TextEncoder().encode(name), kind, index]
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0,
    ...section(1, entries.map(([, { parameters }]) => [0x60, parameters, ...Array.from<number>({ length: parameters }).fill(I32), 0])),
    ...section(3, entries.map((_, index) => [index])),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(7, [named('memory', 2, 0), ...entries.map(([name], index) => named(name, 0, index))]),
    ...section(10, entries.map(([, { code }]) => {
      const body = code.body()
      return [...unsigned(body.length), ...body]
    })),
  ])
}

function four(values: Float32Array | Int32Array): number[] {
  return [...new Uint8Array(values.buffer)]
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  do {
    const low = value & 0x7F
    value >>>= 7
    bytes.push(value === 0 ? low : low | 0x80)
  } while (value !== 0)
  return bytes
}

function signed(value: number): number[] {
  const bytes: number[] = []
  for (;;) {
    const low = value & 0x7F
    value >>= 7
    const done = (value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0)
    bytes.push(done ? low : low | 0x80)
    if (done) return bytes
  }
}
