import type { Activation, MlpArchitecture } from '../../../preload/contract/primary'
import { describe, expect, it } from 'vitest'
import { runAndRead, uploadTensor } from '../../../main/engine/executor/executor'
import { valueAndGrad } from '../../../main/engine/executor/jax'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { initialWeights, mlpModel, parameterShapes } from '../../../main/engine/primary/mlp'
import { modelLoss } from '../../../main/engine/task/loss'
import { numbers, referenceForward, smallWeights } from '../reference'

const executor = createWasmExecutor()
const mlp = (activation: Activation, hidden = [6, 5]): MlpArchitecture => ({ kind: 'mlp', inputs: 4, hidden, outputs: 3, activation })

/** Mean cross-entropy of the reference network, in doubles. */
function referenceLoss(architecture: MlpArchitecture, weights: ReturnType<typeof smallWeights>, inputs: Float32Array, targets: number[]): number {
  return targets.reduce((sum, target, i) => {
    const logits = referenceForward(architecture, weights, inputs.subarray(4 * i, 4 * i + 4)).at(-1)!
    return sum + Math.log(logits.reduce((s, v) => s + Math.exp(v), 0)) - logits[target]
  }, 0) / targets.length
}

describe.each<Activation>(['relu', 'gelu', 'tanh'])('mlp with %s', (activation) => {
  it.each([[[6, 5]], [[]]])('equals plain loops, hidden %j', async (hidden) => {
    const architecture = mlp(activation, hidden)
    const weights = smallWeights(architecture)
    const inputs = numbers(8, 3)
    const values = parameterShapes(architecture).map(([name]) => uploadTensor(executor, weights[name]))
    const x = executor.upload(inputs, [2, 4])
    const layers = await runAndRead(executor, executor.compile(all => mlpModel(architecture).forward(all.slice(0, -1), all.at(-1)!, { observe: [...hidden, 0].map((_, l) => `layers.${l}`) }).observed), [...values, x])
    for (const item of [0, 1]) {
      referenceForward(architecture, weights, inputs.subarray(4 * item, 4 * item + 4)).forEach((expected, l) =>
        expected.forEach((value, u) => expect(layers[l][item * expected.length + u]).toBeCloseTo(value, 5)))
    }
    executor.free(...values, x)
  })

  it('has the gradient finite differences give', async () => {
    const architecture = mlp(activation)
    const weights = smallWeights(architecture)
    const inputs = numbers(12, 5)
    const targets = [2, 0, 1]
    const hot = new Float32Array(9)
    targets.forEach((target, i) => { hot[3 * i + target] = 1 })
    const shapes = parameterShapes(architecture)
    const program = executor.compile((all) => {
      const [loss, gradients] = valueAndGrad(modelLoss(mlpModel(architecture)))(all.slice(0, -3), all.at(-3)!, all.at(-2)!, all.at(-1)!)
      return [loss, ...gradients]
    })
    const values = [...shapes.map(([name]) => uploadTensor(executor, weights[name])), executor.upload(inputs, [3, 4]), executor.upload(hot, [3, 3]), executor.upload(Float32Array.of(-1 / 3), [1])]
    const [loss, ...gradients] = await runAndRead(executor, program, values)
    expect(loss[0]).toBeCloseTo(referenceLoss(architecture, weights, inputs, targets), 5)
    shapes.forEach(([name], p) => {
      const original = weights[name]
      gradients[p].forEach((gradient, i) => {
        const shifted = (h: number): number => {
          const data = Float64Array.from(original.data)
          data[i] += h
          return referenceLoss(architecture, { ...weights, [name]: { ...original, data: data as unknown as Float32Array } }, inputs, targets)
        }
        const numeric = (shifted(1e-5) - shifted(-1e-5)) / 2e-5
        expect(Math.abs(gradient - numeric), `${name}[${i}]`).toBeLessThan(1e-3 * Math.max(0.1, Math.abs(numeric)))
      })
    })
    executor.free(...values)
  })
})

it('initialises with He variance and zero biases, from its own stream', () => {
  const architecture: MlpArchitecture = { kind: 'mlp', inputs: 300, hidden: [200], outputs: 10, activation: 'relu' }
  const weights = initialWeights(architecture, 1)
  const w = weights['layers.0.weight'].data as Float32Array
  const variance = w.reduce((sum, v) => sum + v * v, 0) / w.length
  // 60,000 draws: standard error of the variance is √(2/n) of it.
  expect(Math.abs(variance / (2 / 300) - 1)).toBeLessThan(5 * Math.sqrt(2 / w.length))
  expect(weights['layers.0.bias'].data.every(v => v === 0)).toBe(true)
  const wider = initialWeights({ ...architecture, outputs: 11 }, 1)
  expect(wider['layers.0.weight'].data).toEqual(w)
})
