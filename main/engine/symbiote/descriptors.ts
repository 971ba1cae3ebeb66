/**
 * What can be measured of any site, whatever the primary: what a `reader` reads. Scaled within the primary, so that another width
 * or depth looks alike. In the order of the slots; slots that are no candidates have zeros.
 */
import type { Subject } from './subject'
import { ranks } from '../../lib/statistics/ranks'
import { attributionOf } from './attribution'
import { viewsOf } from './views'

const VIEWS = ['margin', 'marginSize', 'marginMost', 'scattered', 'scatteredMost', 'lesioned', 'lesionedMost'] as const

export const DESCRIPTORS = ['depth', 'logSize', 'size', 'inShare', 'outShare', 'logAttribution', 'attributionRank', ...VIEWS, 'scatteredLift', 'lesionedLift'] as const

/** [slots · descriptors]. */
export async function descriptorsOf(subject: Subject): Promise<Float32Array<ArrayBuffer>> {
  const { circuits: { slots } } = subject
  const attribution = await attributionOf(subject)
  const { open, scattered, lesioned } = await viewsOf(subject)
  const views = [open.mean, open.size, open.most, scattered.mean, scattered.most, lesioned.mean, lesioned.most].map(toMost)
  const sizes = sizesOf(subject)
  const typical = rootMeanSquare(sizes)
  const rank = ranks(attribution)
  const { into, outOf } = sharesOf(subject, sizes)
  const [logAttribution, ...lifts] = [toMost(attribution), toMedian(scattered.most), toMedian(lesioned.most)]
  const found = new Float32Array(slots.count * DESCRIPTORS.length)
  slots.slotOf.forEach((slot, i) => {
    found.set([
      slots.blocks.length > 1 ? slots.blockOf[i] / (slots.blocks.length - 1) : 0,
      Math.log10(sizes[i] / typical + 1e-3),
      Math.min(5, sizes[i] / typical),
      into[i],
      outOf[i],
      logAttribution[i],
      (rank[i] - 1) / Math.max(1, rank.length - 1),
      ...views.map(view => view[i]),
      ...lifts.map(lift => lift[i]),
    ], slot * DESCRIPTORS.length)
  })
  return found
}

/** Decades under the largest, halved, from 1 down to −1.5. */
function toMost(values: Float64Array): Float64Array {
  const most = Math.max(1e-12, values.reduce((a, b) => Math.max(a, b), 0))
  return values.map(value => Math.log10(value / most + 1e-5) / 2 + 1)
}

/** Decades above what most sites have, at most three either way. */
function toMedian(values: Float64Array): Float64Array {
  const median = Math.max(1e-12, values.toSorted()[Math.floor(values.length / 2)])
  return values.map(value => Math.max(-3, Math.min(3, Math.log10(value / median + 1e-12))) / 2)
}

/** |w| of weights and kernels; 1 where a site has no weight of its own. */
function sizesOf({ circuits: { slots, model }, request }: Subject): Float64Array {
  return Float64Array.from(slots.slotOf, (slot, i) => {
    const block = slots.blocks[slots.blockOf[i]]
    if (block.kind !== 'weights' && block.kind !== 'dense') return 1
    const { data } = request.weights[block.tensor]
    const each = model.parameters.find(([name]) => name === block.tensor)![1].reduce((a, b) => a * b, 1) / block.count
    const at = slot - block.from
    let sum = 0
    for (let j = at * each; j < (at + 1) * each; j++) sum += data[j] ** 2
    return Math.sqrt(sum)
  })
}

/** A weight's share of what its reader reads and of what its source gives out: w² over the sums of its row and column. */
function sharesOf({ circuits: { slots } }: Subject, sizes: Float64Array): { into: Float64Array, outOf: Float64Array } {
  const rows = new Map<string, number>()
  const columns = new Map<string, number>()
  const keys = Array.from(slots.slotOf, (slot, i) => {
    const block = slots.blocks[slots.blockOf[i]]
    const width = block.kind === 'stream' ? 1 : block.shape.slice(1).reduce((a, b) => a * b, 1)
    const at = slot - block.from
    return { row: `${slots.blockOf[i]}/${Math.floor(at / width)}`, column: `${slots.blockOf[i]}/${at % width}` }
  })
  keys.forEach(({ row, column }, i) => {
    rows.set(row, (rows.get(row) ?? 0) + sizes[i] ** 2)
    columns.set(column, (columns.get(column) ?? 0) + sizes[i] ** 2)
  })
  return {
    into: Float64Array.from(keys, ({ row }, i) => sizes[i] ** 2 / Math.max(1e-12, rows.get(row)!)),
    outOf: Float64Array.from(keys, ({ column }, i) => sizes[i] ** 2 / Math.max(1e-12, columns.get(column)!)),
  }
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length) || 1
}
