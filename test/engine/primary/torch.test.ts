/** Outputs and loss beside PyTorch's, where Python has it. Elsewhere the plain loops of the other tests stand alone. */
import type { Architecture } from '../../../preload/contract/primary'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runAndRead, uploadTensor } from '../../../main/engine/executor/executor'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { weighedTargets } from '../../../main/engine/task/items'
import { modelLoss } from '../../../main/engine/task/loss'
import { transformerTensors } from '../../../preload/contract/primary'
import { numbers } from '../reference'

const ITEMS = 6
const hasTorch = spawnSync('python3', ['-c', 'import torch'], { stdio: 'ignore' }).status === 0
const executor = createWasmExecutor()

const cases: [string, Architecture, optional: boolean][] = [
  ['mlp', { kind: 'mlp', inputs: 30, hidden: [17, 9], outputs: 5, activation: 'gelu' }, false],
  ['cnn', { kind: 'cnn', input: [2, 14, 13], conv: [{ out: 5, kernel: 5, stride: 2 }, { out: 4, kernel: 2, stride: 1 }], hidden: [11], outputs: 6, activation: 'relu' }, false],
  ['induction', { kind: 'transformer', layers: 2, dModel: 32, heads: 2, dHead: 16, dMlp: 0, vocab: 33, context: 24, attention: 'causal', norm: 'rms', activation: 'relu', outputs: 'tokens' }, false],
  ['modadd', { kind: 'transformer', layers: 1, dModel: 24, heads: 4, dHead: 6, dMlp: 50, vocab: 12, context: 3, attention: 'causal', norm: 'none', activation: 'relu', outputs: { classes: 11, position: 'last' } }, false],
  ['a GPT with every bias', { kind: 'transformer', layers: 3, dModel: 20, heads: 4, dHead: 5, dMlp: 40, vocab: 29, context: 16, attention: 'causal', norm: 'layer', activation: 'gelu', outputs: 'tokens' }, true],
  ['a bidirectional classifier', { kind: 'transformer', layers: 2, dModel: 20, heads: 2, dHead: 12, dMlp: 30, vocab: 9, context: 10, attention: 'bidirectional', norm: 'rms', activation: 'tanh', outputs: { classes: 4, position: 'last' } }, true],
]

describe.skipIf(!hasTorch)('beside PyTorch', () => {
  it.each(cases)('%s: logits and loss to 1e-5', async (_, architecture, optional) => {
    const positions = architecture.kind === 'transformer' ? architecture.context - (architecture.context > 3 ? 2 : 0) : undefined
    const tensors = architecture.kind === 'transformer' ? transformerTensors(architecture).filter(tensor => optional || !tensor.optional).map(({ name }) => name) : undefined
    const model = modelOf(architecture, { ...(tensors ? { tensors } : {}), ...(positions ? { positions } : {}) })
    const weights = Object.fromEntries(model.parameters.map(([name, shape], i) => {
      const data = numbers(shape.reduce((a, b) => a * b, 1), i + 1)
      return [name, { shape, data: name.endsWith('.w') ? data.map(v => 1 + 0.2 * v) : data.map(v => v * shape[shape.length - 1] ** -0.5) }]
    }))
    const size = model.inputs.reduce((a, b) => a * b)
    const inputs = architecture.kind === 'transformer'
      ? Int32Array.from(numbers(ITEMS * size, 40), v => Math.floor(Math.abs(v) * architecture.vocab * 0.999))
      : numbers(ITEMS * size, 40)
    const answers = ITEMS * model.outputs.positions
    const targets = Int32Array.from(numbers(answers, 50), v => Math.floor(Math.abs(v) * model.outputs.classes * 0.999))
    const mask = model.outputs.positions > 1 ? Float32Array.from({ length: answers }, (_, i) => i % 3 === 0 ? 0 : 1) : undefined

    const items = { inputs: { shape: [ITEMS, ...model.inputs], data: inputs }, scale: 1, targets, ...(mask ? { mask } : {}) }
    const { hot, count } = weighedTargets(items, Array.from({ length: ITEMS }, (_, i) => i), model.outputs.classes)
    const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
    const x = executor.upload(Float32Array.from(inputs), [ITEMS, ...model.inputs])
    const data = [x, executor.upload(hot, [answers, model.outputs.classes]), executor.upload(Float32Array.of(-1 / count), [1])]
    const [logits] = await runAndRead(executor, executor.compile(all => [model.forward(all.slice(0, -1), all.at(-1)!).outputs]), [...parameters, x])
    const [[loss]] = await runAndRead(executor, executor.compile(all => [modelLoss(model)(all.slice(0, -3), all.at(-3)!, all.at(-2)!, all.at(-1)!)]), [...parameters, ...data])
    executor.free(...parameters, ...data)

    const plain = (tensor: { shape: readonly number[], data: ArrayLike<number> }): object => ({ shape: tensor.shape, data: Array.from(tensor.data) })
    const { stdout, stderr } = spawnSync('python3', [join(import.meta.dirname, '../../fixtures/primaries.py')], {
      input: JSON.stringify({ architecture, weights: Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, plain(tensor)])), inputs: plain(items.inputs), targets: [...targets], mask: mask ? [...mask] : null }),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    const theirs = JSON.parse(stdout || `"${stderr}"`) as { logits: number[], loss: number }
    expect(theirs.logits).toHaveLength(logits.length)
    const scale = Math.max(...theirs.logits.map(Math.abs))
    theirs.logits.forEach((value, i) => expect(Math.abs(logits[i] - value) / scale, `logit ${i}: ${logits[i]} against ${value}`).toBeLessThan(1e-5))
    expect(Math.abs(loss / theirs.loss - 1)).toBeLessThan(1e-5)
  })
})
