import type { MlpArchitecture } from '../../../preload/contract/primary'
import { expect, it } from 'vitest'
import { runAndRead, uploadTensor } from '../../../main/engine/executor/executor'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { numbers, referenceForward, smallWeights } from '../reference'

const executor = createWasmExecutor()

it('an mlp is observed, changed and begun in the middle like plain loops', async () => {
  const architecture: MlpArchitecture = { kind: 'mlp', inputs: 4, hidden: [6, 5], outputs: 3, activation: 'tanh' }
  const model = modelOf(architecture)
  const weights = smallWeights(architecture)
  const inputs = numbers(8, 3)
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const x = executor.upload(inputs, [2, 4])
  const scale = executor.upload(Float32Array.of(1, 0.5, 1, 1, 1, 1), [6])
  const offset = executor.upload(Float32Array.from({ length: 12 }, (_, i) => i === 1 ? 2 : 0), [2, 6])
  const whole = executor.compile((all) => {
    const [s, o] = all.slice(-2)
    const { outputs, observed } = model.forward(all.slice(0, -3), all.at(-3)!, { changes: { 'layers.0': [{ kind: 'affine', scale: s, offset: o }] }, observe: ['layers.1', 'layers.0'] })
    return [outputs, ...observed]
  })
  const [outputs, second, first] = await runAndRead(executor, whole, [...parameters, x, scale, offset])
  for (const item of [0, 1]) {
    const expected = referenceForward(architecture, weights, inputs.subarray(4 * item, 4 * item + 4), (l, u, a) => l === 0 && u === 1 ? 0.5 * a + (item === 0 ? 2 : 0) : a)
    ;[first, second, outputs].forEach((layer, l) => expected[l].forEach((value, u) => expect(layer[item * expected[l].length + u]).toBeCloseTo(value, 5)))
  }
  const rest = executor.compile(all => [model.forward(all.slice(0, -2), all.at(-2)!, { from: { hook: 'layers.0', value: all.at(-1)! } }).outputs])
  const middle = executor.upload(Float32Array.from(first), [2, 6])
  const [again] = await runAndRead(executor, rest, [...parameters, x, middle])
  again.forEach((value, i) => expect(value).toBeCloseTo(outputs[i], 6))
  executor.free(...parameters, x, scale, offset, middle)
  expect(executor.alive()).toBe(0)
})
