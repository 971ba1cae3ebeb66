/** What is read off a found circuit on the screen: members in order, how alike two circuits are, agreement with tags and with a sweep. Pure. */
import type { Swept } from '../../preload/contract/sweep'
import type { Certificate, Found, SeedCircuit } from '../../preload/contract/symbiote'

export interface Member { index: number, address: string, score: number, membership: number, gate: number }

/** Members, the best score first; with `all`, every candidate that some seed holds. */
export function membersOf({ addresses, member, membership, score, gates }: Found, all = false): Member[] {
  const indices: number[] = []
  for (let i = 0; i < member.length; i++) {
    if (member[i] === 1 || (all && membership[i]! > 0)) indices.push(i)
  }
  indices.sort((a, b) => score[b]! - score[a]! || membership[b]! - membership[a]! || a - b)
  return indices.map(index => ({ index, address: addresses[index]!, score: score[index]!, membership: membership[index]!, gate: gates[index]! }))
}

export interface Overlap { both: number, a: number, b: number, iou: number }

export function overlapOf(a: ReadonlySet<string | number>, b: ReadonlySet<string | number>): Overlap {
  let both = 0
  for (const one of a) {
    if (b.has(one)) both++
  }
  const either = a.size + b.size - both
  return { both, a: a.size, b: b.size, iou: either === 0 ? 0 : both / either }
}

/** A seed's own circuit against the one that is shown. */
export function likeness({ member }: Found, { members }: SeedCircuit): number {
  const shown = new Set<number>()
  member.forEach((one, i) => void (one === 1 && shown.add(i)))
  return overlapOf(shown, new Set(members)).iou
}

/** Tagged sites that are candidates, against the members. */
export function tagAgreement(found: Found, tagged: readonly string[]): Overlap & { outside: number } {
  const candidates = new Set(found.addresses)
  const asked = new Set(tagged.filter(site => candidates.has(site)))
  const members = new Set(membersOf(found).map(({ address }) => address))
  return { ...overlapOf(asked, members), outside: new Set(tagged).size - asked.size }
}

/** As many of a sweep's strongest sites as the circuit has members, against the members; undefined where it swept none of them. */
export function sweepAgreement(found: Found, { addresses, mean }: Pick<Swept, 'addresses' | 'mean'>): Overlap | undefined {
  const candidates = new Set(found.addresses)
  const order = Array.from(mean.keys()).filter(i => candidates.has(addresses[i]!) && Math.abs(mean[i]!) > 0)
  if (order.length === 0) return undefined
  const members = new Set(membersOf(found).map(({ address }) => address))
  order.sort((a, b) => Math.abs(mean[b]!) - Math.abs(mean[a]!))
  return overlapOf(new Set(order.slice(0, members.size).map(i => addresses[i]!)), members)
}

/** What the certificate says of the sweep it was compared with. */
export function sweepRank({ agreement }: Certificate): number | undefined {
  return agreement.find(({ map }) => map.startsWith('sweep'))?.rank
}
