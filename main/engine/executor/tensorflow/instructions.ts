/**
 * The program that TensorFlow runs: kernels over registers, in order. `Assembly` builds it and never says the same thing
 * twice; it knows shapes of registers, not what the registers mean (`view.ts` does).
 */
import type { DType, Type } from './trace'

export type Register = number

export interface Instruction {
  /** Name of a TensorFlow.js kernel. */
  kernel: string
  /** By the kernel's own names of its inputs; a list where it takes any number. */
  inputs: { name: string, register: Register }[] | Register[]
  attributes: Record<string, unknown>
  outputs: Register[]
}

/** A register whose content is there before the program runs. */
export type Given = { kind: 'input', index: number } | { kind: 'data', data: Float32Array | Int32Array | Uint8Array }

interface Content extends Type {
  given?: Given
  /** What it is a reshape of, so that reshapes of reshapes start from there. */
  base?: Register
}

export class Assembly {
  readonly registers: Content[] = []
  readonly instructions: Instruction[] = []
  readonly #known = new Map<string, Register[]>()

  type(register: Register): Type { return this.registers[register] }
  shape(register: Register): number[] { return this.registers[register].shape }

  given(given: Given, type: Type): Register {
    return this.registers.push({ ...type, given }) - 1
  }

  /** A scalar, the same register for the same number. */
  scalar(value: number, dtype: DType): Register {
    return this.data([value], [], dtype)
  }

  data(values: number[], shape: number[], dtype: DType): Register {
    const key = `data ${dtype} ${shape.join()} ${values.map(v => Object.is(v, -0) ? '-0' : v).join()}`
    const known = this.#known.get(key)
    if (known) return known[0]
    const data = dtype === 'float32' ? Float32Array.from(values) : dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values)
    const register = this.given({ kind: 'data', data }, { shape, dtype })
    this.#known.set(key, [register])
    return register
  }

  add(kernel: string, inputs: Record<string, Register> | Register[], attributes: Record<string, unknown>, ...types: Type[]): Register[] {
    const listed = Array.isArray(inputs) ? inputs : Object.entries(inputs).map(([name, register]) => ({ name, register }))
    const key = `${kernel} ${JSON.stringify(listed)} ${JSON.stringify(attributes)}`
    const known = this.#known.get(key)
    if (known) return known
    const outputs = types.map(type => this.registers.push({ ...type }) - 1)
    this.instructions.push({ kernel, inputs: listed, attributes, outputs })
    this.#known.set(key, outputs)
    return outputs
  }

  reshape(register: Register, shape: number[]): Register {
    if (sameShape(this.shape(register), shape)) return register
    const base = this.registers[register].base ?? register
    if (sameShape(this.shape(base), shape)) return base
    const [reshaped] = this.add('Reshape', { x: base }, { shape }, { shape, dtype: this.registers[base].dtype })
    this.registers[reshaped].base = base
    return reshaped
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i])
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1)
}

/** The registers an instruction reads. */
export function readBy({ inputs }: Instruction): Register[] {
  return inputs.map(input => typeof input === 'number' ? input : input.register)
}
