/** Parts 7 and 8: how far seeds agree with each other, and the circuit with other maps of the same sites. */
import type { Certificate } from '../../../../preload/contract/symbiote'
import type { Rival } from '../scoring'
import type { Subject } from '../subject'
import { disagreementOf } from '../../sweep/disagreement'
import { termValues } from '../terms'

/** Sites that are swept one by one for the comparison, at most; training is the dearer part then. */
const SWEPT = 1024

export function stabilityOf(rivals: readonly Rival[], membership: Float32Array): NonNullable<Certificate['stability']> {
  const pairs: number[] = []
  for (let a = 0; a < rivals.length; a++) {
    for (let b = a + 1; b < rivals.length; b++) pairs.push(jaccard(rivals[a].members, rivals[b].members))
  }
  const histogram = rivals.map(() => 0)
  membership.forEach((share) => {
    const seeds = Math.round(share * rivals.length)
    if (seeds > 0) histogram[seeds - 1]++
  })
  return { seeds: rivals.length, jaccard: pairs.reduce((a, b) => a + b, 0) / pairs.length, pairs, histogram }
}

/** Shared members by all members; two empty circuits are the same. */
export function jaccard(a: Int32Array | number[], b: Int32Array | number[]): number {
  const other = new Set<number>(b)
  const shared = [...a].filter(i => other.has(i)).length
  const all = a.length + b.length - shared
  return all === 0 ? 1 : shared / all
}

/** Attribution, the exact sweep where it is affordable, and the maps that were handed over. */
export async function agreementOf({ circuits, terms, request, heldOut }: Subject, member: Uint8Array, score: Float64Array, attribution: Float64Array): Promise<Certificate['agreement']> {
  const n = member.length
  const maps: Record<string, Float64Array> = { attribution, ...request.maps }
  if (n <= SWEPT && terms[0].kind === 'keep') {
    const term = { ...terms[0], behaviour: heldOut, rows: heldOut.rows.map((_, i) => i), unit: 1 }
    const gates = Array.from({ length: n }, (_, one) => Float32Array.from({ length: n }, (_, i) => i === one ? 0 : 1))
    maps['exact sweep'] = Float64Array.from(await termValues(circuits, term, gates, circuits.model.architecture.kind === 'transformer' ? 64 : 256))
  }
  const size = member.reduce((sum, m) => sum + m, 0)
  return Object.entries(maps).map(([map, values]) => {
    const known = [...values.keys()].filter(i => Number.isFinite(values[i]))
    const { rank } = disagreementOf(known.map(i => Math.abs(values[i])), known.map(i => score[i]))
    const top = known.sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, size)
    return { map, sites: known.length, ...(rank === undefined ? {} : { rank }), ...(size > 0 ? { iou: jaccard(top, [...member.keys()].filter(i => member[i] === 1)) } : {}) }
  })
}
