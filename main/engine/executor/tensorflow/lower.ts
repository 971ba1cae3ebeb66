/**
 * A trace as instructions: what each primitive of jax-js means in kernels of TensorFlow.js. A primitive that is not here is
 * an error that names it, never a wrong number.
 */
import type { Wish } from './orientation'
import type { DType, Equation, Operand, Trace, Type } from './trace'
import type { View } from './view'
import { dot } from './contraction'
import { binary, cast, reduce, scalar, select, unary } from './elementwise'
import { gather, scatter, sort } from './indexing'
import { Assembly } from './instructions'
import { concatenate, dilated, flip, pad, pool, poolTranspose, regrouped, shrink, split } from './movement'
import { wishes } from './orientation'
import { simplify } from './simplify'
import { broadcasted, isPlain, plain, plainView, shapeOf, stretched, transposed } from './view'

export interface Lowered {
  assembly: Assembly
  /** Registers of the results, plain. */
  outputs: number[]
}

type Rule = (assembly: Assembly, inputs: View[], equation: Equation, wish?: Wish) => View[]

/** Operands brought to one type and one shape, the equation's. */
function matched(assembly: Assembly, inputs: View[], { outputs }: Equation, dtype: DType): View[] {
  return inputs.map(view => cast(assembly, stretched(view, outputs[0].type.shape), dtype))
}

function promoted(inputs: readonly View[]): DType {
  return inputs.some(({ dtype }) => dtype === 'float32') ? 'float32' : inputs.some(({ dtype }) => dtype === 'int32') ? 'int32' : 'bool'
}

/** `logical`: what it is of truth values. */
function arithmetic(kernel: string, logical?: string): Rule {
  return (assembly, inputs, equation) => {
    const { dtype } = equation.outputs[0].type
    const [a, b] = matched(assembly, inputs, equation, dtype)
    if (dtype !== 'bool') return [binary(assembly, kernel, a, b)]
    if (logical === undefined) throw new Error(`tensorflow: ${equation.primitive} of truth values is not covered`)
    return [binary(assembly, logical, a, b)]
  }
}

function function1(kernel: string): Rule {
  return (assembly, [x]) => [unary(assembly, kernel, x)]
}

const comparisons: Record<string, string> = { less: 'Less', less_equal: 'LessEqual', equal: 'Equal', not_equal: 'NotEqual' }

/** Quotient towards zero, as JavaScript and C have it. */
function truncatedQuotient(assembly: Assembly, a: View, b: View): View {
  if (a.dtype === 'float32') {
    const quotient = binary(assembly, 'RealDiv', a, b)
    return binary(assembly, 'Multiply', unary(assembly, 'Sign', quotient), unary(assembly, 'Floor', unary(assembly, 'Abs', quotient)))
  }
  const sign = binary(assembly, 'Multiply', unary(assembly, 'Sign', a), unary(assembly, 'Sign', b))
  return binary(assembly, 'Multiply', sign, binary(assembly, 'FloorDiv', unary(assembly, 'Abs', a), unary(assembly, 'Abs', b)))
}

/** [...vmapped, items, channels, ...spatial] and [...vmapped, channels out, channels, ...kernel]. */
interface Convolution { vmapDims: number, strides: number[], padding: number[][], lhsDilation: number[], rhsDilation: number[] }

/** Windows unfolded, then one matrix product over channels and offsets. */
function convolution(assembly: Assembly, x: View, y: View, { vmapDims, strides, padding, lhsDilation, rhsDilation }: Convolution, type: Type): View {
  const spatial = strides.length
  const first = vmapDims + 2
  const spread = lhsDilation.reduce((view, factor, i) => dilated(assembly, view, first + i, factor), cast(assembly, x, type.dtype))
  const padded = pad(assembly, spread, spread.axes.map((_, axis) => padding[axis - first] ?? [0, 0]))
  const unfolded = pool(assembly, padded, shapeOf(y).slice(first), strides, rhsDilation)
  const { axes } = unfolded
  const channels = axes[vmapDims + 1]
  const positions = axes.slice(first, first + spatial)
  const offsets = axes.slice(first + spatial)
  const kernel = cast(assembly, y, type.dtype)
  const left: View = { ...unfolded, axes: [...axes.slice(0, vmapDims + 1), [], ...positions, [channels, ...offsets].flat()] }
  const right: View = { ...kernel, axes: [...kernel.axes.slice(0, vmapDims), [], kernel.axes[vmapDims], ...positions.map(() => []), kernel.axes.slice(vmapDims + 1).flat()] }
  return dot(assembly, left, right)
}

const alias: Rule = (_, [x]) => [x]

const rules: Record<string, Rule> = {
  add: arithmetic('Add', 'LogicalOr'),
  sub: arithmetic('Sub'),
  mul: arithmetic('Multiply', 'LogicalAnd'),
  div: arithmetic('RealDiv'),
  max: arithmetic('Maximum', 'LogicalOr'),
  min: arithmetic('Minimum', 'LogicalAnd'),
  pow: arithmetic('Pow'),
  idiv: (assembly, inputs, equation) => {
    const [a, b] = matched(assembly, inputs, equation, equation.outputs[0].type.dtype)
    return [truncatedQuotient(assembly, a, b)]
  },
  mod: (assembly, inputs, equation) => {
    const [a, b] = matched(assembly, inputs, equation, equation.outputs[0].type.dtype)
    return [binary(assembly, 'Sub', a, binary(assembly, 'Multiply', truncatedQuotient(assembly, a, b), b))]
  },
  neg: function1('Neg'),
  reciprocal: function1('Reciprocal'),
  floor: function1('Floor'),
  ceil: function1('Ceil'),
  sin: function1('Sin'),
  cos: function1('Cos'),
  asin: function1('Asin'),
  atan: function1('Atan'),
  exp: function1('Exp'),
  log: function1('Log'),
  sqrt: function1('Sqrt'),
  erf: function1('Erf'),
  square: function1('Square'),
  relu: function1('Relu'),
  tanh: function1('Tanh'),
  erfc: (assembly, [x]) => [binary(assembly, 'Sub', scalar(assembly, 1, 'float32', shapeOf(x)), unary(assembly, 'Erf', x))],
  stop_gradient: alias,
  cast: (assembly, [x], { parameters, outputs }) => {
    const { dtype } = outputs[0].type
    if (parameters.dtype === 'uint32' && x.dtype === 'float32') throw new Error('tensorflow: cast to uint32 is not covered')
    return [cast(assembly, x, dtype)]
  },
  compare: (assembly, inputs, equation) => {
    const [a, b] = matched(assembly, inputs, equation, promoted(inputs))
    return [binary(assembly, comparisons[String(equation.parameters.op)], a, b, 'bool')]
  },
  where: (assembly, [condition, t, e], equation) => {
    const { type } = equation.outputs[0]
    const [then, otherwise] = matched(assembly, [t, e], equation, type.dtype)
    return [select(assembly, stretched(condition, type.shape), then, otherwise)]
  },
  reduce: (assembly, [x], { parameters }) => [reduce(assembly, String(parameters.op), x, parameters.axis as number[])],
  dot: (assembly, inputs, { outputs }, wish) => {
    const [a, b] = inputs.map(view => cast(assembly, view, outputs[0].type.dtype))
    return [dot(assembly, a, b, wish)]
  },
  conv: (assembly, [x, y], { parameters, outputs }) => [convolution(assembly, x, y, parameters as unknown as Convolution, outputs[0].type)],
  pool: (assembly, [x], { parameters }) => [pool(assembly, x, parameters.window as number[], parameters.strides as number[])],
  pool_transpose: (assembly, [x], { parameters }) => [poolTranspose(assembly, x, parameters.inShape as number[], parameters.window as number[], parameters.strides as number[])],
  transpose: (_, [x], { parameters }) => [transposed(x, parameters.perm as number[])],
  broadcast: (_, [x], { parameters }) => [broadcasted(x, parameters.shape as number[], parameters.axis as number[])],
  reshape: (assembly, [x], { parameters }) => [regrouped(assembly, x, parameters.shape as number[])],
  shrink: (assembly, [x], { parameters }) => [shrink(assembly, x, parameters.slice as number[][])],
  pad: (assembly, [x], { parameters }) => [pad(assembly, x, parameters.width as number[][])],
  flip: (assembly, [x], { parameters }) => [flip(assembly, x, parameters.axis as number[])],
  concatenate: (assembly, inputs, { parameters, outputs }) => [concatenate(assembly, inputs.map(view => cast(assembly, view, outputs[0].type.dtype)), Number(parameters.axis))],
  split: (assembly, [x], { parameters }) => split(assembly, x, Number(parameters.axis), parameters.sizes as number[]),
  gather: (assembly, [x, ...indices], { parameters }) => [gather(assembly, x, indices, parameters.axis as number[], Number(parameters.outDim))],
  scatter: (assembly, [updates, ...indices], { parameters }) => {
    if (parameters.op !== 'add' && parameters.uniqueIndices !== true) throw new Error('tensorflow: scatter that overwrites at repeated indices is not covered')
    return [scatter(assembly, updates, indices, parameters.shape as number[], parameters.axis as number[], Number(parameters.outDim))]
  },
  sort: (assembly, [x]) => [sort(assembly, x)[0]],
  argsort: (assembly, [x]) => sort(assembly, x),
}

export function lower(traced: Trace): Lowered {
  const trace = simplify(traced)
  const wished = wishes(trace)
  const assembly = new Assembly()
  const views = new Map<number, View>()
  trace.inputs.forEach(({ variable, type }, index) =>
    views.set(variable, plainView(assembly.given({ kind: 'input', index }, type), type.shape, type.dtype)))
  for (const { variable, type, data } of trace.constants) views.set(variable, plainView(assembly.given({ kind: 'data', data }, type), type.shape, type.dtype))
  const viewOf = (operand: Operand): View => 'literal' in operand ? scalar(assembly, operand.literal, operand.dtype) : views.get(operand.variable)!

  for (const equation of trace.equations) {
    const rule = rules[equation.primitive]
    if (!rule) throw new Error(`tensorflow: the primitive ${equation.primitive} is not covered`)
    const results = rule(assembly, equation.inputs.map(viewOf), equation, wished.get(equation.outputs[0].variable))
    equation.outputs.forEach(({ variable }, i) => views.set(variable, results[i]))
  }
  return { assembly, outputs: trace.outputs.map(operand => outputRegister(assembly, viewOf(operand))) }
}

function outputRegister(assembly: Assembly, view: View): number {
  const { register } = isPlain(view) ? view : plain(assembly, view)
  return assembly.reshape(register, shapeOf(view))
}
