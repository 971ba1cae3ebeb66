/** How fast an executor multiplies matrices here: what `doctor` prints. */
import type { Executor } from './executor'
import { performance } from 'node:perf_hooks'
import { np } from './jax'

const N = 512
const ROUNDS = 7
/** Products in a row, so that starting and reading back weigh little. */
const PRODUCTS = 4
/** A slow device is known after fewer rounds. */
const ENOUGH_MS = 1000

/**
 * GFLOP/s of a 512 × 512 float32 product, median of several after a warm-up. One element is read back each time: a GPU
 * says it is done when the work has only been handed to it.
 */
export async function matrixProductSpeed(executor: Executor): Promise<number> {
  const a = executor.upload(new Float32Array(N * N).fill(1 / N), [N, N])
  const program = executor.compile(([x]) => {
    let product = x.ref
    for (let i = 0; i < PRODUCTS; i++) product = np.dot(product, x.ref)
    x.dispose()
    return [product.slice(0, 0)]
  })
  const seconds: number[] = []
  const began = performance.now()
  for (let round = 0; round <= ROUNDS && (round < 3 || performance.now() - began < ENOUGH_MS); round++) {
    const start = performance.now()
    const outputs = await program([a])
    await executor.download(outputs[0])
    if (round > 0) seconds.push((performance.now() - start) / 1000)
    executor.free(...outputs)
  }
  executor.free(a)
  return PRODUCTS * 2 * N ** 3 / seconds.sort((p, q) => p - q)[seconds.length >> 1] / 1e9
}
