import type { TransformerArchitecture } from '../../../preload/contract/primary'
import { describe, expect, it } from 'vitest'
import { runAndRead, uploadTensor } from '../../../main/engine/executor/executor'
import { valueAndGrad } from '../../../main/engine/executor/jax'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { referenceTransformer, transformerWeights } from '../referenceTransformer'

const executor = createWasmExecutor()
const base: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 6, heads: 2, dHead: 3, dMlp: 5, vocab: 7, context: 6, attention: 'causal', norm: 'layer', activation: 'gelu', outputs: 'tokens' }
const items = [[1, 5, 0, 6, 2], [3, 3, 4, 1, 0]]
const T = 5

const variants: [string, TransformerArchitecture, boolean][] = [
  ['layer norms, mlp, all biases', base, true],
  ['rms without gain, attention only', { ...base, norm: 'rms', dMlp: 0 }, false],
  ['rms with gain, relu', { ...base, norm: 'rms', activation: 'relu' }, true],
  ['no norm, classes at the last position', { ...base, norm: 'none', activation: 'tanh', outputs: { classes: 4, position: 'last' } }, false],
  ['every bias, classes at the last position', { ...base, norm: 'rms', attention: 'bidirectional', outputs: { classes: 4, position: 'last' } }, true],
  ['bidirectional, heads wider than the stream', { ...base, attention: 'bidirectional', dHead: 4, heads: 3 }, true],
]

describe.each(variants)('%s', (_name, architecture, optional) => {
  const weights = transformerWeights(architecture, optional)
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: T })
  const tokens = Float32Array.from(items.flat())

  it('equals plain loops at every hook', async () => {
    const values = [...model.parameters.map(([name]) => uploadTensor(executor, weights[name])), executor.upload(tokens, [2, T])]
    const observe = [...model.hooks.map(hook => hook.name), ...model.patterns]
    const [logits, ...seen] = await runAndRead(executor, executor.compile((all) => {
      const { outputs, observed } = model.forward(all.slice(0, -1), all.at(-1)!, { observe })
      return [outputs, ...observed]
    }), values)
    executor.free(...values)
    expect(executor.alive()).toBe(0)
    items.forEach((item, i) => {
      const run = referenceTransformer(architecture, weights, item)
      close(logits, run.logits.flat(), i, 'logits')
      model.hooks.forEach(({ name, positions, width }, h) => {
        expect([run.hooks[name].length, run.hooks[name][0].length]).toEqual([positions, width])
        close(seen[h], run.hooks[name].flat(), i, name)
      })
      run.patterns.forEach((pattern, l) => close(seen[model.hooks.length + l], pattern.flat(2), i, 'pattern'))
    })
  })

  it('gives the same when nobody looks on', async () => {
    const values = [...model.parameters.map(([name]) => uploadTensor(executor, weights[name])), executor.upload(tokens, [2, T])]
    const [logits] = await runAndRead(executor, executor.compile(all => [model.forward(all.slice(0, -1), all.at(-1)!).outputs]), values)
    executor.free(...values)
    items.forEach((item, i) => close(logits, referenceTransformer(architecture, weights, item).logits.flat(), i, 'logits'))
  })

  it('begins in the middle', async () => {
    const values = [...model.parameters.map(([name]) => uploadTensor(executor, weights[name])), executor.upload(tokens, [2, T])]
    const streams = Float32Array.from(items.flatMap(item => referenceTransformer(architecture, weights, item).hooks['blocks.1.resid_pre'].flat()))
    const stream = executor.upload(streams, [2, T, architecture.dModel])
    const [logits] = await runAndRead(executor, executor.compile(all => [model.forward(all.slice(0, -2), all.at(-2)!, { from: { hook: 'blocks.1.resid_pre', value: all.at(-1)! } }).outputs]), [...values, stream])
    items.forEach((item, i) => close(logits, referenceTransformer(architecture, weights, item).logits.flat(), i, 'logits'))
    executor.free(...values, stream)
  })

  it('has the gradient finite differences give', async () => {
    const shapes = model.parameters
    const values = [...shapes.map(([name]) => uploadTensor(executor, weights[name])), executor.upload(tokens, [2, T])]
    // Any smooth scalar of the outputs will do.
    const program = executor.compile((all) => {
      const [loss, gradients] = valueAndGrad((parameters: typeof all, x: typeof all[0]) => {
        const { outputs } = model.forward(parameters, x)
        return outputs.ref.mul(outputs).sum().mul(0.5)
      })(all.slice(0, -1), all.at(-1)!)
      return [loss, ...gradients]
    })
    const [, ...gradients] = await runAndRead(executor, program, values)
    executor.free(...values)
    const loss = (changed: typeof weights): number => items.reduce((sum, item) => sum + referenceTransformer(architecture, changed, item).logits.flat().reduce((a, v) => a + v * v / 2, 0), 0)
    shapes.forEach(([name], p) => {
      // A few entries of each tensor: loops in doubles are slow.
      for (const i of [0, Math.floor(gradients[p].length / 2), gradients[p].length - 1]) {
        const shifted = (h: number): number => {
          const data = Float64Array.from(weights[name].data)
          data[i] += h
          return loss({ ...weights, [name]: { ...weights[name], data: data as unknown as Float32Array } })
        }
        const numeric = (shifted(1e-5) - shifted(-1e-5)) / 2e-5
        expect(Math.abs(gradients[p][i] - numeric), `${name}[${i}]: ${gradients[p][i]} against ${numeric}`).toBeLessThan(1e-3 * Math.max(1, Math.abs(numeric)))
      }
    })
  })
})

function close(actual: Float32Array, expected: number[], item: number, what: string): void {
  expect(actual.length, what).toBe(expected.length * items.length)
  expected.forEach((value, j) => {
    const got = actual[item * expected.length + j]
    expect(Math.abs(got - value), `${what}[${item}, ${j}]: ${got} against ${value}`).toBeLessThan(2e-5 * (1 + Math.abs(value)))
  })
}
