/** Supervision of a real child process: started, killed, started again, given up. */
import type { EngineState } from '../../preload/contract/rpc'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { EngineClient } from '../../main/host/engineClient'
import { forkProcess } from '../../main/host/forkProcess'
import { UserError } from '../../preload/contract/errors'

const file = fileURLToPath(new URL('../fixtures/tinyEngine.mjs', import.meta.url))
const clients: EngineClient[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.dispose()))
})

interface Setup { mode?: string, delays?: number[], stableAfter?: number, startLimit?: number }

function supervised({ mode = '', delays = [20, 40, 60], ...rest }: Setup = {}) {
  const log: string[] = []
  const states: EngineState[] = []
  const env = { ...process.env, SYMBIOTE_TINY_ENGINE: mode, TINY_SECRET: 'xyzzy', NODE_OPTIONS: '--no-warnings' }
  const client = new EngineClient({
    start: () => forkProcess({ file, env, log: line => void log.push(line) }),
    log: line => void log.push(line),
    delays,
    ...rest,
  })
  clients.push(client)
  client.onState(state => void states.push(state))
  client.start()
  return { client, log, states, names: () => states.map(state => state.state) }
}

const turns = (client: EngineClient, wanted: EngineState['state']): Promise<EngineState> => new Promise((resolve) => {
  const undo = client.onState((state) => {
    if (state.state !== wanted)
      return
    undo()
    resolve(state)
  })
})

it('answers calls made while it starts, with typed arrays as they are', async () => {
  const { client } = supervised()
  expect(client.state).toEqual({ state: 'starting' })
  const presentation = await client.functions.present(1)
  expect(presentation.input).toEqual(new Float32Array([1, 2.5]))
  expect(client.state.state).toBe('ready')
})

it('does not hand its secrets or node flags to the engine', async () => {
  const { client } = supervised()
  expect((await client.ready()).reason).toBe('leaked: nothing; flags: none')
})

it('keeps code and remedy of an error, and passes on events', async () => {
  const { client } = supervised()
  await expect(client.functions.present(3)).rejects.toMatchObject({ name: 'UserError', code: 'item-unknown', remedy: 'Choose another.' })
  const steps: number[] = []
  const undo = client.on('progress', progress => void steps.push(progress.step))
  await client.functions.present(5)
  undo()
  await client.functions.present(5)
  expect(steps).toEqual([3])
})

it('rejects what was pending when the engine is killed, and starts another', async () => {
  const { client, names } = supervised()
  await client.ready()
  const first = client.pid!
  const pending = client.functions.present(2)
  process.kill(first, 'SIGKILL')
  await expect(pending).rejects.toMatchObject({ code: 'engine-lost', message: expect.stringContaining('killed') as string })
  await expect(client.functions.present(1)).rejects.toBeInstanceOf(UserError)
  await client.ready()
  expect(client.pid).not.toBe(first)
  expect((await client.functions.present(1)).item).toBe(1)
  expect(names()).toEqual(['starting', 'ready', 'lost', 'starting', 'ready'])
})

it('says how long until the next try and what the engine said last', async () => {
  const { client, states, log } = supervised()
  await client.ready()
  await expect(client.functions.present(4)).rejects.toMatchObject({ code: 'engine-lost' })
  expect(states.at(-1)).toEqual({ state: 'lost', message: 'The engine process ended with code 3 (“out of luck”).', restartInMs: 20 })
  expect(log).toContain('[engine] out of luck')
})

it('gives up after three tries in a row, and tries again when asked', async () => {
  const { client, states } = supervised({ mode: 'dies' })
  await expect(client.ready()).rejects.toMatchObject({ code: 'engine-failed', message: expect.stringContaining('4 times') as string })
  const waits = states.flatMap(state => state.state === 'lost' ? [state.restartInMs] : [])
  expect(waits).toEqual([20, 40, 60])
  await expect(client.functions.present(1)).rejects.toMatchObject({ code: 'engine-failed' })
  const again = turns(client, 'lost')
  client.start()
  expect(await again).toMatchObject({ restartInMs: 20 })
})

it('counts deaths in a row only: service clears the count', async () => {
  const { client, states } = supervised({ stableAfter: 30 })
  for (let i = 0; i < 3; i++) {
    await client.ready()
    await new Promise(resolve => setTimeout(resolve, 90))
    const lost = turns(client, 'lost')
    process.kill(client.pid!, 'SIGKILL')
    await lost
  }
  await client.ready()
  expect(states.flatMap(state => state.state === 'lost' ? [state.restartInMs] : [])).toEqual([20, 20, 20])
})

it('treats an engine that cannot serve or does not answer as dead, with the reason', async () => {
  const complaining = supervised({ mode: 'complains', delays: [] })
  await expect(complaining.client.ready()).rejects.toMatchObject({ message: expect.stringContaining('no executor starts here') as string })
  const silent = supervised({ mode: 'silent', delays: [], startLimit: 300 })
  await expect(silent.client.ready()).rejects.toMatchObject({ message: expect.stringContaining('did not answer within 0.3 s') as string })
})

it('lets a patient that is opened on ready go before calls that waited', async () => {
  const { client } = supervised()
  const order: string[] = []
  const undo = client.onState((state) => {
    if (state.state === 'ready')
      void client.functions.present(1).then(() => order.push('opened'))
  })
  await client.functions.present(1).then(() => order.push('waited'))
  undo()
  expect(order).toEqual(['opened', 'waited'])
})

it('goes on when a listener fails', async () => {
  const { client, log, names } = supervised()
  client.onState(() => { throw new Error('clumsy listener') })
  await client.ready()
  process.kill(client.pid!, 'SIGKILL')
  await turns(client, 'lost')
  await client.ready()
  expect(names()).toEqual(['starting', 'ready', 'lost', 'starting', 'ready'])
  expect(log.join()).toContain('clumsy listener')
})

it('ends for good', async () => {
  const { client } = supervised()
  await client.ready()
  const pid = client.pid!
  const pending = client.functions.present(2)
  await Promise.all([expect(pending).rejects.toMatchObject({ code: 'engine-lost' }), client.dispose()])
  expect(() => process.kill(pid, 0)).toThrow()
  await expect(client.functions.present(1)).rejects.toMatchObject({ code: 'engine-stopped' })
  client.start()
  expect(client.pid).toBeUndefined()
})

it('waits for an exit as long as it was told, then kills', async () => {
  const { client } = supervised()
  await client.ready()
  const started = performance.now()
  expect(await client.waitForExit(100)).toBe(false)
  expect(performance.now() - started).toBeLessThan(2000)
})

it('starts another on purpose: pending calls end, no death is counted, the new one answers', async () => {
  const { client, names } = supervised({ delays: [] })
  await client.ready()
  const before = client.pid
  const pending = client.functions.present(2).catch((error: unknown) => error)
  await client.restart()
  expect(await pending).toMatchObject({ code: 'engine-lost' })
  expect(client.pid).not.toBe(before)
  expect(names()).toEqual(['starting', 'ready', 'starting', 'ready'])
  expect((await client.functions.present(1)).input).toEqual(new Float32Array([1, 2.5]))
})
