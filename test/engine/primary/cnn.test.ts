import type { CnnArchitecture } from '../../../preload/contract/primary'
import { describe, expect, it } from 'vitest'
import { runAndRead, uploadTensor } from '../../../main/engine/executor/executor'
import { valueAndGrad } from '../../../main/engine/executor/jax'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { numbers } from '../reference'
import { cnnWeights, referenceCnn } from '../referenceCnn'

const executor = createWasmExecutor()
const variants: [string, CnnArchitecture][] = [
  ['one stage of stride 2 that leaves a rest', { kind: 'cnn', input: [1, 8, 6], conv: [{ out: 3, kernel: 3, stride: 2 }], hidden: [4], outputs: 3, activation: 'tanh' }],
  ['two stages, several channels', { kind: 'cnn', input: [2, 9, 9], conv: [{ out: 3, kernel: 3, stride: 2 }, { out: 2, kernel: 2, stride: 1 }], hidden: [], outputs: 3, activation: 'relu' }],
  ['a stride beyond the kernel', { kind: 'cnn', input: [1, 7, 7], conv: [{ out: 2, kernel: 2, stride: 3 }], hidden: [3], outputs: 2, activation: 'tanh' }],
]

describe.each(variants)('%s', (_name, architecture) => {
  const model = modelOf(architecture)
  const weights = cnnWeights(model.parameters)
  const size = architecture.input.reduce((a, b) => a * b)
  const pictures = numbers(2 * size, 9)
  const upload = () => [...model.parameters.map(([name]) => uploadTensor(executor, weights[name])), executor.upload(pictures, [2, ...model.inputs])]
  const reference = (item: number, changed = weights): Record<string, number[]> => referenceCnn(architecture, changed, pictures.subarray(item * size, (item + 1) * size))

  it('equals plain loops at every hook, also begun in the middle', async () => {
    const values = upload()
    const hooks = model.hooks.filter(hook => !hook.name.endsWith('.pre'))
    const seen = await runAndRead(executor, executor.compile(all => model.forward(all.slice(0, -1), all.at(-1)!, { observe: hooks.map(h => h.name) }).observed), values)
    for (const item of [0, 1]) hooks.forEach(({ name, width }, h) => close(seen[h].subarray(item * width, (item + 1) * width), reference(item)[name], name))
    for (const cut of model.cuts.slice(0, -1)) {
      const hook = hooks.find(h => h.name === cut)!
      const value = executor.upload(Float32Array.from([0, 1].flatMap(item => reference(item)[cut])), [2, ...hook.shape])
      const [outputs] = await runAndRead(executor, executor.compile(all => [model.forward(all.slice(0, -2), all.at(-2)!, { from: { hook: cut, value: all.at(-1)! } }).outputs]), [...values, value])
      close(outputs, [0, 1].flatMap(item => Object.values(reference(item)).at(-1)!), `from ${cut}`)
      executor.free(value)
    }
    executor.free(...values)
    expect(executor.alive()).toBe(0)
  })

  it('has the gradient finite differences give', async () => {
    const values = upload()
    const program = executor.compile((all) => {
      const [loss, gradients] = valueAndGrad((parameters: typeof all, x: typeof all[0]) => {
        const { outputs } = model.forward(parameters, x)
        return outputs.ref.mul(outputs).sum().mul(0.5)
      })(all.slice(0, -1), all.at(-1)!)
      return [loss, ...gradients]
    })
    const [, ...gradients] = await runAndRead(executor, program, values)
    executor.free(...values)
    const loss = (changed: typeof weights): number => [0, 1].reduce((sum, item) => sum + Object.values(reference(item, changed)).at(-1)!.reduce((a, v) => a + v * v / 2, 0), 0)
    model.parameters.forEach(([name], p) => gradients[p].forEach((gradient, i) => {
      const shifted = (h: number): number => {
        const data = Float64Array.from(weights[name].data)
        data[i] += h
        return loss({ ...weights, [name]: { ...weights[name], data: data as unknown as Float32Array } })
      }
      const numeric = (shifted(1e-5) - shifted(-1e-5)) / 2e-5
      expect(Math.abs(gradient - numeric), `${name}[${i}]: ${gradient} against ${numeric}`).toBeLessThan(1e-3 * Math.max(1, Math.abs(numeric)))
    }))
  })
})

function close(actual: Float32Array, expected: number[], what: string): void {
  expect(actual.length, what).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value), `${what}[${i}]: ${actual[i]} against ${value}`).toBeLessThan(2e-5 * (1 + Math.abs(value))))
}
