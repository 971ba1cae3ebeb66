/** A small seeded network, so that the scene is tested with values of the right shape and spread. Not a primary: nothing was learnt. */
import type { Connections } from '../../../preload/contract/engine'

export interface Network { sizes: number[], weights: Float32Array[] }
export interface Pass { input: Float32Array, activations: Float32Array[], probabilities: Float32Array }

/** Uniform −1…1 (mulberry32). */
export function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = state + 0x6D2B79F5 | 0
    let t = Math.imul(state ^ state >>> 15, 1 | state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) / 2147483648 - 1
  }
}

/** Layers with more than a million weights are left empty: their values are made up. */
export function makeNetwork(seed: number, sizes: number[]): Network {
  const next = noise(seed)
  const weights = sizes.slice(1).map((outputs, layer) => {
    const inputs = sizes[layer]!
    const width = Math.sqrt(6 / inputs)
    // Cubed, so that a few weights are much stronger than most, as after training.
    return inputs * outputs > 1e6 ? new Float32Array(0) : new Float32Array(inputs * outputs).map(() => 1.6 * width * next() ** 3)
  })
  return { sizes, weights }
}

export function run({ sizes, weights }: Network, input: Float32Array, clamp?: { layer: number, index: number, value: number }): Pass {
  const next = noise(11)
  let values = input
  const activations = weights.map((weight, layer) => {
    const outputs = sizes[layer + 1]!
    const inputs = sizes[layer]!
    const last = layer === weights.length - 1
    const out = new Float32Array(outputs).map((_, o) => {
      if (weight.length === 0)
        return Math.max(0, next())
      let sum = 0
      for (let i = 0; i < inputs; i++)
        sum += weight[o * inputs + i]! * values[i]!
      return last ? 1.6 * sum : Math.max(0, sum)
    })
    if (clamp?.layer === layer)
      out[clamp.index] = clamp.value
    return values = out
  })
  const most = values.reduce((a, b) => Math.max(a, b))
  const odds = values.map(x => Math.exp(x - most))
  const sum = odds.reduce((a, b) => a + b)
  return { input, activations, probabilities: odds.map(x => x / sum) }
}

/** The `perLayer` largest |weight × activation| of each layer, or of the weights into and out of one unit. */
export function strongest({ sizes, weights }: Network, { input, activations }: Pass, perLayer: number, unit?: { layer: number, index: number }): Connections {
  const rows: [layer: number, from: number, to: number, weight: number, flow: number][] = []
  weights.forEach((weight, layer) => {
    const inputs = sizes[layer]!
    const source = layer === 0 ? input : activations[layer - 1]!
    const found: typeof rows = []
    weight.forEach((w, k) => {
      const [to, from] = [Math.floor(k / inputs), k % inputs]
      if (unit === undefined || (unit.layer === layer && unit.index === to) || (unit.layer === layer - 1 && unit.index === from))
        found.push([layer, from, to, w, w * source[from]!])
    })
    rows.push(...found.sort((a, b) => Math.abs(b[4]) - Math.abs(a[4])).slice(0, perLayer))
  })
  return {
    layer: Uint8Array.from(rows, row => row[0]),
    from: Uint16Array.from(rows, row => row[1]),
    to: Uint16Array.from(rows, row => row[2]),
    weight: Float32Array.from(rows, row => row[3]),
    flow: Float32Array.from(rows, row => row[4]),
  }
}
