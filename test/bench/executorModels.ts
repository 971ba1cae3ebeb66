/**
 * The models that executors are timed and compared on, with their training steps: the shapes of the recipes, written as
 * plainly as can be. Not the primaries themselves, so that the figures stay comparable when those change.
 */
import type { PureFunction } from '../../main/engine/executor/executor'
import type { NdArray } from '../../main/engine/executor/jax'
import { nn, np, valueAndGrad } from '../../main/engine/executor/jax'

export interface BenchModel {
  /** Parameters, row by row in the order the loss takes them. */
  parameters: [name: string, shape: number[]][]
  /** Inputs and targets of one batch. */
  data: () => { values: Float32Array<ArrayBuffer>, shape: number[] }[]
  loss: (parameters: NdArray[], data: NdArray[]) => NdArray
}

/** Deterministic numbers in [0, 1). */
export function draw(seed: number): () => number {
  let state = seed * 2654435761 >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export function initialValues({ parameters }: BenchModel): Float32Array<ArrayBuffer>[] {
  const next = draw(7)
  return parameters.map(([, shape]) => {
    const scale = shape.at(-1)! ** -0.5
    return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * (2 * next() - 1) * 1.7)
  })
}

/** Forward, backward and Adam in one program: [parameters, first, second moments, data…] → [those, loss]. */
export function trainingStep({ parameters, loss }: BenchModel): PureFunction {
  const n = parameters.length
  return (inputs) => {
    const data = inputs.slice(3 * n)
    const [value, gradients] = valueAndGrad((all: NdArray[], ...rest: NdArray[]) => loss(all, rest))(inputs.slice(0, n).map(p => p.ref), ...data)
    const next = { parameters: [] as NdArray[], first: [] as NdArray[], second: [] as NdArray[] }
    for (let i = 0; i < n; i++) {
      const m = inputs[n + i].mul(0.9).add(gradients[i].ref.mul(0.1))
      const v = inputs[2 * n + i].mul(0.98).add(np.square(gradients[i]).mul(0.02))
      next.parameters.push(inputs[i].sub(m.ref.mul(1e-3).div(np.sqrt(v.ref).add(1e-8))))
      next.first.push(m)
      next.second.push(v)
    }
    return [...next.parameters, ...next.first, ...next.second, value]
  }
}

/** Loss and gradients alone, for comparisons. */
export function lossAndGradient({ parameters, loss }: BenchModel): PureFunction {
  const n = parameters.length
  return (inputs) => {
    const [value, gradients] = valueAndGrad((all: NdArray[], ...rest: NdArray[]) => loss(all, rest))(inputs.slice(0, n), ...inputs.slice(n))
    return [value, ...gradients]
  }
}

export function mlpModel(sizes: number[], batch: number): BenchModel {
  const depth = sizes.length - 1
  const classes = sizes[depth]
  return {
    parameters: sizes.slice(1).flatMap((out, l): [string, number[]][] => [[`layers.${l}.weight`, [out, sizes[l]]], [`layers.${l}.bias`, [out]]]),
    data: () => {
      const next = draw(1)
      return [
        { values: Float32Array.from({ length: batch * sizes[0] }, next), shape: [batch, sizes[0]] },
        oneHot(Array.from({ length: batch }, () => Math.floor(next() * classes)), [batch], classes),
      ]
    },
    loss: (parameters, [x, targets]) => {
      let value = x
      for (let l = 0; l < depth; l++) {
        value = np.dot(value, parameters[2 * l].transpose()).add(parameters[2 * l + 1])
        if (l < depth - 1) value = nn.relu(value)
      }
      return nn.logSoftmax(value).mul(targets).sum().mul(-1 / batch)
    },
  }
}

export interface TransformerShape {
  layers: number
  width: number
  heads: number
  mlp: number
  vocabulary: number
  context: number
  classes: number
  rms: boolean
  /** Answers at the last position only. */
  lastOnly: boolean
  batch: number
}

/** [positions, dHead] weights under TransformerLens' names: W_Q [heads, width, head], W_O [heads, head, width]. */
export function transformerModel(shape: TransformerShape): BenchModel {
  const { layers, width: d, heads: h, mlp, vocabulary, context: t, classes, batch } = shape
  const head = d / h
  const parameters: [string, number[]][] = [['W_E', [vocabulary, d]], ['W_pos', [t, d]], ['W_U', [d, classes]]]
  for (let l = 0; l < layers; l++) {
    for (const name of ['W_Q', 'W_K', 'W_V']) parameters.push([`blocks.${l}.${name}`, [h, d, head]])
    parameters.push([`blocks.${l}.W_O`, [h, head, d]])
    if (mlp > 0) parameters.push([`blocks.${l}.W_in`, [d, mlp]], [`blocks.${l}.b_in`, [mlp]], [`blocks.${l}.W_out`, [mlp, d]], [`blocks.${l}.b_out`, [d]])
  }
  return {
    parameters,
    data: () => transformerData(shape),
    loss: (values, [tokens, targets]) => {
      const named = new Map(parameters.map(([name], i) => [name, values[i]]))
      const logits = transformer(shape, name => named.get(name)!, tokens)
      return nn.logSoftmax(logits).mul(targets).sum().mul(-1 / (shape.lastOnly ? batch : batch * t))
    },
  }
}

function transformer({ layers, width, heads, mlp, context: t, rms, lastOnly }: TransformerShape, take: (name: string) => NdArray, tokens: NdArray): NdArray {
  const scale = (width / heads) ** -0.5
  const norm = (x: NdArray): NdArray => rms ? x.ref.mul(np.reciprocal(np.sqrt(np.square(x).mean(-1, { keepdims: true }).add(1e-5)))) : x
  let residual = take('W_E').slice(tokens.astype(np.int32)).add(take('W_pos'))
  for (let l = 0; l < layers; l++) {
    const x = norm(residual.ref)
    const project = (name: string, kept: boolean): NdArray => np.einsum('btd,hde->bhte', kept ? x.ref : x, take(`blocks.${l}.${name}`))
    const q = project('W_Q', true)
    const k = project('W_K', true)
    const v = project('W_V', false)
    const scores = np.einsum('bhqe,bhke->bhqk', q, k).mul(scale)
    const pattern = nn.softmax(np.where(np.tril(np.ones([t, t])).greater(0), scores, -1e9), -1)
    residual = residual.add(np.einsum('bhqe,hed->bqd', np.einsum('bhqk,bhke->bhqe', pattern, v), take(`blocks.${l}.W_O`)))
    if (mlp > 0) {
      const hidden = nn.relu(np.dot(norm(residual.ref), take(`blocks.${l}.W_in`)).add(take(`blocks.${l}.b_in`)))
      residual = residual.add(np.dot(hidden, take(`blocks.${l}.W_out`)).add(take(`blocks.${l}.b_out`)))
    }
  }
  const last = norm(lastOnly ? residual.slice([], t - 1) : residual)
  return np.dot(last, take('W_U'))
}

function transformerData({ batch, context, vocabulary, classes, lastOnly }: TransformerShape): { values: Float32Array<ArrayBuffer>, shape: number[] }[] {
  const next = draw(2)
  const answers = lastOnly ? [batch] : [batch, context]
  return [
    { values: Float32Array.from({ length: batch * context }, () => Math.floor(next() * vocabulary)), shape: [batch, context] },
    oneHot(Array.from({ length: answers.reduce((a, b) => a * b) }, () => Math.floor(next() * classes)), answers, classes),
  ]
}

function oneHot(targets: number[], shape: number[], classes: number): { values: Float32Array<ArrayBuffer>, shape: number[] } {
  const values = new Float32Array(targets.length * classes)
  targets.forEach((target, i) => { values[i * classes + target] = 1 })
  return { values, shape: [...shape, classes] }
}

/** The models of recipes.md, by the names the PyTorch peers use, and a wide mlp. */
export const benchModels: Record<string, BenchModel> = {
  mnist: mlpModel([784, 256, 128, 10], 128),
  induction: transformerModel({ layers: 2, width: 64, heads: 2, mlp: 0, vocabulary: 65, context: 64, classes: 65, rms: true, lastOnly: false, batch: 32 }),
  modadd: transformerModel({ layers: 1, width: 64, heads: 4, mlp: 256, vocabulary: 60, context: 3, classes: 59, rms: false, lastOnly: true, batch: 1740 }),
  wide: mlpModel([784, 1024, 1024, 10], 128),
}
