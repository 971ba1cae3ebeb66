import { expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { trainSuperposition } from '../../../main/engine/task/superposition'
import { represented, sharing } from '../../../main/theatre/circuits/superposition'

it('counts directions longer than √½, and how many features a unit serves', () => {
  // Three features in two dimensions: along a unit, short, and between both units.
  const weights = { shape: [1, 2, 3], data: Float32Array.of(1, 0.3, 0.8, 0, 0.3, -0.8) }
  expect(represented(weights, 0)).toBe(2)
  expect(sharing(weights, 0)).toBe(1.5)
})

it('dense features get a dimension each, and nothing leaks', async () => {
  const executor = createWasmExecutor()
  const result = await trainSuperposition(executor, { features: 5, dimensions: 2, sparsities: [0], steps: 5000, batch: 64, seed: 1 }, async () => {})
  expect(represented(result.weights, 0)).toBe(2)
  expect(executor.alive()).toBe(0)
})
