/**
 * Truth by causal effect. What was planted for a task counts as true where removing it from the clean primary, the one
 * before noise, changes the task's answers; what was planted and changes nothing is inert, and judges nobody.
 *
 * Removing: a weight becomes 0; of a unit all outgoing weights do. The change: logits of the task's slots, less their mean
 * because a softmax does not see it, as |with − without| averaged over test items and slots. It must be larger than
 * `TOLERANCE` times the average size of those logits in the clean primary.
 * Context: a part of one of several redundant copies is removed from the clean primary, and also from the clean primary in
 * which all other copies are cut; it counts where one of the two changes. Any other part is removed alone.
 */
import type { Link, Net, Unit } from './net'
import type { Slots } from './tasks'
import { linksFrom, logitsOf, without } from './net'

export const TOLERANCE = 0.02

/** What serves one task. */
export interface Subnetwork {
  slots: Slots
  links: Link[]
  /** Redundant copies, of which one is enough: the links of each. */
  copies?: Link[][]
}

export interface Judged<T> { sites: T[], inert: T[] }

export function judgeLinks(net: Net, inputs: Float32Array, task: Subnetwork): Judged<Link> {
  const changes = changesOf(net, inputs, task)
  return judged(task.links, link => changes([link], task.copies?.findIndex(copy => copy.some(other => isSame(other, link)))))
}

export function judgeUnits(net: Net, inputs: Float32Array, task: Subnetwork): Judged<Unit> {
  const changes = changesOf(net, inputs, task)
  return judged(unitsOf(task, net), (unit) => {
    const copy = task.copies?.findIndex(links => links.some(({ layer, to }) => layer === unit.layer && to === unit.index))
    return changes(linksFrom(net, unit), copy)
  })
}

/** Hidden units that planted weights lead into. */
function unitsOf({ links }: Subnetwork, { sizes }: Net): Unit[] {
  const hidden = links.filter(({ layer }) => layer < sizes.length - 2)
  return [...new Map(hidden.map(({ layer, to }) => [`${layer}/${to}`, { layer, index: to }])).values()]
}

function judged<T>(planted: readonly T[], counts: (part: T) => boolean): Judged<T> {
  const sites = planted.filter(counts)
  return { sites, inert: planted.filter(part => !sites.includes(part)) }
}

/** Whether cutting some links changes the task, alone or with the rivals of `copy` cut as well. */
function changesOf(net: Net, inputs: Float32Array, { slots, copies = [] }: Subnetwork): (cut: readonly Link[], copy?: number) => boolean {
  const logits = (subject: Net): Float64Array => centredLogits(logitsOf(subject, inputs), net.sizes.at(-1)!, slots)
  const clean = logits(net)
  const limit = TOLERANCE * meanSize(clean)
  const contexts = copies.map((_, copy) => without(net, copies.filter((_, other) => other !== copy).flat()))
  const among = contexts.map(logits)
  return (cut, copy = -1) => meanSize(clean, logits(without(net, cut))) > limit
    || (copy >= 0 && meanSize(among[copy], logits(without(contexts[copy], cut))) > limit)
}

/** [n · slots], each row less its mean. */
export function centredLogits(logits: Float64Array, outputs: number, { from, size }: Slots): Float64Array {
  const rows = new Float64Array(logits.length / outputs * size)
  for (let i = 0; i < rows.length; i += size) {
    const row = logits.subarray(i / size * outputs + from, i / size * outputs + from + size)
    const mean = row.reduce((a, b) => a + b) / size
    row.forEach((value, c) => { rows[i + c] = value - mean })
  }
  return rows
}

/** Mean |a − b|. */
export function meanSize(a: Float64Array, b?: Float64Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b ? b[i] : 0)), 0) / a.length
}

function isSame(a: Link, b: Link): boolean {
  return a.layer === b.layer && a.to === b.to && a.from === b.from
}
