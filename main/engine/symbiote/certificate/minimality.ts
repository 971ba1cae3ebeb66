/** Part 5: does dropping each part hurt? A one-sided paired test per member over held-out items, Holm-corrected. */
import type { Certificate } from '../../../../preload/contract/symbiote'
import type { Yardstick } from './measures'
import { normalUpperTail } from '../../../lib/normal'
import { randomStream } from '../../../lib/random'
import { effectOf } from '../../task/measures'
import { measureCircuit } from '../behaviour'

/** Members tested; of a larger circuit a random sample. */
const TESTED = 64
const LEVEL = 0.05
const LOT = 8

export async function minimalityOf({ circuits, behaviour }: Yardstick, member: Uint8Array, seed: number, turn: (share: number) => Promise<void>): Promise<NonNullable<Certificate['minimality']>> {
  const members = [...member.keys()].filter(i => member[i] === 1)
  const picked = members.length <= TESTED ? members : Array.from(randomStream(seed, 'certificate/minimality').permutation(members.length).subarray(0, TESTED), i => members[i])
  const { classes } = circuits.model.outputs
  const kl = async (gates: ArrayLike<number>[]): Promise<Float64Array[]> => (await circuits.logits(behaviour.items, behaviour.rows, gates)).map(own => measureCircuit(behaviour, own, classes).kl)
  const [whole] = await kl([member])
  const tests: { address: string, effect: number, p: number }[] = []
  for (let at = 0; at < picked.length; at += LOT) {
    const lot = picked.slice(at, at + LOT)
    const without = await kl(lot.map(one => member.map((m, i) => i === one ? 0 : m)))
    lot.forEach((one, k) => {
      const { mean, se } = effectOf(without[k].map((value, i) => value - whole[i]))
      tests.push({ address: circuits.slots.addresses[one], effect: mean, p: se > 0 ? normalUpperTail(mean / se) : mean > 0 ? 0 : 1 })
    })
    await turn(Math.min(1, (at + LOT) / picked.length))
  }
  const unneeded = holm(tests)
  return { tested: tests.length, needed: tests.length - unneeded.length, unneeded: unneeded.slice(0, 100) }
}

/** Those that Holm's procedure does not find to hurt. */
function holm<T extends { p: number }>(tests: readonly T[]): T[] {
  const sorted = [...tests].sort((a, b) => a.p - b.p)
  const first = sorted.findIndex(({ p }, i) => p > LEVEL / (sorted.length - i))
  return first < 0 ? [] : sorted.slice(first)
}
