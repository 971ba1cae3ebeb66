/**
 * What every executor must compute alike: each operation that models are made of, by itself, in the layouts that broadcast,
 * transpose and reshape leave behind, and whole models with their gradients. Pure jax-js functions over named shapes.
 */
import type { PureFunction } from '../../../main/engine/executor/executor'
import type { NdArray } from '../../../main/engine/executor/jax'
import { jit, nn, np, valueAndGrad, vmap } from '../../../main/engine/executor/jax'

export interface Case {
  name: string
  shapes: number[][]
  fn: PureFunction
  /** Values of the inputs: small numbers around zero, positive ones, or whole numbers below a bound. */
  fill?: ('signed' | 'positive' | { below: number })[]
}

type One = (x: NdArray) => NdArray
type Two = (x: NdArray, y: NdArray) => NdArray

const signed: Record<string, One> = {
  neg: x => x.neg(),
  exp: x => np.exp(x),
  // Small beside 1: WGSL lets sine and cosine be wrong by 2⁻¹¹.
  sin: x => np.sin(x).mul(0.1).add(1),
  cos: x => np.cos(x).mul(0.1).add(1),
  atan: x => np.atan(x),
  tanh: x => np.tanh(x),
  sigmoid: x => nn.sigmoid(x),
  relu: x => nn.relu(x),
  gelu: x => nn.gelu(x, { approximate: false }),
  gelu_tanh: x => nn.gelu(x, { approximate: true }),
  square: x => np.square(x),
  absolute: x => np.abs(x),
  sign: x => np.sign(x),
  floor: x => np.floor(x.mul(3)),
  ceil: x => np.ceil(x.mul(3)),
  softmax: x => nn.softmax(x, -1),
  log_softmax: x => nn.logSoftmax(x, 0),
  sum: x => x.sum(),
  sum_rows: x => x.sum(0),
  mean_kept: x => x.mean(1, { keepdims: true }),
  max: x => x.max(1),
  min: x => x.min(0),
  prod: x => x.prod(1),
  argmax: x => np.argmax(x, -1).astype(np.float32),
  argmin: x => np.argmin(x, 0).astype(np.float32),
  any: x => x.greater(0.5).any(1).astype(np.float32),
  cast: x => x.mul(5).astype(np.int32).astype(np.float32),
  modulo: x => x.mul(7).mod(3),
  transpose: x => x.transpose(),
  reshape: x => x.reshape([6, 4]),
  reshape_of_transpose: x => x.transpose().reshape([3, 8]),
  flip: x => np.flip(x, 0),
  slice: x => x.slice([1, 3], [2]),
  item: x => x.slice([], 2),
  pad: x => np.pad(x, [[1, 0], [2, 3]]),
  tile: x => np.tile(x, [2, 3]),
  concatenate: x => np.concatenate([x.ref, x.mul(2)], 1),
  stack: x => np.stack([x.ref, x.transpose().reshape([4, 6])]),
  cumsum: x => np.cumsum(x, 1),
  lower_triangle: x => np.tril(x),
  broadcast_sum: x => np.broadcastTo(x.reshape([4, 6, 1]), [4, 6, 5]).sum([0, 2]),
  sort: x => np.sort(x, 1),
  argsort: x => np.argsort(x, 0).astype(np.float32),
}

const positive: Record<string, One> = {
  log: x => np.log(x),
  sqrt: x => np.sqrt(x),
  reciprocal: x => np.reciprocal(x),
  power: x => np.power(x, 2.5),
  asin: x => np.arcsin(x.mul(0.3)),
}

const pairs: Record<string, [Two, number[], number[]]> = {
  'add': [(x, y) => x.add(y), [4, 6], [4, 6]],
  'add a row': [(x, y) => x.add(y), [4, 6], [6]],
  'add a column': [(x, y) => x.add(y), [4, 6], [4, 1]],
  'add a transpose': [(x, y) => x.add(y.transpose()), [4, 6], [6, 4]],
  'column times row': [(x, y) => x.mul(y), [4, 1], [1, 6]],
  'column times row, turned': [(x, y) => x.mul(y).transpose().reshape([2, 12]), [4, 1], [1, 6]],
  'reshapes that do not factor': [(x, y) => x.reshape([4, 9]).add(y.transpose().reshape([4, 9])), [6, 6], [6, 6]],
  'sub': [(x, y) => x.sub(y), [2, 3, 4], [3, 1]],
  'div': [(x, y) => x.div(y.ref.mul(y).add(1)), [4, 6], [4, 6]],
  'maximum': [(x, y) => np.maximum(x, y), [4, 6], [6]],
  'minimum': [(x, y) => np.minimum(x, y), [4, 6], [6]],
  'where': [(x, y) => np.where(x.ref.less(y.ref), x, y), [4, 6], [6]],
  'where, a broadcast condition': [(x, y) => np.where(y.greater(0), x, -1), [4, 6], [4, 1]],
  'comparisons': [(x, y) => np.where(x.ref.lessEqual(y.ref), 1, 0).add(np.where(x.ref.notEqual(y.ref), 2, 0)).add(np.where(x.equal(y), 4, 0)), [4, 6], [4, 6]],
  'matrix product': [(x, y) => np.dot(x, y), [5, 7], [7, 3]],
  'matrix product, both turned': [(x, y) => np.dot(x.transpose(), y.transpose()), [7, 5], [3, 7]],
  'matrix times vector': [(x, y) => np.dot(x, y), [5, 7], [7]],
  'inner product': [(x, y) => np.dot(x, y), [7], [7]],
  'batched product': [(x, y) => np.matmul(x, y), [3, 5, 7], [3, 7, 2]],
  'batched product, one matrix': [(x, y) => np.matmul(x, y), [3, 5, 7], [7, 2]],
  'heads': [(x, y) => np.einsum('btd,hde->bhte', x, y), [2, 5, 6], [3, 6, 4]],
  'scores': [(x, y) => np.einsum('bqhe,bkhe->bhqk', x, y), [2, 5, 3, 4], [2, 7, 3, 4]],
  'attended': [(x, y) => np.einsum('bhqk,bkhe->bqhe', x, y), [2, 3, 5, 7], [2, 7, 3, 4]],
  'projected': [(x, y) => np.einsum('bqhe,hed->bqd', x, y), [2, 5, 3, 4], [3, 4, 6]],
  'outer': [(x, y) => np.einsum('i,j->ij', x, y), [5], [7]],
  'contracted over two': [(x, y) => np.tensordot(x, y, 2), [3, 4, 5], [4, 5, 2]],
  'contracted with a broadcast': [(x, y) => np.dot(np.broadcastTo(x, [5, 7]), y), [5, 1], [7, 3]],
  'vmapped product': [(x, y) => vmap((row: NdArray) => np.dot(row, y.ref))(x), [4, 6], [6, 3]],
  'windows': [(x, y) => nn.relu(np.dot(x.reshape([2, 6, 6]), y)), [2, 36], [6, 3]],
}

/** The value itself, and the gradient of its squares' sum. Not of sines: WGSL lets those be wrong by 2⁻¹¹. */
function withGradient(fn: Two): PureFunction {
  return ([x, y]) => {
    const value = fn(x.ref, y.ref)
    const [loss, gradients] = valueAndGrad(([a, b]: NdArray[]) => np.square(fn(a, b)).sum())([x, y])
    return [value, loss, ...gradients]
  }
}

export const cases: Case[] = [
  ...Object.entries(signed).map(([name, fn]): Case => ({ name, shapes: [[4, 6]], fn: ([x]) => [fn(x)] })),
  ...Object.entries(positive).map(([name, fn]): Case => ({ name, shapes: [[4, 6]], fill: ['positive'], fn: ([x]) => [fn(x)] })),
  ...Object.entries(pairs).map(([name, [fn, a, b]]): Case => ({ name: `${name}, with gradient`, shapes: [a, b], fn: withGradient(fn) })),
  {
    name: 'rows looked up, with gradient',
    shapes: [[7, 4], [2, 5]],
    fill: ['signed', { below: 7 }],
    fn: ([table, tokens]) => {
      const [loss, gradient] = valueAndGrad((w: NdArray, i: NdArray) => np.square(w.slice(i.astype(np.int32))).sum())(table, tokens)
      return [loss, gradient]
    },
  },
  {
    name: 'columns looked up',
    shapes: [[7, 4], [3]],
    fill: ['signed', { below: 4 }],
    fn: ([table, index]) => [table.slice([], index.astype(np.int32))],
  },
  {
    name: 'looked up by two indices, with gradient',
    shapes: [[3, 7, 4], [5], [5]],
    fill: ['signed', { below: 3 }, { below: 7 }],
    fn: ([table, i, j]) => {
      const [loss, gradient] = valueAndGrad((w: NdArray, a: NdArray, b: NdArray) => np.square(w.slice(a.astype(np.int32), b.astype(np.int32))).sum())(table, i, j)
      return [loss, gradient]
    },
  },
  { name: 'one-hot', shapes: [[5]], fill: [{ below: 4 }], fn: ([x]) => [nn.oneHot(x.astype(np.int32), 4)] },
  {
    name: 'constants made inside',
    shapes: [[4, 4]],
    fn: ([x]) => [x.add(np.eye(4)).mul(np.arange(4).astype(np.float32)), np.ones([2, 3])],
  },
  { name: 'an input passed on, twice, and a jit within', shapes: [[4, 6]], fn: ([x]) => [x.ref, x.ref.transpose(), x.ref, jit((y: NdArray) => y.mul(2))(x)] },
]
