/** Looking up and adding at indices that are data, and sorting. */
import type { Assembly } from './instructions'
import type { Factor, View } from './view'
import { binary, scalar, unary } from './elementwise'
import { product } from './instructions'
import { arranged, isolated, shapeOf, sizeOf, stretched, withoutUnits } from './view'

/** Elements of `x` at `indices` along `axes`; the indices' shape stands at `outDim` of the result. */
export function gather(assembly: Assembly, x: View, indices: readonly View[], axes: readonly number[], outDim: number): View {
  const { view, factor, index } = single(assembly, x, indices, axes)
  const rest = view.axes.filter((_, i) => !axes.includes(i))
  const order = view.order
  const at = order.indexOf(factor)
  const outer = sizeOf(order.slice(0, at))
  const inner = sizeOf(order.slice(at + 1))
  const register = assembly.reshape(view.register, [...(at === 0 ? [] : [outer]), factor.size, ...(at === order.length - 1 ? [] : [inner])])
  const dimension = at === 0 ? 0 : 1
  const count = sizeOf(index.order)
  const flat = assembly.reshape(index.register, [count])
  const shape = assembly.shape(register).with(dimension, count)
  const [gathered] = assembly.add('GatherV2', { x: register, indices: flat }, { axis: dimension, batchDims: 0 }, { shape, dtype: x.dtype })
  const fresh = new Map(index.axes.flat().map((f): [Factor, Factor] => [f, { ...f }]))
  return {
    register: gathered,
    dtype: x.dtype,
    axes: [...rest.slice(0, outDim), ...index.axes.map(factors => factors.map(f => fresh.get(f)!)), ...rest.slice(outDim)],
    order: [...order.slice(0, at), ...index.order.map(f => fresh.get(f)!), ...order.slice(at + 1)],
  }
}

/** One axis and one index for several: the axes laid side by side, the indices as one number. */
function single(assembly: Assembly, x: View, indices: readonly View[], axes: readonly number[]): { view: View, factor: Factor, index: View } {
  const shape = indices.map(shapeOf).reduce(broadcastShape)
  const index = indices.map(view => stretched(view, shape)).reduce((sum, view, i) =>
    binary(assembly, 'Add', binary(assembly, 'Multiply', sum, scalar(assembly, sizeOf(x.axes[axes[i]]), 'int32', shape)), view))
  if (axes.length === 1) return { ...isolated(assembly, x, axes[0]), index }
  const factors = axes.flatMap(axis => x.axes[axis])
  const merged: View = { ...x, axes: [...x.axes.map((own, i) => axes.includes(i) ? [] : own), factors] }
  const { view, factor } = isolated(assembly, merged, x.axes.length)
  return { view: { ...view, axes: view.axes.slice(0, -1) }, factor, index }
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1))
}

/** The transpose of `gather`: zeros of `shape` with the updates added at their indices. */
export function scatter(assembly: Assembly, updates: View, indices: readonly View[], shape: readonly number[], axes: readonly number[], outDim: number): View {
  const indexShape = indices.map(shapeOf).reduce(broadcastShape)
  const index = indices.map(view => stretched(view, indexShape)).reduce((sum, view, i) =>
    binary(assembly, 'Add', binary(assembly, 'Multiply', sum, scalar(assembly, shape[axes[i]], 'int32', indexShape)), view))
  const rank = indexShape.length
  const own = updates.axes.slice(outDim, outDim + rank).flat()
  const rest = [...updates.axes.slice(0, outDim), ...updates.axes.slice(outDim + rank)]
  // Every index has its update: copies of either are written out. What the indices do not touch stays broadcast.
  const ordered = arranged(assembly, updates, [...own, ...updates.order.filter(f => !own.includes(f))])
  const held = ordered.order.slice(own.length)
  const flat = arranged(assembly, index, index.axes.flat()).register
  const count = sizeOf(own)
  const width = sizeOf(held)
  const target = axes.map(axis => ({ size: shape[axis], real: true }))
  const depth = product(target.map(({ size }) => size))
  const [register] = assembly.add('ScatterNd', {
    indices: assembly.reshape(flat, [count, 1]),
    updates: assembly.reshape(ordered.register, [count, width]),
  }, { shape: [depth, width] }, { shape: [depth, width], dtype: updates.dtype })
  const left = [...rest]
  const swapped = new Map(updates.axes.flat().map((f, i): [Factor, Factor] => [f, ordered.axes.flat()[i]]))
  return withoutUnits({
    register,
    dtype: updates.dtype,
    axes: shape.map((_, i) => axes.includes(i) ? [target[axes.indexOf(i)]] : left.shift()!.map(f => swapped.get(f)!)),
    order: [...target, ...held],
  })
}

/** Ascending along the last axis, with where each came from; equal elements keep their order. */
export function sort(assembly: Assembly, x: View): [View, View] {
  const last = x.axes.length - 1
  const { view, factor } = isolated(assembly, x, last)
  const ordered = arranged(assembly, view, [...view.order.filter(f => f !== factor), factor])
  const shape = [sizeOf(ordered.order.slice(0, -1)), factor.size]
  const negated = unary(assembly, 'Neg', { ...ordered, register: assembly.reshape(ordered.register, shape) })
  const [values, places] = assembly.add('TopK', { x: negated.register }, { k: factor.size, sorted: true }, { shape, dtype: x.dtype }, { shape, dtype: 'int32' })
  return [
    withoutUnits(unary(assembly, 'Neg', { ...ordered, register: values })),
    withoutUnits({ ...ordered, register: places, dtype: 'int32' }),
  ]
}
