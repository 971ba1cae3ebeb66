import type { Case } from './programs'
import * as cpu from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { runAndRead } from '../../../main/engine/executor/executor'
import { createExecutor } from '../../../main/engine/executor/tensorflow/executor'
import { coreKernels } from '../../../main/engine/executor/tensorflow/kernels'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { cases } from './programs'

const wasm = createWasmExecutor()
void cpu
await tf.setBackend('cpu')
const lowered = createExecutor(coreKernels(tf as never), { device: 'cpu', threads: 1, versions: {} })

function inputs({ shapes, fill = [] }: Case) {
  return shapes.map((shape, n) => {
    const kind = fill[n] ?? 'signed'
    const size = shape.reduce((a, b) => a * b, 1)
    return Float32Array.from({ length: size }, (_, i) => {
      const x = ((i * 7919 + n * 104729 + 31) % 997) / 997
      return typeof kind === 'object' ? Math.floor(x * kind.below) : kind === 'positive' ? 0.2 + x : 2 * x - 1
    })
  })
}

describe('ops', () => {
  it.each(cases.map((c): [string, Case] => [c.name, c]))('%s', async (_, c) => {
    const data = inputs(c)
    const results = []
    for (const executor of [wasm, lowered]) {
      const before = tf.memory().numTensors
      const ids = tf.backend().numDataIds()
      const values = data.map((d, i) => executor.upload(d, c.shapes[i]))
      const program = executor.compile(c.fn)
      const outputs = await program(values)
      results.push(outputs.map(({ shape }) => shape))
      executor.free(...outputs)
      results.push(await runAndRead(executor, program, values))
      executor.free(...values)
    }
    expect(results[2]).toEqual(results[0])
    results[1].forEach((expected, k) => expected.forEach((value, i) => {
      expect(Math.abs(results[3][k][i] - value), `output ${k} [${i}] ${value} ${results[3][k][i]}`).toBeLessThanOrEqual(1e-4 * Math.abs(value) + 1e-5)
    }))
  })
})
