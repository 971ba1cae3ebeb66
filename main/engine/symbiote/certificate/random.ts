/** Part 4: random circuits of the same size and layer profile. Where there are few, every other circuit of the size is taken. */
import type { Certificate } from '../../../../preload/contract/symbiote'
import type { Yardstick } from './measures'
import { randomStream } from '../../../lib/random'
import { circuitMeasures } from './measures'

export const RANDOM_CIRCUITS = 100

/** @param member 1 for members @param turn called after each lot with the share done */
export async function againstRandom(yardstick: Yardstick, member: Uint8Array, seed: number, turn: (share: number) => Promise<void>): Promise<NonNullable<Certificate['random']>> {
  const others = otherCircuits(yardstick.circuits.slots.blockOf, member, seed)
  const invert = (own: Uint8Array): Uint8Array => own.map(m => 1 - m)
  const [own, taken] = await circuitMeasures(yardstick, [member, invert(member)])
  const [keeps, losses]: [number[], number[]] = [[], []]
  const LOT = 8
  for (let at = 0; at < others.length; at += LOT) {
    const lot = others.slice(at, at + LOT)
    const found = await circuitMeasures(yardstick, [...lot, ...lot.map(invert)])
    lot.forEach((_, i) => {
      keeps.push(found[i].faithfulness)
      losses.push(found[lot.length + i].kl.mean)
    })
    await turn(Math.min(1, (at + LOT) / others.length))
  }
  const p = (values: number[], mine: number): number => (values.filter(value => value >= mine).length + 1) / (values.length + 1)
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
  return {
    circuits: others.length,
    sufficiencyP: p(keeps, own.faithfulness),
    sufficiency: { mean: mean(keeps), best: Math.max(...keeps) },
    necessityP: p(losses, taken.kl.mean),
    necessity: { mean: mean(losses), best: Math.max(...losses) },
  }
}

/** Circuits of the size and profile other than this one; of the size alone where the profile leaves too few; all of them where even that does. */
export function otherCircuits(blockOf: Int32Array, member: Uint8Array, seed: number): Uint8Array[] {
  const n = member.length
  const members = [...member.keys()].filter(i => member[i] === 1)
  if (choose(n, members.length) <= 2 * RANDOM_CIRCUITS) return combinations(n, members.length).filter(own => own.some((m, i) => m !== member[i])).slice(0, 2 * RANDOM_CIRCUITS)
  const profiled = [...new Set(blockOf)].map(block => ({ places: [...member.keys()].filter(i => blockOf[i] === block), size: members.filter(i => blockOf[i] === block).length }))
  const distinct = profiled.reduce((product, { places, size }) => Math.min(1e9, product * choose(places.length, size)), 1)
  const groups = distinct > 2 * RANDOM_CIRCUITS ? profiled : [{ places: [...member.keys()], size: members.length }]
  const { permutation } = randomStream(seed, 'certificate/random')
  const found = new Map<string, Uint8Array>()
  for (let tries = 0; found.size < RANDOM_CIRCUITS && tries < 20 * RANDOM_CIRCUITS; tries++) {
    const own = new Uint8Array(n)
    for (const { places, size } of groups) permutation(places.length).subarray(0, size).forEach((at) => { own[places[at]] = 1 })
    if (own.some((m, i) => m !== member[i])) found.set(own.length > 10_000 ? String(tries) : own.join(''), own)
  }
  return [...found.values()]
}

function choose(n: number, k: number): number {
  let product = 1
  for (let i = 0; i < Math.min(k, n - k); i++) product = Math.min(1e9, product * (n - i) / (i + 1))
  return product
}

function combinations(n: number, k: number): Uint8Array[] {
  if (k === 0) return [new Uint8Array(n)]
  if (k > n) return []
  const rest = n - 1
  const without = combinations(rest, k).map(own => Uint8Array.of(...own, 0))
  return [...combinations(rest, k - 1).map(own => Uint8Array.of(...own, 1)), ...without]
}
