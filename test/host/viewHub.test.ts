/** Screens over real message ports: calls checked, errors whole, one screen at a time. */
import type { MessagePort } from 'node:worker_threads'
import type { HostFunctions } from '../../preload/contract/rpc'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { portChannel } from '../../main/host/portChannel'
import { ViewHub } from '../../main/host/viewHub'
import { UserError } from '../../preload/contract/errors'
import { silentHost } from '../fixtures/silentHost'
import { testView } from '../fixtures/testView'

const ports: MessagePort[] = []
afterEach(() => ports.splice(0).forEach(port => port.close()))

function hubWith(functions: Partial<HostFunctions>) {
  const log: string[] = []
  return { log, hub: new ViewHub(silentHost(functions), line => void log.push(line)) }
}

function screen(hub: ViewHub) {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  const detach = hub.attach(portChannel(port1))
  const view = testView(bytes => port2.postMessage(bytes), listener => void port2.on('message', listener))
  const closed = new Promise<void>(resolve => port2.on('close', () => resolve()))
  return { ...view, port: port2, detach, closed }
}

it('carries calls and typed arrays', async () => {
  const { hub } = hubWith({ present: async item => ({ item, target: 1, input: new Float32Array([0.25]), activations: [], probabilities: new Float32Array() }) })
  const { host } = screen(hub)
  expect((await host.present(4)).input).toEqual(new Float32Array([0.25]))
})

it('checks a call before the host sees it', async () => {
  const { hub } = hubWith({})
  const { host } = screen(hub)
  await expect(host.present(-1)).rejects.toMatchObject({ name: 'UserError', code: 'bad-request', path: 'present[0]' })
  await expect((host as unknown as { constructor: () => Promise<void> }).constructor()).rejects.toMatchObject({ code: 'bad-request' })
})

it('keeps a user error whole, and logs a bug without hiding it', async () => {
  const { hub, log } = hubWith({
    openSession: () => Promise.reject(new UserError({ code: 'file-missing', message: 'gone', remedy: 'Look elsewhere.', path: '/x' })),
  })
  const { host } = screen(hub)
  await expect(host.openSession('/x')).rejects.toMatchObject({ code: 'file-missing', remedy: 'Look elsewhere.', path: '/x' })
  expect(log).toEqual([])
  await expect(host.sessions()).rejects.toThrow('sessions was called')
  expect(log.join()).toContain('sessions: Error: sessions was called')
})

it('survives messages that are none', async () => {
  const { hub, log } = hubWith({ sessions: async () => [] })
  const { host, port } = screen(hub)
  for (const rubbish of [new Uint8Array([0xC1]), new Uint8Array(), new Uint8Array([0x01]), 'text', { t: 'q' }, undefined])
    port.postMessage(rubbish)
  expect(await host.sessions()).toEqual([])
  expect(log).toHaveLength(3)
})

it('has one screen at a time', async () => {
  const { hub } = hubWith({ sessions: async () => [] })
  const first = screen(hub)
  await first.host.sessions()
  const second = screen(hub)
  await first.closed
  expect(first.heard).toEqual([['replaced', []]])
  hub.broadcast('command', 'view.frame')
  await second.host.sessions()
  expect(second.heard).toEqual([['command', ['view.frame']]])
  expect(hub.attached).toBe(true)
})

it('says when screens come and go', async () => {
  const { hub } = hubWith({ sessions: async () => [] })
  const changes: boolean[] = []
  hub.onAttached(attached => void changes.push(attached))
  const first = screen(hub)
  await first.host.sessions()
  first.port.close()
  await expect.poll(() => changes).toEqual([true, false])
  hub.broadcast('command', 'nobody hears this')
})

it('says goodbye when the host ends', async () => {
  const { hub } = hubWith({})
  const { closed } = screen(hub)
  hub.close()
  await closed
  expect(hub.attached).toBe(false)
})

it('tells "no recording" as nothing, not as null', async () => {
  const { hub } = hubWith({ sessions: async () => [] })
  const { host, heard } = screen(hub)
  hub.broadcast('recording', undefined)
  await host.sessions()
  expect(heard).toEqual([['recording', []]])
})

it('does not let a replaced screen command the host', async () => {
  let calls = 0
  const { hub } = hubWith({ sessions: () => Promise.reject(new Error(`call ${++calls}`)) })
  const first = screen(hub)
  screen(hub)
  void first.host.sessions().catch(() => {})
  await sleep(50)
  expect(calls).toBe(0)
})
