/** Which executor is taken, and what is said about it. The executors are real; what is wrong with one is put on it here. */
import type { ChoiceOptions, ExecutorName } from '../../../main/engine/executor/choose'
import type { Executor } from '../../../main/engine/executor/executor'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { chooseExecutor } from '../../../main/engine/executor/choose'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { EngineClient } from '../../../main/host/engineClient'
import { forkProcess } from '../../../main/host/forkProcess'
import { parseNote } from '../../../main/lib/executorChoice'

const absent = async (): Promise<Executor> => { throw new Error('Cannot find package \'@tensorflow/tfjs-node-gpu\' imported from /app/engine.js') }

/** wasm under another name, each program `slower` milliseconds later, every number multiplied. */
function disguised(name: ExecutorName, { slower = 0, factor = 1 }: { slower?: number, factor?: number } = {}): () => Promise<Executor> {
  const wasm = createWasmExecutor()
  return async () => ({
    ...wasm,
    name,
    compile: (fn) => {
      const program = wasm.compile(fn)
      return async (inputs) => {
        await new Promise(resolve => setTimeout(resolve, slower))
        return program(inputs)
      }
    },
    download: async value => (await wasm.download(value)).map(v => v * factor),
  })
}

function options(over: Partial<Omit<ChoiceOptions, 'start'>> & { start?: Partial<ChoiceOptions['start']> } = {}): ChoiceOptions {
  return { wanted: 'auto', key: 'this machine', now: () => performance.now(), ...over, start: { wasm: async () => createWasmExecutor(), webgpu: absent, tensorflow: absent, ...over.start } }
}

describe('auto', () => {
  it('takes the only one there is, without timing it, and says why the others are not', async () => {
    const { executor, reason, timing } = await chooseExecutor(options())
    expect(executor.name).toBe('wasm')
    expect(reason).toContain('tensorflow: the package @tensorflow/tfjs-node-gpu is not installed')
    expect(timing).toBeUndefined()
  })

  it('takes the one whose training step is fastest, with the figures of all', async () => {
    const { executor, reason, note } = await chooseExecutor(options({ start: { wasm: disguised('wasm', { slower: 60 }), webgpu: disguised('webgpu', { slower: 120 }), tensorflow: disguised('tensorflow') } }))
    expect(executor.name).toBe('tensorflow')
    expect(reason).toMatch(/^tensorflow takes [\d.]+ ms a digits training step \([\d.]+ ms for 256 items forward\), wasm [\d.]+ \([\d.]+\), webgpu [\d.]+ \([\d.]+\)$/)
    expect(parseNote(note)).toEqual({ key: 'this machine', name: 'tensorflow', reason })
  })

  it('leaves out the fastest where its numbers are wrong', async () => {
    const { executor, reason } = await chooseExecutor(options({ start: { wasm: disguised('wasm', { slower: 40 }), tensorflow: disguised('tensorflow', { factor: 1.01 }) } }))
    expect(executor.name).toBe('wasm')
    expect(reason).toContain('tensorflow is left out because its numbers are wrong')
  })

  it('leaves out one that cannot take a step', async () => {
    const wasm = createWasmExecutor()
    const broken = async (): Promise<Executor> => ({ ...wasm, name: 'webgpu', compile: () => async () => { throw new Error('device lost') } })
    const { executor, reason } = await chooseExecutor(options({ start: { webgpu: broken } }))
    expect(executor.name).toBe('wasm')
    expect(reason).toContain('webgpu is left out because a training step fails on it: device lost')
    expect(wasm.alive()).toBe(0)
  })

  it('follows a note of the same machine and versions, starting nothing else', async () => {
    const note = JSON.stringify({ key: 'this machine', name: 'tensorflow', reason: 'it was fast' })
    const start = { wasm: async (): Promise<Executor> => { throw new Error('not needed') }, tensorflow: disguised('tensorflow') }
    const { executor, reason } = await chooseExecutor(options({ note, start }))
    expect(executor.name).toBe('tensorflow')
    expect(reason).toContain('it was fast; found at an earlier start')
  })

  it.each([
    ['another machine', JSON.stringify({ key: 'another machine', name: 'tensorflow', reason: '' })],
    ['an executor that no longer starts', JSON.stringify({ key: 'this machine', name: 'tensorflow', reason: '' })],
    ['an executor there is none of', JSON.stringify({ key: 'this machine', name: 'cuda', reason: '' })],
    ['no note', 'null'],
    ['damage', '{"key":'],
  ])('measures anew for a note of %s', async (_, note) => {
    expect((await chooseExecutor(options({ note }))).executor.name).toBe('wasm')
  })
})

describe('by name', () => {
  it('is that one or an error, never another', async () => {
    await expect(chooseExecutor(options({ wanted: 'tensorflow' }))).rejects.toMatchObject({
      name: 'UserError',
      code: 'executor-unavailable',
      message: 'The executor tensorflow does not start here: the package @tensorflow/tfjs-node-gpu is not installed.',
    })
    expect((await chooseExecutor(options({ wanted: 'tensorflow', start: { tensorflow: disguised('tensorflow') } }))).executor.name).toBe('tensorflow')
  })

  it('refuses a name there is none of', async () => {
    await expect(chooseExecutor(options({ wanted: 'cuda' }))).rejects.toMatchObject({ code: 'executor-unknown', remedy: 'It is auto, wasm, webgpu or tensorflow.' })
  })
})

describe('the engine process', () => {
  const clients: EngineClient[] = []
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(client => client.dispose()))
  })

  function started(env: NodeJS.ProcessEnv): EngineClient {
    const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
    const client = new EngineClient({
      start: () => forkProcess({ file: at('../../../main/engine/process.ts'), env: { ...process.env, ...env }, log: () => {}, execArgv: ['--import', at('../../fixtures/extensionless.mjs')] }),
      log: () => {},
    })
    clients.push(client)
    client.start()
    return client
  }

  it('runs the executor it is told, times it when asked, and answers calls made before it was ready', async () => {
    const client = started({ SYMBIOTE_EXECUTOR: 'wasm', SYMBIOTE_EXECUTOR_MEASURE: '1' })
    const [gflops, description] = await Promise.all([client.functions.benchmark(), client.ready()])
    expect(gflops).toBeGreaterThan(0)
    expect(description).toMatchObject({ executor: 'wasm', reason: 'it was asked for by name' })
    expect(description.timing!.step).toBeGreaterThan(0)
  })

  it('says at once, and once, that the executor asked for does not start', async () => {
    const client = started({ SYMBIOTE_EXECUTOR: 'webgpu', VK_DRIVER_FILES: '/nowhere.json', LD_LIBRARY_PATH: '' })
    const began = performance.now()
    await expect(client.ready()).rejects.toMatchObject({ code: 'executor-unavailable' })
    // The first retry would come after a second.
    await new Promise(resolve => setTimeout(resolve, 1500))
    expect(client.state.state).toBe('failed')
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})
