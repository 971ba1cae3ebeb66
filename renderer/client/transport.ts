/**
 * Finds the host: the preload's port in the desktop app, the serving process's WebSocket in a browser.
 * A page cannot ask which of the two it is in, so it listens for the port from the start and turns to the
 * socket when the page was clearly served (it carries a token) or no port has come.
 */
import type { Channel } from './channel'
import { PORT_MESSAGE, SOCKET_PATH } from '../../preload/contract/transport'
import { portChannel, socketChannel } from './channel'

/** The preload posts its port when the document is ready; this is how much later it may arrive. */
const PORT_GRACE_MS = 60

export interface Transport {
  connect: () => Promise<Channel>
}

export function pageTransport(page: Window = window): Transport {
  const ports: MessagePort[] = []
  const waiting = new Set<(port: MessagePort) => void>()

  page.addEventListener('message', (event) => {
    const ours = event.source === page && (event.origin === page.location.origin || event.origin === 'null')
    if (!ours || event.data !== PORT_MESSAGE || !event.ports[0])
      return
    const [next] = waiting
    if (next) {
      waiting.delete(next)
      next(event.ports[0])
    }
    else {
      ports.push(event.ports[0])
    }
  })

  function port(withinMs: number): Promise<MessagePort | undefined> {
    const ready = ports.shift()
    if (ready)
      return Promise.resolve(ready)
    return new Promise((resolve) => {
      const timer = Number.isFinite(withinMs)
        ? setTimeout(() => {
            waiting.delete(take)
            resolve(undefined)
          }, withinMs)
        : undefined
      function take(found: MessagePort): void {
        clearTimeout(timer)
        resolve(found)
      }
      waiting.add(take)
    })
  }

  const served = /^https?:$/.test(page.location.protocol)
  const token = new URLSearchParams(page.location.search).has('token')

  return {
    async connect() {
      if (!token)
        await documentReady(page.document)
      const found = await port(!served ? Number.POSITIVE_INFINITY : token ? 0 : PORT_GRACE_MS)
      return found ? portChannel(found) : socketChannel(socketUrl(page.location))
    },
  }
}

/** `interactive` is also what a document says before its DOMContentLoaded, so either event will do. */
function documentReady(document: Document): Promise<void> {
  if (document.readyState === 'complete')
    return Promise.resolve()
  return new Promise((resolve) => {
    document.addEventListener('DOMContentLoaded', () => resolve(), { once: true })
    document.defaultView?.addEventListener('load', () => resolve(), { once: true })
  })
}

/** The query goes along because it may hold the token; a cookie travels by itself. */
export function socketUrl(location: Pick<Location, 'protocol' | 'host' | 'search'>): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${SOCKET_PATH}${location.search}`
}
