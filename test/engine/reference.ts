/** The mlp once more, in plain loops and doubles, with every intervention done the slow and obvious way. An oracle, not an engine. */
import type { Tensor } from '../../preload/contract/engine'
import type { MlpArchitecture } from '../../preload/contract/primary'

export type Weights = Record<string, Tensor>
/** May change the value of a unit after the activation. */
export type Touch = (layer: number, unit: number, value: number) => number
/** May change what a source contributes to a reader. */
export type TouchEdge = (layer: number, to: number, from: number, contribution: number) => number

export function referenceForward(
  { hidden, outputs, activation }: MlpArchitecture,
  weights: Weights,
  input: ArrayLike<number>,
  touch: Touch = (_l, _u, value) => value,
  touchEdge: TouchEdge = (_l, _t, _f, contribution) => contribution,
): number[][] {
  const layers: number[][] = []
  let x: ArrayLike<number> = input
  ;[...hidden, outputs].forEach((units, l) => {
    const w = weights[`layers.${l}.weight`].data
    const b = weights[`layers.${l}.bias`].data
    const values = Array.from({ length: units }, (_, u) => {
      let sum = b[u]
      for (let i = 0; i < x.length; i++) sum += touchEdge(l, u, i, w[u * x.length + i] * x[i])
      const value = l < hidden.length ? act(activation, sum) : sum
      return touch(l, u, value)
    })
    layers.push(values)
    x = values
  })
  return layers
}

function act(activation: MlpArchitecture['activation'], x: number): number {
  if (activation === 'relu') return Math.max(0, x)
  if (activation === 'tanh') return Math.tanh(x)
  return x * 0.5 * (1 + erf(x / Math.SQRT2))
}

/** Error function by its Maclaurin series: exact to double precision for the |x| < 4 used here. */
export function erf(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; n < 120; n++) {
    term *= -x * x / n
    sum += term / (2 * n + 1)
  }
  return 2 / Math.sqrt(Math.PI) * sum
}

/** Small, repeatable numbers in [−1, 1] that owe nothing to the streams under test. */
export function numbers(n: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453 % 1)
}

export function smallWeights(architecture: MlpArchitecture): Weights {
  const sizes = [architecture.inputs, ...architecture.hidden, architecture.outputs]
  return Object.fromEntries(sizes.slice(1).flatMap((out, l) => [
    [`layers.${l}.weight`, { shape: [out, sizes[l]], data: numbers(out * sizes[l], l + 1) }],
    [`layers.${l}.bias`, { shape: [out], data: numbers(out, l + 50) }],
  ]))
}
