/** Where the sites of a matching are drawn: two networks beside each other, layer by layer, partners as level as they can be. Pure. */
import type { Matched, MatchedPair } from '../../preload/contract/match'

/** A site of one side, or the name of its layer above it. */
export interface Row { address: string, y: number, partner: boolean }
export interface LayerName { name: string, y: number }
export interface Side { rows: Row[], layers: LayerName[] }
export interface Line { pair: MatchedPair, from: number, to: number }
export interface Drawing { a: Side, b: Side, lines: Line[], height: number, radius: number, left: number }

const HEAD = 15
const GAP = 6
const STEP = 13
const RADIUS = 4
/** Sites of a side that are drawn: of more, those of the pairs most alike. A hundred lines are a carpet, not a picture. */
const MOST = 24

/** `layers.0` of `layers.0.unit[3]`. */
export function layerOf(address: string): string {
  return address.replace(/\.(?:unit|channel|head)\[.*$/, '')
}

/** `unit[3]`. */
export function nameIn(address: string): string {
  return address.slice(layerOf(address).length + 1)
}

export function drawingOf({ pairs: all, unmatched }: Pick<Matched, 'pairs' | 'unmatched'>): Drawing {
  const pairs = all.slice(0, MOST)
  const room = MOST - pairs.length
  const ofA = [...pairs.map(({ a }) => a), ...unmatched.a.slice(0, room)].sort(byAddress)
  const order = new Map(ofA.map((address, i) => [address, i]))
  const partnerOf = new Map(pairs.map(({ a, b }) => [b, order.get(a)!]))
  const ofB = [...pairs.map(({ b }) => b), ...unmatched.b.slice(0, room)].sort((p, q) => byLayer(p, q) || (partnerOf.get(p) ?? Infinity) - (partnerOf.get(q) ?? Infinity) || byAddress(p, q))
  const matchedA = new Set(pairs.map(({ a }) => a))
  const a = sideOf(ofA, address => matchedA.has(address))
  const b = sideOf(ofB, address => partnerOf.has(address))
  const [yA, yB] = [a, b].map(({ rows }) => new Map(rows.map(({ address, y }) => [address, y])))
  return {
    a,
    b,
    lines: pairs.map(pair => ({ pair, from: yA!.get(pair.a)!, to: yB!.get(pair.b)! })),
    height: Math.max(...[a, b].map(({ rows }) => (rows.at(-1)?.y ?? 0) + STEP)),
    radius: RADIUS,
    left: all.length - pairs.length,
  }
}

function sideOf(addresses: readonly string[], matched: (address: string) => boolean): Side {
  const side: Side = { rows: [], layers: [] }
  let y = 0
  let layer: string | undefined
  for (const address of addresses) {
    if (layerOf(address) !== layer) {
      y += layer === undefined ? 0 : GAP
      layer = layerOf(address)
      side.layers.push({ name: layer, y: y + HEAD - 5 })
      y += HEAD
    }
    side.rows.push({ address, y: y + STEP / 2, partner: matched(address) })
    y += STEP
  }
  return side
}

function byLayer(p: string, q: string): number {
  return layerOf(p).localeCompare(layerOf(q), 'en', { numeric: true })
}

function byAddress(p: string, q: string): number {
  return byLayer(p, q) || p.localeCompare(q, 'en', { numeric: true })
}

/** The verdict without its first words, which the card has large. */
export function verdictRest({ verdict: { sentence } }: Pick<Matched, 'verdict'>): string {
  const rest = sentence.slice(sentence.indexOf(': ') + 2)
  return rest.charAt(0).toUpperCase() + rest.slice(1)
}

export function verdictHead({ verdict: { sentence } }: Pick<Matched, 'verdict'>): string {
  return sentence.slice(0, sentence.indexOf(': '))
}
