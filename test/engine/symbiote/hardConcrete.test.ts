import { expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { hardConcrete, settledGate } from '../../../main/engine/symbiote/hardConcrete'
import { randomStream } from '../../../main/lib/random'

const executor = createWasmExecutor()

async function run(fn: typeof hardConcrete.expected, values: Float32Array<ArrayBuffer>): Promise<Float32Array> {
  const input = executor.upload(values, [values.length])
  const [output] = await executor.compile(([x]) => [fn(x)])([input])
  const read = Float32Array.from(await executor.download(output))
  executor.free(input, output)
  return read
}

/** Draws as in Louizos et al. 2018, eq. 10 to 12, in doubles. */
function draw(logAlpha: number, u: number): number {
  const s = 1 / (1 + Math.exp(-(Math.log(u) - Math.log(1 - u) + logAlpha) / (2 / 3)))
  return Math.min(1, Math.max(0, s * 1.2 - 0.1))
}

it('samples as the paper has it', async () => {
  const noise = [-3, -0.4, 0, 0.7, 4]
  const logs = Float32Array.of(-2, -1, 0, 0.5, 3)
  const input = [logs, Float32Array.from(noise)].map(values => executor.upload(values, [5]))
  const [output] = await executor.compile(([a, b]) => [hardConcrete.sample(a, b)])(input)
  const found = await executor.download(output)
  noise.forEach((l, i) => expect(found[i]).toBeCloseTo(draw(logs[i], 1 / (1 + Math.exp(-l))), 5))
  executor.free(output, ...input)
})

it('expects as many open gates as are drawn', async () => {
  const { uniform } = randomStream(1, 'draws')
  const logs = [-3, -1, 0, 1.5]
  const expected = await run(hardConcrete.expected, Float32Array.from(logs))
  logs.forEach((log, i) => {
    let open = 0
    for (let n = 0; n < 40_000; n++) open += draw(log, uniform()) > 0 ? 1 : 0
    expect(open / 40_000).toBeCloseTo(expected[i], 1.9)
  })
})

it('settles shut and open', () => {
  expect(settledGate(-10)).toBe(0)
  expect(settledGate(10)).toBe(1)
  expect(settledGate(0)).toBeCloseTo(0.5, 10)
})
