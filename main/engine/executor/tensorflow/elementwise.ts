/**
 * Operations on values of one shape, element by element. Operands may lie in memory in different ways: what is broadcast
 * in all of them stays broadcast in the result, the largest says how the result lies, and only what contradicts it is moved.
 */
import type { Assembly } from './instructions'
import type { DType } from './trace'
import type { Factor, View } from './view'
import { product, sameShape } from './instructions'
import { arranged, commonSizes, cutAxis, plain, shapeOf, sizeOf, weightOf } from './view'

/** The same axes cut at the same places, so that the n-th factor of an axis means the same in every view; one axis may be left out. */
export function aligned(assembly: Assembly, views: readonly View[], except = -1): View[] {
  const result = [...views]
  for (let axis = 0; axis < result[0].axes.length; axis++) {
    if (axis === except) continue
    let sizes = cuts(result[0], axis)
    for (let i = 1; i < result.length; i++) {
      let common = commonSizes(sizes, cuts(result[i], axis))
      if (!common) {
        // Sizes that do not divide each other: written out plainly, an axis is one piece.
        result[i] = plain(assembly, result[i])
        common = commonSizes(sizes, cuts(result[i], axis))!
      }
      sizes = common
    }
    for (let i = 0; i < result.length; i++) result[i] = cutAxis(result[i], axis, sizes)
  }
  return result
}

function cuts(view: View, axis: number): number[] {
  return view.axes[axis].map(({ size }) => size)
}

/** A place in the aligned shape: one factor of every view. */
type Place = number

/** For aligned views: the place of each factor, and the factor at each place. */
export function placesOf(view: View): { factors: Factor[], place: (factor: Factor) => Place } {
  const factors = view.axes.flat()
  const places = new Map(factors.map((factor, i) => [factor, i]))
  return { factors, place: factor => places.get(factor)! }
}

/** Memory order of the result: the leader's, with what only others hold put where they hold it. */
export function mergedOrder(orders: readonly (readonly Place[])[]): Place[] {
  const merged = [...orders[0]]
  for (const order of orders.slice(1)) {
    order.forEach((place, i) => {
      if (merged.includes(place)) return
      const before = i === 0 ? -1 : merged.indexOf(order[i - 1])
      merged.splice(before + 1, 0, place)
    })
  }
  return merged
}

/** Views of one shape whose registers can meet in one kernel. */
export interface Meeting {
  /** Register of each operand, of a shape that broadcasts to `shape`. */
  registers: number[]
  /** Of the result's register. */
  shape: number[]
  /** The result, but for its register and type. */
  axes: Factor[][]
  order: Factor[]
}

/**
 * @param expand every operand is written out to the result's full extent, for kernels that do not broadcast
 */
export function meet(assembly: Assembly, operands: readonly View[], expand = false): Meeting {
  const lead = operands.reduce((best, view, i) => weightOf(view) > weightOf(operands[best]) ? i : best, 0)
  let views = aligned(assembly, operands)
  const orderOf = (view: View): Place[] => view.order.map(placesOf(view).place)
  const rest = views.map((_, i) => i).filter(i => i !== lead).sort((a, b) => weightOf(views[b]) - weightOf(views[a]))
  const order = mergedOrder([orderOf(views[lead]), ...rest.map(i => orderOf(views[i]))])
  views = views.map((view) => {
    const { factors } = placesOf(view)
    return arranged(assembly, view, order.map(place => factors[place]).filter(factor => expand || factor.real))
  })
  const real = views.map(view => new Set(orderOf(view)))
  const sizes = new Map(placesOf(views[lead]).factors.map((factor, place) => [place, factor.size]))
  const groups = groupsOf(assembly, views[lead].register, order, sizes, real)
  const shape = groups.map(group => product(group.map(place => sizes.get(place)!)))
  const registers = views.map((view, i) => fitted(assembly, view, groups.map((group, g) => real[i].has(group[0]) ? shape[g] : 1)))
  const fresh = new Map([...sizes].map(([place, size]): [Place, Factor] => [place, { size, real: order.includes(place) }]))
  return {
    registers,
    shape,
    axes: views[lead].axes.map(factors => factors.map(factor => fresh.get(placesOf(views[lead]).place(factor))!)),
    order: order.map(place => fresh.get(place)!),
  }
}

/** Dimensions of the result: the leader's own where they serve, so that nothing is reshaped; otherwise as few as can be. */
function groupsOf(assembly: Assembly, leader: number, order: readonly Place[], sizes: Map<Place, number>, real: Set<Place>[]): Place[][] {
  const alike = (a: Place, b: Place): boolean => real.every(held => held.has(a) === held.has(b))
  const own: Place[][] = []
  const places = [...order]
  for (const size of assembly.shape(leader)) {
    const group: Place[] = []
    while (product(group.map(place => sizes.get(place)!)) < size && places.length > 0) group.push(places.shift()!)
    if (group.length > 0) own.push(group)
  }
  const serves = places.length === 0
    && sameShape(own.map(group => product(group.map(place => sizes.get(place)!))), assembly.shape(leader))
    && own.every(group => group.every(place => alike(place, group[0])))
  if (serves) return own
  const fewest: Place[][] = []
  for (const place of order) {
    const last = fewest.at(-1)
    if (last && alike(last[0], place)) last.push(place)
    else fewest.push([place])
  }
  return fewest
}

/** The register under a shape that broadcasts as the one given: leading ones may be missing. */
function fitted(assembly: Assembly, { register }: View, shape: number[]): number {
  const bare = (sizes: readonly number[]): number[] => sizes.slice(Math.max(0, sizes.findIndex(n => n !== 1)))
  if (product(shape) === 1) return assembly.shape(register).length <= shape.length ? register : assembly.reshape(register, [])
  const own = assembly.shape(register)
  return own.length <= shape.length && sameShape(bare(own), bare(shape)) ? register : assembly.reshape(register, bare(shape))
}

export function unary(assembly: Assembly, kernel: string, x: View, attributes: Record<string, unknown> = {}, dtype: DType = x.dtype): View {
  const [register] = assembly.add(kernel, { x: x.register }, attributes, { shape: assembly.shape(x.register), dtype })
  return { ...x, register, dtype }
}

export function cast(assembly: Assembly, x: View, dtype: DType): View {
  return x.dtype === dtype ? x : unary(assembly, 'Cast', x, { dtype }, dtype)
}

export function binary(assembly: Assembly, kernel: string, a: View, b: View, dtype: DType = a.dtype): View {
  const { registers, shape, axes, order } = meet(assembly, [a, b])
  const [register] = assembly.add(kernel, { a: registers[0], b: registers[1] }, {}, { shape, dtype })
  return { register, dtype, axes, order }
}

/** The kernel does not broadcast: all three are written out. Masks are mostly constant, and then this happens once. */
export function select(assembly: Assembly, condition: View, t: View, e: View): View {
  const { registers, shape, axes, order } = meet(assembly, [condition, t, e], true)
  const full = registers.map(register => sameShape(assembly.shape(register), shape) ? register : assembly.reshape(register, shape))
  const [register] = assembly.add('Select', { condition: full[0], t: full[1], e: full[2] }, {}, { shape, dtype: t.dtype })
  return { register, dtype: t.dtype, axes, order }
}

/** Sum, product, maximum or minimum along axes, which disappear. */
export function reduce(assembly: Assembly, op: string, x: View, axes: readonly number[]): View {
  const gone = axes.flatMap(axis => x.axes[axis])
  const real = gone.filter(factor => factor.real)
  const copies = sizeOf(gone.filter(factor => !factor.real))
  const left = { axes: x.axes.filter((_, i) => !axes.includes(i)), order: x.order.filter(factor => !real.includes(factor)) }
  const view: View = real.length === 0 ? { ...x, ...left } : { ...left, ...reduceRegister(assembly, op, x, real) }
  return copies === 1 ? view : repeated(assembly, op, view, copies)
}

function reduceRegister(assembly: Assembly, op: string, x: View, gone: readonly Factor[]): { register: number, dtype: DType } {
  const kernel = kernelOf(op, x.dtype)
  const { register, kept } = separated(assembly, x, gone)
  const shape = assembly.shape(register)
  const indices = shape.map((_, i) => i).filter(i => !kept[i])
  const [reduced] = assembly.add(kernel, { x: register }, { [kernel === 'Max' ? 'reductionIndices' : 'axis']: indices, keepDims: false }, { shape: shape.filter((_, i) => kept[i]), dtype: x.dtype })
  return { register: reduced, dtype: x.dtype }
}

function kernelOf(op: string, dtype: DType): string {
  const numeric: Record<string, string> = { Add: 'Sum', Mul: 'Prod', Max: 'Max', Min: 'Min' }
  const logical: Record<string, string> = { Add: 'Any', Mul: 'All', Max: 'Any', Min: 'All' }
  const kernel = (dtype === 'bool' ? logical : numeric)[op]
  if (kernel === undefined) throw new Error(`tensorflow: the reduction ${op} is not covered`)
  return kernel
}

/** The register with dimensions that either go or stay as a whole. */
function separated(assembly: Assembly, { register, order }: View, gone: readonly Factor[]): { register: number, kept: boolean[] } {
  const own = [...order]
  const kept: boolean[] = []
  let serves = true
  for (const size of assembly.shape(register)) {
    const group: Factor[] = []
    while (sizeOf(group) < size && own.length > 0) group.push(own.shift()!)
    serves &&= sizeOf(group) === size && group.every(factor => gone.includes(factor) === gone.includes(group[0]))
    kept.push(group.length === 0 || !gone.includes(group[0]))
  }
  if (serves && own.length === 0) return { register, kept }
  const groups: Factor[][] = []
  for (const factor of order) {
    const last = groups.at(-1)
    if (last && gone.includes(last[0]) === gone.includes(factor)) last.push(factor)
    else groups.push([factor])
  }
  return { register: assembly.reshape(register, groups.map(sizeOf)), kept: groups.map(group => !gone.includes(group[0])) }
}

/** What reducing equal copies comes to. */
function repeated(assembly: Assembly, op: string, view: View, copies: number): View {
  if (view.dtype === 'bool' || op === 'Max' || op === 'Min') return view
  const kernel = op === 'Add' ? 'Multiply' : 'Pow'
  return binary(assembly, kernel, view, scalar(assembly, copies, view.dtype, shapeOf(view)))
}

/** A number as a value of any shape. */
export function scalar(assembly: Assembly, value: number, dtype: DType, shape: readonly number[] = []): View {
  return { register: assembly.scalar(value, dtype), dtype, axes: shape.map(size => size === 1 ? [] : [{ size, real: false }]), order: [] }
}
