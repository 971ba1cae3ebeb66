import type { PureFunction } from '../executor'
/**
 * A pure function as a list of equations: jax-js traces it (gradients and vmap included), this reads the trace into plain
 * data, so that nothing after this file knows jax-js. What each primitive means is in `lower.ts`.
 */
import type { NdArray } from '../jax'
import { makeJaxpr } from '../jax'

export type DType = 'float32' | 'int32' | 'bool'

export interface Type { shape: number[], dtype: DType }

/** A value by the number of the variable that holds it, or a scalar written into the equation. */
export type Operand = { variable: number } | { literal: number, dtype: DType }

export interface Equation {
  primitive: string
  inputs: Operand[]
  /** As jax-js gives them; each primitive reads its own. */
  parameters: Record<string, unknown>
  outputs: { variable: number, type: Type }[]
}

export interface Trace {
  inputs: { variable: number, type: Type }[]
  /** Arrays the function made by itself, such as ranges and masks. */
  constants: { variable: number, type: Type, data: Float32Array | Int32Array | Uint8Array }[]
  equations: Equation[]
  outputs: Operand[]
}

/** What jax-js asks of the type of an argument. A class, because plain objects are trees to it. */
class Argument {
  readonly shape: number[]
  readonly dtype = 'float32'
  readonly weakType = false
  constructor(shape: number[]) { this.shape = shape }
}

/** jax-js' own trace, as far as it is read here. */
interface JaxVariable { aval: { shape: number[], dtype: string } }
interface JaxLiteral extends JaxVariable { value: number }
interface JaxEquation { primitive: string, inputs: (JaxVariable | JaxLiteral)[], params: Record<string, unknown>, outBinders: JaxVariable[] }
interface JaxProgram { inBinders: JaxVariable[], eqns: JaxEquation[], outs: (JaxVariable | JaxLiteral)[], flatten: () => JaxProgram, simplify: () => JaxProgram }
type Make = (...types: Argument[]) => { jaxpr: { jaxpr: JaxProgram, consts: NdArray[], dispose: () => void } }

export function trace(fn: PureFunction, shapes: number[][]): Trace {
  const make = makeJaxpr(((...inputs: NdArray[]) => fn(inputs)) as never) as unknown as Make
  const { jaxpr: closed } = make(...shapes.map(shape => new Argument(shape)))
  try {
    return read(closed.jaxpr.flatten().simplify(), closed.consts)
  }
  finally {
    closed.dispose()
  }
}

function read(program: JaxProgram, constants: NdArray[]): Trace {
  const numbers = new Map<JaxVariable, number>()
  const variable = (v: JaxVariable): number => {
    if (!numbers.has(v)) numbers.set(v, numbers.size)
    return numbers.get(v)!
  }
  const typed = (v: JaxVariable): { variable: number, type: Type } => ({ variable: variable(v), type: { shape: v.aval.shape, dtype: dtypeOf(v.aval.dtype) } })
  const operand = (x: JaxVariable | JaxLiteral): Operand => 'value' in x ? { literal: Number(x.value), dtype: dtypeOf(x.aval.dtype) } : { variable: variable(x) }
  const binders = program.inBinders.map(typed)
  return {
    constants: constants.map((array, i) => ({ ...binders[i], data: dataOf(array, binders[i].type.dtype) })),
    inputs: binders.slice(constants.length),
    equations: program.eqns.map(({ primitive, inputs, params, outBinders }) =>
      ({ primitive, inputs: inputs.map(operand), parameters: params, outputs: outBinders.map(typed) })),
    outputs: program.outs.map(operand),
  }
}

/** Unsigned integers only carry random bits and indices; indices fit. */
function dtypeOf(dtype: string): DType {
  switch (dtype) {
    case 'float32':
    case 'int32':
    case 'bool': return dtype
    case 'uint32': return 'int32'
    default: throw new Error(`tensorflow: values of type ${dtype} are not covered`)
  }
}

function dataOf(array: NdArray, dtype: DType): Float32Array | Int32Array | Uint8Array {
  const data = array.ref.dataSync()
  switch (dtype) {
    case 'float32': return Float32Array.from(data)
    case 'int32': return Int32Array.from(data)
    case 'bool': return Uint8Array.from(data)
    default: return dtype satisfies never
  }
}
