/** What hides a planted circuit: small weights everywhere else, and hidden units in another order. */
import type { Stream } from '../../lib/random'
import type { Link, Net, Unit } from './net'
import { copyNet, emptyNet, flatOf } from './net'

/** Normal noise on every weight that is not planted; `share` is its deviation over the root mean square of those that are. */
export function withNoise(net: Net, planted: readonly Link[], share: number, { normal }: Stream): Net {
  const noisy = copyNet(net)
  const taken = net.weights.map(() => new Set<number>())
  let squares = 0
  for (const link of planted) {
    const flat = flatOf(net, link)
    squares += net.weights[link.layer][flat] ** 2
    taken[link.layer].add(flat)
  }
  const deviation = share * Math.sqrt(squares / planted.length)
  noisy.weights.forEach((weights, l) => {
    for (let flat = 0; flat < weights.length; flat++) {
      if (!taken[l].has(flat)) weights[flat] = deviation * normal()
    }
  })
  return noisy
}

/** Where every unit of a net went. */
export interface Shuffle {
  net: Net
  unit: (unit: Unit) => Unit
  link: (link: Link) => Link
}

/** Hidden units in random order; inputs and outputs stay. What the net computes is the same. */
export function shuffled(net: Net, { permutation }: Stream): Shuffle {
  const { sizes } = net
  // By layer of units, the inputs first: places[l][old] is new.
  const places = sizes.map((size, l) => l === 0 || l === sizes.length - 1 ? Int32Array.from({ length: size }, (_, i) => i) : permutation(size))
  const link = ({ layer, to, from }: Link): Link => ({ layer, to: places[layer + 1][to], from: places[layer][from] })
  const moved = emptyNet(sizes)
  net.weights.forEach((weights, layer) => {
    weights.forEach((value, flat) => {
      const old = { layer, to: Math.floor(flat / sizes[layer]), from: flat % sizes[layer] }
      moved.weights[layer][flatOf(net, link(old))] = value
    })
    net.biases[layer].forEach((value, to) => { moved.biases[layer][places[layer + 1][to]] = value })
  })
  return { net: moved, link, unit: ({ layer, index }) => ({ layer, index: places[layer + 1][index] }) }
}
