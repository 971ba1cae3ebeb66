import { expect, it } from 'vitest'
import { PORT_MESSAGE } from '../../../preload/contract/transport'
import { pageTransport, socketUrl } from '../../../renderer/client/transport'

/** A window as far as the transport looks at one. */
function pageAt(protocol: string, origin: string) {
  const page = Object.assign(new EventTarget(), { location: { protocol, origin, search: '', host: 'host' }, document: { readyState: 'complete' } })
  const post = (data: unknown, ports: MessagePort[], from: unknown = page, sender = origin): void => {
    page.dispatchEvent(Object.assign(new Event('message'), { data, ports, source: from, origin: sender }))
  }
  return { page: page as unknown as Window, post }
}

it('the token travels in the address of the socket', () => {
  expect(socketUrl({ protocol: 'http:', host: '127.0.0.1:4000', search: '?token=abc' })).toBe('ws://127.0.0.1:4000/rpc?token=abc')
  expect(socketUrl({ protocol: 'https:', host: 'lab', search: '' })).toBe('wss://lab/rpc')
})

it('a port handed over before it is asked for is not lost', async () => {
  const { page, post } = pageAt('app:', 'app://symbiote')
  const transport = pageTransport(page)
  const { port1, port2 } = new MessageChannel()
  post(PORT_MESSAGE, [port1])
  const channel = await transport.connect()
  expect(channel.kind).toBe('port')
  channel.close()
  port2.close()
})

it('a port from another window, another origin or under another name is not taken', async () => {
  const { page, post } = pageAt('app:', 'app://symbiote')
  const transport = pageTransport(page)
  const connecting = transport.connect().then(channel => channel)
  const stray = new MessageChannel()
  post(PORT_MESSAGE, [stray.port1], {})
  post(PORT_MESSAGE, [stray.port1], page, 'https://elsewhere')
  post('hello', [stray.port1])
  const settled = await Promise.race([connecting.then(() => 'taken'), new Promise(resolve => setTimeout(resolve, 30, 'waiting'))])
  expect(settled).toBe('waiting')
  const right = new MessageChannel()
  post(PORT_MESSAGE, [right.port1])
  const channel = await connecting
  channel.close()
  stray.port1.close()
})
