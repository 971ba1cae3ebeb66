/** A two-way stream of packed messages. What carries it (a port or a socket) is decided in `transport.ts`. */

export interface Channel {
  /** How it travels, for the status line. */
  kind: 'port' | 'socket'
  post: (bytes: Uint8Array) => void
  /** Both return their own undo. */
  onMessage: (listener: (bytes: ArrayBufferView | ArrayBuffer) => void) => () => void
  onClose: (listener: () => void) => () => void
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
      port.addEventListener('close', listener)
      return () => port.removeEventListener('close', listener)
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
      socket.addEventListener('close', listener)
      return () => socket.removeEventListener('close', listener)
    },
    close: () => socket.close(),
  }
}
