/** Every operation and every kind of primary, loss and gradients, on every executor against wasm. */
import type { Case } from './programs'
import type { Outcome } from './run'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { probe } from '../../../main/engine/executor/probe'
import { createExecutor } from '../../../main/engine/executor/tensorflow/executor'
import { coreKernels } from '../../../main/engine/executor/tensorflow/kernels'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { allCases, departure, runCase } from './run'
import '@tensorflow/tfjs-backend-cpu'

const wasm = createWasmExecutor()
await tf.setBackend('cpu')
const kernels = coreKernels(tf as never)
const lowered = createExecutor(kernels, { device: 'plain JavaScript', threads: 1, versions: {} })

const byName = allCases.map((one): [string, Case] => [one.name, one])

describe('lowered, on TensorFlow.js’ plain kernels', () => {
  it.each(byName)('%s', async (_, one) => {
    const expected = await runCase(wasm, one)
    expect(departure(expected, await runCase(lowered, one))).toBeUndefined()
    expect([wasm.alive(), lowered.alive()]).toEqual([0, 0])
  })
})

describe('leaks', () => {
  const [model] = allCases.filter(({ name }) => name.includes('attention only'))

  it('none over many calls of a loss and its gradients', async () => {
    const program = lowered.compile(model.fn)
    const values = model.shapes.map(shape => lowered.upload(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape))
    lowered.free(...await program(values))
    const [tensors, kept, alive] = [tf.memory().numTensors, kernels.alive(), lowered.alive()]
    for (let i = 0; i < 300; i++) lowered.free(...await program(values))
    expect([tf.memory().numTensors, kernels.alive(), lowered.alive()]).toEqual([tensors, kept, alive])
    lowered.free(...values)
  })

  it('none when a kernel fails half way', async () => {
    let calls = 0
    const failing = createExecutor({
      ...kernels,
      run: (...call) => {
        if (++calls === 40) throw new Error('out of memory')
        return kernels.run(...call)
      },
    }, { device: '', threads: 1, versions: {} })
    const values = model.shapes.map(shape => failing.upload(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape))
    const program = failing.compile(model.fn)
    // What is computed once is computed before the forty-first call.
    await expect(program(values)).rejects.toThrow('out of memory')
    const kept = kernels.alive()
    calls = -1000
    failing.free(...await program(values))
    calls = 0
    await expect(program(values)).rejects.toThrow('out of memory')
    expect(kernels.alive()).toBe(kept)
    failing.free(...values)
  })
})

it('names a primitive it does not cover', async () => {
  const { np } = await import('../../../main/engine/executor/jax')
  const value = lowered.upload(new Float32Array(4), [2, 2])
  await expect(lowered.compile(([x]) => [np.linalg.cholesky(x)])([value])).rejects.toThrow('the primitive cholesky is not covered')
  lowered.free(value)
})

interface Ran { absent?: string, device?: string, alive?: number, probe?: { loss: number }, outcomes?: (Outcome & { name: string, error?: string })[] }

const file = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url))

function ranOn(name: string, env: NodeJS.ProcessEnv = process.env): Ran {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, ['--import', file('extensionless.mjs'), file('executorRun.ts'), name], { env, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 110_000 })
  if (status !== 0) throw new Error(`${name} ended with ${status ?? signal}: ${stderr.slice(-2000)}`)
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n', stdout.length - 2) + 1)) as Ran
}

/** Chromium brings a Vulkan driver that computes on the CPU. */
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'
const software: NodeJS.ProcessEnv = existsSync(SOFTWARE_DRIVER) && process.env.VK_DRIVER_FILES === undefined
  ? { ...process.env, VK_DRIVER_FILES: SOFTWARE_DRIVER, LD_LIBRARY_PATH: ['/usr/lib/chromium', process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') }
  : process.env

describe.each([['tensorflow', process.env], ['webgpu', software]])('%s, in a process of its own', (name, env) => {
  it('agrees on everything, frees everything', { timeout: 120_000 }, async (context) => {
    const { absent, outcomes, alive, probe: probed } = ranOn(name, env)
    if (absent !== undefined) return context.skip(`${name} does not start here: ${absent}`)
    const departures: string[] = []
    for (const [i, one] of allCases.entries()) {
      const { error, shapes, values } = outcomes![i]
      const wrong = error ?? departure(await runCase(wasm, one), { shapes, values: values.map(v => Float32Array.from(v)) })
      if (wrong !== undefined) departures.push(`${one.name}: ${wrong}`)
    }
    expect(departures).toEqual([])
    expect(alive).toBe(0)
    expect(probed!.loss).toBeCloseTo((await probe(wasm, () => performance.now())).loss, 3)
  })
})
