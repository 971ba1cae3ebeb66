/**
 * How a value lies in its register. Each axis of the value is a product of *factors*, outermost first; a factor is real
 * (it lies in memory, at its place in `order`) or broadcast (it does not, its copies are all the same). So a broadcast, a
 * transpose, and every reshape whose sizes factor are new views of one register and cost nothing. Axes of size 1 have no factor.
 */
import type { Assembly, Register } from './instructions'
import type { DType } from './trace'
import { product } from './instructions'

/** Told apart by identity. */
export interface Factor { readonly size: number, readonly real: boolean }

export interface View {
  readonly register: Register
  readonly dtype: DType
  readonly axes: readonly (readonly Factor[])[]
  /** The real factors as they lie in memory, outermost first. */
  readonly order: readonly Factor[]
}

export function sizeOf(factors: readonly Factor[]): number {
  return product(factors.map(({ size }) => size))
}

export function shapeOf({ axes }: View): number[] {
  return axes.map(sizeOf)
}

/** Elements in memory. */
export function weightOf({ order }: View): number {
  return sizeOf(order)
}

/** A register that holds the value plainly, row by row. */
export function plainView(register: Register, shape: readonly number[], dtype: DType): View {
  const axes = shape.map(size => size === 1 ? [] : [{ size, real: true }])
  return { register, dtype, axes, order: axes.flat() }
}

export function transposed(view: View, permutation: readonly number[]): View {
  return { ...view, axes: permutation.map(i => view.axes[i]) }
}

/** New axes at `added` (indices in the result); axes of size 1 stretch. */
export function broadcasted(view: View, shape: readonly number[], added: readonly number[]): View {
  const old = [...view.axes]
  const axes = shape.map((size, i) => {
    const own = added.includes(i) ? [] : old.shift()!
    return size !== 1 && own.length === 0 ? [{ size, real: false }] : own
  })
  return { ...view, axes }
}

/** As elementwise operations broadcast: aligned at the last axis. */
export function stretched(view: View, shape: readonly number[]): View {
  return broadcasted(view, shape, Array.from({ length: shape.length - view.axes.length }, (_, i) => i))
}

/** One factor cut into several, outermost first. */
export function split(view: View, factor: Factor, sizes: readonly number[]): View {
  if (sizes.length === 1) return view
  const parts = sizes.map(size => ({ size, real: factor.real }))
  const replace = (factors: readonly Factor[]): Factor[] => factors.flatMap(f => f === factor ? parts : [f])
  return { ...view, axes: view.axes.map(replace), order: replace(view.order) }
}

/** The coarsest list of sizes that both lists of factors can be cut into; undefined where there is none. */
export function commonSizes(a: readonly number[], b: readonly number[]): number[] | undefined {
  const left = [...a]
  const right = [...b]
  const common: number[] = []
  while (left.length > 0 && right.length > 0) {
    const x = left.shift()!
    const y = right.shift()!
    const [big, small] = x > y ? [x, y] : [y, x]
    if (big % small !== 0) return undefined
    common.push(small)
    if (big !== small) (x > y ? left : right).unshift(big / small)
  }
  return left.length === 0 && right.length === 0 ? common : undefined
}

/** Cuts the factors of one axis so that they have the sizes given, which refine them. */
export function cutAxis(view: View, axis: number, sizes: readonly number[]): View {
  let at = 0
  let cut = view
  for (const factor of view.axes[axis]) {
    const parts: number[] = []
    while (product(parts) < factor.size) parts.push(sizes[at++])
    cut = split(cut, factor, parts)
  }
  return cut
}

/** The same elements under another shape; undefined where sizes do not factor, and the value must first be made plain. */
export function reshaped(view: View, shape: readonly number[]): View | undefined {
  const flat: View = { ...view, axes: [view.axes.flat()] }
  const target = shape.filter(size => size !== 1)
  const sizes = commonSizes(flat.axes[0].map(({ size }) => size), target)
  if (!sizes) return undefined
  const cut = cutAxis(flat, 0, sizes)
  const factors = [...cut.axes[0]]
  const axes = shape.map((size) => {
    const own: Factor[] = []
    while (sizeOf(own) < size) own.push(factors.shift()!)
    return own
  })
  return { ...cut, axes }
}

/** Whether it lies in memory as its shape says. */
export function isPlain({ axes, order }: View): boolean {
  const factors = axes.flat()
  return factors.length === order.length && factors.every((factor, i) => factor === order[i])
}

/** Real in memory in the order given, which lists every factor the result is to hold; broadcast ones among them are written out. */
export function arranged(assembly: Assembly, view: View, wanted: readonly Factor[]): View {
  const held = wanted.filter(({ real }) => real)
  const register = held.every((factor, i) => factor === view.order[i]) ? view.register : transposeRegister(assembly, view, held)
  const sorted: View = { ...view, register, order: held }
  return held.length === wanted.length ? sorted : writtenOut(assembly, sorted, wanted)
}

/** Neighbours that stay neighbours move as one. */
function transposeRegister(assembly: Assembly, { register, dtype, order }: View, wanted: readonly Factor[]): Register {
  const groups: Factor[][] = []
  for (const factor of order) {
    const before = groups.at(-1)?.at(-1)
    if (before && wanted[wanted.indexOf(before) + 1] === factor) groups.at(-1)!.push(factor)
    else groups.push([factor])
  }
  const target = groups.toSorted((a, b) => wanted.indexOf(a[0]) - wanted.indexOf(b[0]))
  const x = assembly.reshape(register, groups.map(sizeOf))
  return assembly.add('Transpose', { x }, { perm: target.map(group => groups.indexOf(group)) }, { shape: target.map(sizeOf), dtype })[0]
}

function writtenOut(assembly: Assembly, view: View, wanted: readonly Factor[]): View {
  const real = new Map(wanted.map(factor => [factor, { size: factor.size, real: true }]))
  // Neighbours of a kind are one dimension: fewer dimensions copy faster.
  const groups: Factor[][] = []
  for (const factor of wanted) {
    if (groups.at(-1)?.[0].real === factor.real) groups.at(-1)!.push(factor)
    else groups.push([factor])
  }
  const shape = groups.map(sizeOf)
  const x = assembly.reshape(view.register, groups.map(group => group[0].real ? sizeOf(group) : 1))
  const [register] = assembly.add('Tile', { x }, { reps: groups.map(group => group[0].real ? 1 : sizeOf(group)) }, { shape, dtype: view.dtype })
  return { register, dtype: view.dtype, axes: view.axes.map(factors => factors.map(f => real.get(f) ?? f)), order: wanted.map(f => real.get(f)!) }
}

/** Lies in memory as its shape says, every element written out; one factor an axis. */
export function plain(assembly: Assembly, view: View): View {
  return plainView(arranged(assembly, view, view.axes.flat()).register, shapeOf(view), view.dtype)
}

/**
 * The axis as one real factor, so that a kernel can cut, pad or look up along it. An axis of size 1 gets a factor too.
 * What else has to move to make it so is moved.
 */
export function isolated(assembly: Assembly, view: View, axis: number): { view: View, factor: Factor } {
  const factors = view.axes[axis]
  if (factors.length === 1 && factors[0].real) return { view, factor: factors[0] }
  const whole: Factor = { size: sizeOf(factors), real: true }
  const at = view.order.indexOf(factors[0])
  const together = factors.length > 0 && factors.every((factor, i) => factor.real && view.order[at + i] === factor)
  const ready = together ? view : arranged(assembly, view, [...view.order.filter(f => !factors.includes(f)), ...factors])
  const own = ready.axes[axis]
  const start = own.length === 0 ? ready.order.length : ready.order.indexOf(own[0])
  return {
    view: {
      ...ready,
      axes: ready.axes.map((old, i) => i === axis ? [whole] : old),
      order: [...ready.order.slice(0, start), whole, ...ready.order.slice(start + own.length)],
    },
    factor: whole,
  }
}

/** The register with a dimension of its own for each factor given, what lies between them merged. */
export function dimensions(assembly: Assembly, { register, order }: View, alone: readonly Factor[]): { register: Register, groups: Factor[][] } {
  const groups: Factor[][] = []
  for (const factor of order) {
    const last = groups.at(-1)
    if (last && !alone.includes(factor) && !alone.includes(last[0])) last.push(factor)
    else groups.push([factor])
  }
  return { register: assembly.reshape(register, groups.map(sizeOf)), groups }
}

/** After size-1 factors have served: axes of size 1 have none. */
export function withoutUnits(view: View): View {
  const more = (factor: Factor): boolean => factor.size !== 1
  return { ...view, axes: view.axes.map(factors => factors.filter(more)), order: view.order.filter(more) }
}
