/**
 * jax-js' `dot`: operands broadcast against each other, multiplied, summed over the last axis. Here it becomes one batched
 * matrix product of the registers as they lie: an operand whose contracted axis is not last is given to the kernel as
 * transposed, an axis that only one operand has and that lies outermost becomes a batch axis, and only what fits neither is moved.
 */
import type { Assembly } from './instructions'
import type { Wish } from './orientation'
import type { Factor, View } from './view'
import { aligned, binary, mergedOrder, placesOf, reduce, scalar } from './elementwise'
import { product, sameShape } from './instructions'
import { arranged, shapeOf, stretched, weightOf } from './view'

/** What a place of the aligned shape is to the product. `own`: only the operand looked at holds it. */
type Role = 'batch' | 'own' | 'contracted'

/** How an operand lies, outermost first: batch, then rows and contracted in either order. */
interface Lie {
  batch: number[]
  own: number[]
  contracted: number[]
  /** The contracted places lie before the operand's own. */
  contractedFirst: boolean
}

/** Below this many rows a matrix product is hardly one, and moving the operand is cheaper. */
const FEWEST_ROWS = 8

/** `wish`: how the result had best lie. */
export function dot(assembly: Assembly, x: View, y: View, wish?: Wish): View {
  const shape = broadcastShape(shapeOf(x), shapeOf(y))
  const last = shape.length - 1
  let [a, b] = aligned(assembly, [stretched(x, shape), stretched(y, shape)])
  // What is summed but held by one operand only is summed there first; what is held by neither is a factor.
  const contracted = a.axes[last].map((factor, i) => ({ a: factor, b: b.axes[last][i] }))
  const onlyA = contracted.filter(pair => pair.a.real && !pair.b.real).map(pair => pair.a)
  const onlyB = contracted.filter(pair => pair.b.real && !pair.a.real).map(pair => pair.b)
  const copies = product(contracted.filter(pair => !pair.a.real && !pair.b.real).map(pair => pair.a.size))
  const both = contracted.filter(pair => pair.a.real && pair.b.real)
  a = summed(assembly, a, last, both.map(pair => pair.a), onlyA)
  b = summed(assembly, b, last, both.map(pair => pair.b), onlyB)
  const result = both.length === 0
    ? binary(assembly, 'Multiply', withoutLast(a), withoutLast(b))
    : matrixProduct(assembly, a, b, last, wish)
  return copies === 1 ? result : binary(assembly, 'Multiply', result, scalar(assembly, copies, result.dtype, shapeOf(result)))
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  const at = (shape: readonly number[], i: number): number => shape[i - rank + shape.length] ?? 1
  return Array.from({ length: rank }, (_, i) => Math.max(at(a, i), at(b, i)))
}

/** The last axis with `kept` alone, `gone` summed away. */
function summed(assembly: Assembly, view: View, last: number, kept: Factor[], gone: Factor[]): View {
  const parted: View = { ...view, axes: [...view.axes.slice(0, last), kept, gone] }
  return gone.length === 0 ? { ...parted, axes: parted.axes.slice(0, -1) } : reduce(assembly, 'Add', parted, [last + 1])
}

function withoutLast(view: View): View {
  return { ...view, axes: view.axes.slice(0, -1) }
}

function matrixProduct(assembly: Assembly, a: View, b: View, last: number, wish?: Wish): View {
  const total = a.axes.flat().length
  const firstContracted = a.axes.slice(0, last).flat().length
  const factorsA = placesOf(a).factors
  const factorsB = placesOf(b).factors
  const role = (place: number, own: Factor[], other: Factor[]): Role => place >= firstContracted ? 'contracted' : own[place].real && other[place].real ? 'batch' : 'own'
  const roleA = (place: number): Role => role(place, factorsA, factorsB)
  const roleB = (place: number): Role => role(place, factorsB, factorsA)
  const orderA = a.order.map(placesOf(a).place)
  const orderB = b.order.map(placesOf(b).place)
  const sizes = Array.from({ length: total }, (_, place) => factorsA[place].size)
  const lies = agree(orderA, orderB, roleA, roleB, sizes, weightOf(a) >= weightOf(b))

  const put = (view: View, factors: Factor[], lie: Lie): number =>
    arranged(assembly, view, [...lie.batch, ...(lie.contractedFirst ? [...lie.contracted, ...lie.own] : [...lie.own, ...lie.contracted])].map(place => factors[place])).register
  const batch = mergedOrder([lies.a.batch, lies.b.batch])
  const heldA = new Set(lies.a.batch)
  const heldB = new Set(lies.b.batch)
  const groups = batchGroups(batch, heldA, heldB)
  const sizeOfPlaces = (places: readonly number[]): number => product(places.map(place => sizes[place]))
  const dims = (lie: Lie, held: Set<number>): number[] => {
    const outer = groups.map(group => held.has(group[0]) ? sizeOfPlaces(group) : 1)
    const k = sizeOfPlaces(lie.contracted)
    const own = sizeOfPlaces(lie.own)
    return [...trimmed(outer, held.size === 0), ...(lie.contractedFirst ? [k, own] : [own, k])]
  }
  const left = assembly.reshape(put(a, factorsA, lies.a), dims(lies.a, heldA))
  const right = assembly.reshape(put(b, factorsB, lies.b), dims(lies.b, heldB))
  const rows = sizeOfPlaces(lies.a.own)
  const columns = sizeOfPlaces(lies.b.own)
  const outer = groups.map(sizeOfPlaces)
  const turned = turns(a, last, lies, wish)
  const [register] = turned
    ? assembly.add('BatchMatMul', { a: right, b: left }, { transposeA: lies.b.contractedFirst, transposeB: !lies.a.contractedFirst }, { shape: [...outer, columns, rows], dtype: a.dtype })
    : assembly.add('BatchMatMul', { a: left, b: right }, { transposeA: lies.a.contractedFirst, transposeB: !lies.b.contractedFirst }, { shape: [...outer, rows, columns], dtype: a.dtype })

  const order = [...batch, ...(turned ? [...lies.b.own, ...lies.a.own] : [...lies.a.own, ...lies.b.own])]
  const fresh = sizes.map((size, place): Factor => ({ size, real: order.includes(place) }))
  let at = 0
  const axes = a.axes.slice(0, last).map(factors => factors.map(() => fresh[at++]))
  return { register, dtype: a.dtype, axes, order: order.map(place => fresh[place]) }
}

/** Whether the wish has the columns outside the rows. */
function turns(a: View, last: number, lies: { a: Lie, b: Lie }, wish?: Wish): boolean {
  if (!wish) return false
  const axisOf = a.axes.slice(0, last).flatMap((factors, axis) => factors.map(() => axis))
  const rank = (place: number | undefined): number => place === undefined ? -1 : wish.indexOf(axisOf[place])
  const row = rank(lies.a.own[0])
  const column = rank(lies.b.own[0])
  return row >= 0 && column >= 0 && column < row
}

/** An operand without batch axes is a plain matrix. */
function trimmed(outer: number[], none: boolean): number[] {
  return none ? [] : outer
}

/** Neighbouring batch places held by the same operands are one dimension. */
function batchGroups(batch: readonly number[], heldA: Set<number>, heldB: Set<number>): number[][] {
  const groups: number[][] = []
  for (const place of batch) {
    const last = groups.at(-1)
    if (last && heldA.has(last[0]) === heldA.has(place) && heldB.has(last[0]) === heldB.has(place)) last.push(place)
    else groups.push([place])
  }
  return groups
}

/** How both operands are to lie so that one kernel takes them, moving as little as can be. */
function agree(orderA: number[], orderB: number[], roleA: (place: number) => Role, roleB: (place: number) => Role, sizes: number[], aIsLarger: boolean): { a: Lie, b: Lie } {
  const fitsA = lieOf(orderA, roleA, sizes)
  const fitsB = lieOf(orderB, roleB, sizes)
  let a = fitsA ?? moved(orderA, roleA)
  let b = fitsB ?? moved(orderB, roleB)
  const batchA = (): number[] => a.batch.filter(place => roleA(place) === 'batch')
  const batchB = (): number[] => b.batch.filter(place => roleB(place) === 'batch')
  // Batch axes of one operand alone must lie outside all others, and one operand only may have them:
  // TensorFlow.js' own kernels repeat a smaller batch as a whole.
  const extraA = a.batch.length > batchA().length
  const extraB = b.batch.length > batchB().length
  const leading = (lie: Lie, role: (place: number) => Role): boolean => lie.batch.slice(lie.batch.findIndex(place => role(place) === 'batch') >>> 0).every(place => role(place) === 'batch')
  if (extraA && (extraB || !leading(a, roleA))) a = moved(orderA, roleA)
  if (extraB && !leading(b, roleB)) b = moved(orderB, roleB)
  // Contracted and batch axes in one order: who has to move follows, or else the smaller.
  if (!sameShape(a.contracted, b.contracted) || !sameShape(batchA(), batchB())) {
    if (fitsA === undefined === (fitsB === undefined) ? aIsLarger : fitsA !== undefined) b = { ...moved(orderB, roleB), contracted: a.contracted, batch: batchA(), contractedFirst: b.contractedFirst }
    else a = { ...moved(orderA, roleA), contracted: b.contracted, batch: batchB(), contractedFirst: a.contractedFirst }
  }
  return { a, b }
}

/** As it lies, if a kernel can take it so. */
function lieOf(order: readonly number[], role: (place: number) => Role, sizes: number[]): Lie | undefined {
  const rest = [...order]
  const run = (wanted: Role): number[] => {
    const taken: number[] = []
    while (rest.length > 0 && role(rest.at(-1)!) === wanted) taken.unshift(rest.pop()!)
    return taken
  }
  const contractedFirst = order.length > 0 && role(order.at(-1)!) === 'own'
  let own: number[] = []
  let contracted: number[] = []
  if (contractedFirst) {
    own = run('own')
    contracted = run('contracted')
  }
  else {
    contracted = run('contracted')
    own = run('own')
  }
  const promoted = rest.filter(place => role(place) === 'own')
  if (rest.some(place => role(place) === 'contracted')) return undefined
  if (promoted.length > 0 && product(own.map(place => sizes[place])) < FEWEST_ROWS) return undefined
  return { batch: rest, own, contracted, contractedFirst }
}

/** Batch outermost, then its own, then the contracted. */
function moved(order: readonly number[], role: (place: number) => Role): Lie {
  const of = (wanted: Role): number[] => order.filter(place => role(place) === wanted)
  return { batch: of('batch'), own: of('own'), contracted: of('contracted'), contractedFirst: false }
}
