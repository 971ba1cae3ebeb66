/** That the lowering is lean: what must cost nothing costs nothing. That it is right is in agreement.test.ts. */
import type { PureFunction } from '../../../main/engine/executor/executor'
import type { NdArray } from '../../../main/engine/executor/jax'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { nn, np, valueAndGrad } from '../../../main/engine/executor/jax'
import { createExecutor } from '../../../main/engine/executor/tensorflow/executor'
import { coreKernels } from '../../../main/engine/executor/tensorflow/kernels'
import { commonSizes, plainView, reshaped, shapeOf, transposed } from '../../../main/engine/executor/tensorflow/view'
import { benchModels, lossAndGradient, mlpModel, trainingStep } from '../../bench/executorModels'
import '@tensorflow/tfjs-backend-cpu'

await tf.setBackend('cpu')
const executor = createExecutor(coreKernels(tf as never), { device: '', threads: 1, versions: {} })

/** Kernel calls of one run, by kernel. */
function kernels(fn: PureFunction, ...shapes: number[][]): Record<string, number> {
  const program = executor.prepare(fn, shapes)
  const { counts } = program
  program.dispose()
  return counts
}

it('transposes end in the flags of the matrix product', () => {
  expect(kernels(([x, y]) => [np.dot(x.transpose(), y.transpose())], [7, 5], [3, 7])).toEqual({ BatchMatMul: 1 })
})

it('broadcasts, transposes and reshapes that factor cost nothing by themselves', () => {
  const fn: PureFunction = ([x]) => [np.broadcastTo(x.reshape([4, 6, 1]), [4, 6, 5]).transpose([2, 0, 1]).reshape([5, 2, 12]).max([0])]
  expect(kernels(fn, [4, 6])).toEqual({ Reshape: 1 })
})

it('a bias added and its gradient summed take one kernel each', () => {
  expect(kernels(([x, b]) => [x.add(b)], [8, 6], [6])).toEqual({ Add: 1 })
})

it('an mlp and its gradients move nothing', () => {
  const model = mlpModel([6, 8, 5, 4], 16)
  const counts = kernels(lossAndGradient(model), ...model.parameters.map(([, shape]) => shape), ...model.data().map(({ shape }) => shape))
  expect(counts.BatchMatMul).toBe(3 + 5)
  expect(counts).not.toHaveProperty('Transpose')
  expect(counts).not.toHaveProperty('Tile')
  // One is left, of a column.
  expect(counts.Neg ?? 0).toBeLessThanOrEqual(1)
  expect(counts).not.toHaveProperty('Reciprocal')
})

it('what does not depend on the inputs is computed once', () => {
  const masked: PureFunction = ([x]) => [np.where(np.tril(np.ones([4, 4])).greater(0), x, -1e9)]
  expect(kernels(masked, [2, 4, 4])).toEqual({ Select: 1 })
})

it('an induction step takes fewer than 420 kernels, few of them moves', () => {
  const { induction: model } = benchModels
  const parameters = model.parameters.map(([, shape]) => shape)
  const counts = kernels(trainingStep(model), ...parameters, ...parameters, ...parameters, ...model.data().map(({ shape }) => shape))
  expect(Object.values(counts).reduce((a, b) => a + b)).toBeLessThan(420)
  expect(counts.Transpose).toBeLessThan(25)
  expect(counts).not.toHaveProperty('Tile')
})

it('a gradient does not write out what its value broadcast', () => {
  const fn: PureFunction = ([x]) => [valueAndGrad((y: NdArray) => nn.relu(y).mean())(x)[1]]
  expect(kernels(fn, [4, 6])).not.toHaveProperty('Tile')
})

it('shapes factor as products do', () => {
  expect(commonSizes([6, 4], [2, 12])).toEqual([2, 3, 4])
  expect(commonSizes([6, 4], [4, 6])).toBeUndefined()
  const view = transposed(plainView(0, [4, 6], 'float32'), [1, 0])
  expect(shapeOf(reshaped(view, [3, 2, 4])!)).toEqual([3, 2, 4])
  expect(reshaped(view, [8, 3])).toBeUndefined()
})
