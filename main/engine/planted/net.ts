/**
 * A relu mlp in plain doubles, sparse and without an executor: executors differ in their last bits, and training makes
 * other weights of that, where a design and a seed must give the same primary everywhere. What it computes is `mlp.ts`.
 */

export interface Net {
  /** Inputs, hidden layers, outputs. */
  sizes: number[]
  /** Per layer [to · from]. */
  weights: Float64Array[]
  biases: Float64Array[]
}

/** A weight by its place: from a unit, or an input of layer 0, to a unit of `layer`. */
export interface Link { layer: number, to: number, from: number }

export interface Unit { layer: number, index: number }

export function emptyNet(sizes: number[]): Net {
  return {
    sizes,
    weights: sizes.slice(1).map((out, l) => new Float64Array(out * sizes[l])),
    biases: sizes.slice(1).map(out => new Float64Array(out)),
  }
}

export function copyNet({ sizes, weights, biases }: Net): Net {
  return { sizes, weights: weights.map(w => w.slice()), biases: biases.map(b => b.slice()) }
}

/** Where a link's weight stands in its layer. */
export function flatOf({ sizes }: Pick<Net, 'sizes'>, { layer, to, from }: Link): number {
  return to * sizes[layer] + from
}

/** The same net without some of its weights. */
export function without(net: Net, links: readonly Link[]): Net {
  const copy = copyNet(net)
  for (const link of links) copy.weights[link.layer][flatOf(net, link)] = 0
  return copy
}

/** The weights that leave a unit: without them, nothing of it arrives anywhere. */
export function linksFrom({ sizes }: Net, { layer, index }: Unit): Link[] {
  return Array.from({ length: sizes[layer + 2] }, (_, to) => ({ layer: layer + 1, to, from: index }))
}

/** @param inputs [n · inputs] @returns per layer [n · units] after the activation, the last being the logits */
export function valuesOf(net: Net, inputs: ArrayLike<number>): Float64Array[] {
  const { sizes, weights, biases } = net
  const n = inputs.length / sizes[0]
  let x = inputs
  return weights.map((w, l) => {
    const [ins, outs] = [sizes[l], sizes[l + 1]]
    const there = Array.from(w.keys()).filter(flat => w[flat] !== 0)
    const [to, from] = [there.map(flat => Math.floor(flat / ins)), there.map(flat => flat % ins)]
    const values = new Float64Array(n * outs)
    for (let i = 0; i < n; i++) {
      values.set(biases[l], i * outs)
      for (let k = 0; k < there.length; k++) values[i * outs + to[k]] += w[there[k]] * x[i * ins + from[k]]
    }
    if (l < weights.length - 1) {
      for (let i = 0; i < values.length; i++) values[i] = Math.max(0, values[i])
    }
    x = values
    return values
  })
}

/** Logits [n · outputs]. */
export function logitsOf(net: Net, inputs: ArrayLike<number>): Float64Array {
  return valuesOf(net, inputs).at(-1)!
}
