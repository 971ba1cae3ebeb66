/**
 * Which way round a matrix product is best computed. A result [rows, columns] and its transpose cost the same; the one that
 * lies as its readers want it saves them a move. Told from the end of the program backwards: results must lie plainly, and
 * what is combined element by element with such a value had best lie like it.
 */
import type { Trace } from './trace'

/** Axes of a value as they should lie in memory, outermost first; those of size 1 are left out. */
export type Wish = number[]

const ELEMENTWISE = new Set(['add', 'sub', 'mul', 'div', 'max', 'min', 'neg', 'reciprocal', 'square', 'sqrt', 'exp', 'log', 'relu', 'tanh', 'erf', 'erfc', 'where', 'cast', 'sin', 'cos', 'stop_gradient'])

export function wishes({ inputs, constants, equations, outputs }: Trace): Map<number, Wish> {
  const shapes = new Map([...inputs, ...constants, ...equations.flatMap(equation => equation.outputs)].map(({ variable, type }) => [variable, type.shape]))
  const wished = new Map<number, Wish>()
  const plain = (shape: readonly number[]): Wish => shape.flatMap((size, axis) => size === 1 ? [] : [axis])
  for (const operand of outputs) {
    if ('variable' in operand) wished.set(operand.variable, plain(shapes.get(operand.variable)!))
  }
  for (const { primitive, inputs, parameters, outputs: [{ variable, type }] } of equations.toReversed()) {
    const wish = wished.get(variable)
    if (!wish) continue
    for (const operand of inputs) {
      if (!('variable' in operand) || wished.has(operand.variable)) continue
      const passed = passedOn(primitive, wish, type.shape, shapes.get(operand.variable)!, parameters)
      if (passed) wished.set(operand.variable, passed)
    }
  }
  return wished
}

function passedOn(primitive: string, wish: Wish, to: readonly number[], from: readonly number[], parameters: Record<string, unknown>): Wish | undefined {
  if (ELEMENTWISE.has(primitive)) return to.length === from.length && to.every((size, i) => size === from[i]) ? wish : undefined
  if (primitive === 'transpose') return wish.map(axis => (parameters.perm as number[])[axis])
  return primitive === 'reshape' ? throughReshape(wish, to, from) : undefined
}

/** Axes are joined or cut in groups of equal size; a group passes on if its axes are wished together and in order. */
function throughReshape(wish: Wish, to: readonly number[], from: readonly number[]): Wish | undefined {
  const own = (shape: readonly number[]): number[] => shape.flatMap((size, axis) => size === 1 ? [] : [axis])
  const ends = own(to)
  const starts = own(from)
  const passed: Wish = []
  const groups = new Map<number, { ends: number[], starts: number[] }>()
  while (ends.length > 0 && starts.length > 0) {
    const group = { ends: [ends.shift()!], starts: [starts.shift()!] }
    const size = (axes: number[], shape: readonly number[]): number => axes.reduce((n, axis) => n * shape[axis], 1)
    while (size(group.ends, to) !== size(group.starts, from)) {
      const [side, left] = size(group.ends, to) < size(group.starts, from) ? [group.ends, ends] : [group.starts, starts]
      if (left.length === 0) return undefined
      side.push(left.shift()!)
    }
    groups.set(group.ends[0], group)
  }
  for (let i = 0; i < wish.length;) {
    const group = groups.get(wish[i])
    if (!group || !group.ends.every((axis, k) => wish[i + k] === axis)) return undefined
    passed.push(...group.starts)
    i += group.ends.length
  }
  return passed
}
