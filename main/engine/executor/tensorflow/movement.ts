/** Cutting, padding, turning round, joining and sliding windows: what changes which elements there are. */
import type { Assembly } from './instructions'
import type { Factor, View } from './view'
import { aligned, binary, mergedOrder, placesOf } from './elementwise'
import { product } from './instructions'
import { arranged, dimensions, isolated, plain, plainView, reshaped, shapeOf, sizeOf, weightOf, withoutUnits } from './view'

/** `widths`: elements before and after, per axis; zeros, negative ones cut away. */
export function pad(assembly: Assembly, x: View, widths: readonly (readonly number[])[]): View {
  const kept = shrink(assembly, x, widths.map(([before, after], axis) => [Math.max(0, -before), sizeOf(x.axes[axis]) - Math.max(0, -after)]))
  return widths.reduce((view, width, axis) => padAxis(assembly, view, axis, width.map(n => Math.max(0, n))), kept)
}

function padAxis(assembly: Assembly, x: View, axis: number, [before, after]: number[]): View {
  if (before === 0 && after === 0) return x
  const { view, factor } = isolated(assembly, x, axis)
  const { register, groups } = dimensions(assembly, view, [factor])
  const at = groups.findIndex(group => group[0] === factor)
  const paddings = groups.map((_, i) => i === at ? [before, after] : [0, 0])
  return resized(view, factor, { size: factor.size + before + after, real: true }, groups, shape =>
    assembly.add('PadV2', { x: register }, { paddings, constantValue: 0 }, { shape, dtype: x.dtype })[0])
}

/** `bounds`: first element and one past the last, per axis. */
export function shrink(assembly: Assembly, x: View, bounds: readonly (readonly number[])[]): View {
  return bounds.reduce((view, [from, to], axis) => shrinkAxis(assembly, view, axis, from, to - from), x)
}

function shrinkAxis(assembly: Assembly, x: View, axis: number, from: number, size: number, stride = 1): View {
  const factors = x.axes[axis]
  if (size === sizeOf(factors)) return x
  // Copies are all the same: fewer of them.
  if (factors.every(({ real }) => !real)) return { ...x, axes: x.axes.map((old, i) => i === axis ? size === 1 ? [] : [{ size, real: false }] : old) }
  const { view, factor } = isolated(assembly, x, axis)
  const { register, groups } = dimensions(assembly, view, [factor])
  const at = groups.findIndex(group => group[0] === factor)
  const begin = groups.map((_, i) => i === at ? from : 0)
  return resized(view, factor, { size, real: true }, groups, (shape) => {
    if (stride === 1) return assembly.add('Slice', { x: register }, { begin, size: shape }, { shape, dtype: x.dtype })[0]
    const end = groups.map((group, i) => i === at ? from + (size - 1) * stride + 1 : sizeOf(group))
    const strides = groups.map((_, i) => i === at ? stride : 1)
    return assembly.add('StridedSlice', { x: register }, { begin, end, strides, beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 }, { shape, dtype: x.dtype })[0]
  })
}

/** The view with another factor in the place of one, after a kernel that changed its size. */
function resized(view: View, old: Factor, fresh: Factor, groups: Factor[][], run: (shape: number[]) => number): View {
  const swap = (factor: Factor): Factor => factor === old ? fresh : factor
  const register = run(groups.map(group => sizeOf(group.map(swap))))
  return withoutUnits({ ...view, register, axes: view.axes.map(factors => factors.map(swap)), order: view.order.map(swap) })
}

export function flip(assembly: Assembly, x: View, axes: readonly number[]): View {
  return axes.reduce((old, axis) => {
    if (old.axes[axis].every(({ real }) => !real)) return old
    const { view, factor } = isolated(assembly, old, axis)
    const { register, groups } = dimensions(assembly, view, [factor])
    const dims = [groups.findIndex(group => group[0] === factor)]
    const [flipped] = assembly.add('Reverse', { x: register }, { dims }, { shape: groups.map(sizeOf), dtype: x.dtype })
    return withoutUnits({ ...view, register: flipped })
  }, x)
}

export function split(assembly: Assembly, x: View, axis: number, sizes: readonly number[]): View[] {
  let from = 0
  return sizes.map((size) => {
    const part = shrinkAxis(assembly, x, axis, from, size)
    from += size
    return part
  })
}

export function concatenate(assembly: Assembly, xs: readonly View[], axis: number): View {
  const whole = aligned(assembly, xs, axis).map(view => isolated(assembly, view, axis).view)
  const lead = whole.reduce((best, view, i) => weightOf(view) > weightOf(whole[best]) ? i : best, 0)
  const orders = whole.map(view => view.order.map(placesOf(view).place))
  const order = mergedOrder([orders[lead], ...orders.filter((_, i) => i !== lead)])
  const parts = whole.map((view) => {
    const ready = arranged(assembly, view, order.map(place => placesOf(view).factors[place]))
    const own = ready.axes[axis][0]
    return { view: ready, own, ...dimensions(assembly, ready, [own]) }
  })
  const [{ view, own, groups }] = parts
  const joined: Factor = { size: parts.reduce((sum, part) => sum + part.own.size, 0), real: true }
  return resized(view, own, joined, groups, shape =>
    assembly.add('Concat', parts.map(part => part.register), { axis: groups.findIndex(group => group[0] === own) }, { shape, dtype: view.dtype })[0])
}

/** Windows of the last axes: `[…, positions, …windows]`. */
export function pool(assembly: Assembly, x: View, window: readonly number[], strides: readonly number[], dilation: readonly number[] = window.map(() => 1)): View {
  const first = x.axes.length - window.length
  return window.reduce((view, k, i) => windows(assembly, view, first + i, k, strides[i], dilation[i]), x)
}

function positions(size: number, k: number, stride: number, dilation: number): number {
  return Math.ceil((size - dilation * (k - 1)) / stride)
}

/** Windows of one axis; the offsets within a window become a new last axis, outermost in memory, so that each is one copy. */
function windows(assembly: Assembly, x: View, axis: number, k: number, stride: number, dilation: number): View {
  const size = sizeOf(x.axes[axis])
  const count = positions(size, k, stride, dilation)
  if (dilation === 1 && k <= stride) {
    const whole = pad(assembly, x, x.axes.map((_, i) => i === axis ? [0, count * stride - size] : [0, 0]))
    const parted = regrouped(assembly, whole, [...shapeOf(whole).slice(0, axis), count, stride, ...shapeOf(whole).slice(axis + 1)])
    const cut = shrinkAxis(assembly, parted, axis + 1, 0, k)
    return { ...cut, axes: [...cut.axes.slice(0, axis + 1), ...cut.axes.slice(axis + 2), cut.axes[axis + 1]] }
  }
  const { view: ready } = isolated(assembly, x, axis)
  const slices = Array.from({ length: k }, (_, j) => shrinkAxis(assembly, ready, axis, j * dilation, count, stride))
  const [first] = slices
  if (k === 1) return { ...first, axes: [...first.axes, []] }
  const shape = assembly.shape(first.register)
  const offset: Factor = { size: k, real: true }
  const [register] = assembly.add('Pack', slices.map(slice => assembly.reshape(slice.register, shape)), { axis: 0 }, { shape: [k, ...shape], dtype: x.dtype })
  return { ...first, register, axes: [...first.axes, [offset]], order: [offset, ...first.order] }
}

/** What `pool` took apart put back, overlaps added. */
export function poolTranspose(assembly: Assembly, x: View, inShape: readonly number[], window: readonly number[], strides: readonly number[]): View {
  const first = inShape.length - window.length
  return window.reduceRight((view, k, i) => unwindow(assembly, view, first + i, k, strides[i], inShape[first + i]), x)
}

function unwindow(assembly: Assembly, x: View, axis: number, k: number, stride: number, size: number): View {
  const count = positions(size, k, stride, 1)
  const last = x.axes.length - 1
  if (k <= stride) {
    const moved: View = { ...x, axes: [...x.axes.slice(0, axis + 1), x.axes[last], ...x.axes.slice(axis + 1, last)] }
    const padded = padAxis(assembly, moved, axis + 1, [0, stride - k])
    const shape = shapeOf(padded)
    const whole = regrouped(assembly, padded, [...shape.slice(0, axis), count * stride, ...shape.slice(axis + 2)])
    return pad(assembly, whole, whole.axes.map((_, i) => i === axis ? [0, size - count * stride] : [0, 0]))
  }
  const parts = split(assembly, x, last, Array.from<number>({ length: k }).fill(1)).map((part, j) => {
    const one: View = { ...part, axes: part.axes.slice(0, last) }
    const spread = dilated(assembly, one, axis, stride)
    return pad(assembly, spread, spread.axes.map((_, i) => i === axis ? [j, size - j - sizeOf(spread.axes[axis])] : [0, 0]))
  })
  return parts.reduce((sum, part) => binary(assembly, 'Add', sum, part))
}

/** `factor − 1` zeros after each element of an axis but the last. */
export function dilated(assembly: Assembly, x: View, axis: number, factor: number): View {
  const size = sizeOf(x.axes[axis])
  if (factor === 1 || size === 1) return x
  const shape = shapeOf(x)
  const parted = regrouped(assembly, x, [...shape.slice(0, axis), size, 1, ...shape.slice(axis + 1)])
  const padded = padAxis(assembly, parted, axis + 1, [0, factor - 1])
  const whole = regrouped(assembly, padded, [...shape.slice(0, axis), size * factor, ...shape.slice(axis + 1)])
  return shrinkAxis(assembly, whole, axis, 0, (size - 1) * factor + 1)
}

/** A reshape, written out where sizes do not factor. */
export function regrouped(assembly: Assembly, x: View, shape: readonly number[]): View {
  const view = reshaped(x, shape)
  if (view) return view
  const { register, dtype } = plain(assembly, x)
  return reshaped(plainView(register, [product(shape)], dtype), shape)!
}
