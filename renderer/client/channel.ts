/** A two-way stream of packed messages. What carries it (a port or a socket) is decided in `transport.ts`. */
import { CLOSED_REPLACED, CLOSED_STOPPING } from '../../preload/contract/transport'

/** `lost` is worth another try; the other two are not. */
export type Closed = 'lost' | 'replaced' | 'stopped'

export interface Channel {
  /** How it travels, for the status line. */
  kind: 'port' | 'socket'
  post: (bytes: Uint8Array) => void
  /** Both return their own undo. */
  onMessage: (listener: (bytes: ArrayBufferView | ArrayBuffer) => void) => () => void
  onClose: (listener: (why: Closed) => void) => () => void
  close: () => void
}

/** The desktop app: a MessagePort handed over by the preload. */
export function portChannel(port: MessagePort): Channel {
  return {
    kind: 'port',
    // A port clones the whole buffer behind a view, so only the message itself is handed over.
    post: bytes => port.postMessage(bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()),
    onMessage(listener) {
      const handle = (event: MessageEvent): void => listener(event.data as Uint8Array)
      port.addEventListener('message', handle)
      port.start()
      return () => port.removeEventListener('message', handle)
    },
    onClose(listener) {
      const handle = (): void => listener('lost')
      port.addEventListener('close', handle)
      return () => port.removeEventListener('close', handle)
    },
    close: () => port.close(),
  }
}

/** The browser: a WebSocket to the server that served the page. Resolves once it is open. */
export function socketChannel(url: string): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    const failed = (): void => reject(new Error('The server does not answer.'))
    socket.addEventListener('close', failed)
    socket.addEventListener('open', () => {
      socket.removeEventListener('close', failed)
      resolve(channelOf(socket))
    })
  })
}

function channelOf(socket: WebSocket): Channel {
  return {
    kind: 'socket',
    post: bytes => socket.send(bytes as Uint8Array<ArrayBuffer>),
    onMessage(listener) {
      const handle = (event: MessageEvent): void => listener(event.data as ArrayBuffer)
      socket.addEventListener('message', handle)
      return () => socket.removeEventListener('message', handle)
    },
    onClose(listener) {
      const handle = ({ code }: CloseEvent): void => listener(code === CLOSED_REPLACED ? 'replaced' : code === CLOSED_STOPPING ? 'stopped' : 'lost')
      socket.addEventListener('close', handle)
      return () => socket.removeEventListener('close', handle)
    },
    close: () => socket.close(),
  }
}
