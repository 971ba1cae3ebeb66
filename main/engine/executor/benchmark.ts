/** How fast an executor multiplies matrices here: what `doctor` prints. */
import type { Executor } from './executor'
import { performance } from 'node:perf_hooks'
import { np } from './jax'

const N = 512
const ROUNDS = 9

/** GFLOP/s of a 512 × 512 float32 product, median of several after a warm-up. */
export async function matrixProductSpeed(executor: Executor): Promise<number> {
  const a = executor.upload(new Float32Array(N * N).fill(0.5), [N, N])
  const program = executor.compile(([x, y]) => [np.dot(x, y)])
  const seconds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now()
    const outputs = await program([a, a])
    if (round > 0) seconds.push((performance.now() - start) / 1000)
    executor.free(...outputs)
  }
  executor.free(a)
  return 2 * N ** 3 / seconds.sort((p, q) => p - q)[ROUNDS >> 1] / 1e9
}
