/** A channel over a message port: Electron's `MessagePortMain` in the desktop app, Node's `MessagePort` in tests of it. */
import type { Channel } from './channel'
import { listen } from './channel'

/** What the two kinds of port share; Electron hands `{ data }` to its listeners, Node the data itself. */
export interface PortLike {
  on: ((event: 'message', listener: (message: unknown) => void) => unknown) & ((event: 'close', listener: () => void) => unknown)
  postMessage: (message: Uint8Array) => void
  start: () => void
  close: () => void
}

export function portChannel(port: PortLike): Channel {
  const receivers = new Set<(bytes: ArrayBuffer | ArrayBufferView) => void>()
  const closers = new Set<() => void>()
  let open = true
  let started = false
  port.on('message', (message) => {
    const bytes = bytesOf(message)
    // Anything else is a stray object; the receiver would refuse it with a less helpful error.
    if (bytes !== undefined)
      receivers.forEach(receive => receive(bytes))
  })
  port.on('close', () => {
    open = false
    closers.forEach(closed => closed())
    closers.clear()
  })
  return {
    // A port clones the whole buffer behind a view, and an encoder's is larger than its message.
    send: bytes => void (open && port.postMessage(bytes.slice())),
    onMessage: (listener) => {
      const undo = listen(receivers, listener)
      if (!started)
        port.start()
      started = true
      return undo
    },
    onClose: listener => listen(closers, listener),
    close: () => port.close(),
  }
}

function bytesOf(message: unknown): ArrayBuffer | ArrayBufferView | undefined {
  const data = isEnvelope(message) ? message.data : message
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data : undefined
}

function isEnvelope(message: unknown): message is { data: unknown } {
  return typeof message === 'object' && message !== null && !ArrayBuffer.isView(message) && 'data' in message
}
