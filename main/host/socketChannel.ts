/** A channel over a WebSocket of `ws`. It also finds out that a screen is gone when nothing says so: a laptop lid closed over SSH. */
import type { Buffer } from 'node:buffer'
import type { WebSocket } from 'ws'
import type { Channel, CloseReason } from './channel'
import { CLOSED_REPLACED, CLOSED_STOPPING, MAX_MESSAGE_BYTES } from '../../preload/contract/transport'
import { listen } from './channel'

const PING_MS = 30_000
const UNSUPPORTED_DATA = 1003

const CODES: Record<CloseReason, number> = { replaced: CLOSED_REPLACED, stopping: CLOSED_STOPPING }

export function socketChannel(socket: WebSocket, pingMs: number = PING_MS): Channel {
  const receivers = new Set<(bytes: ArrayBuffer | ArrayBufferView) => void>()
  const closers = new Set<() => void>()
  let early: Buffer[] | undefined = []
  const stopPinging = keepAlive(socket, pingMs)

  socket.on('message', (data, isBinary) => {
    if (!isBinary)
      return socket.close(UNSUPPORTED_DATA, 'binary messages only')
    // `nodebuffer` is the socket's binary type, so one message is one Buffer.
    early?.push(data as Buffer)
    receivers.forEach(receive => receive(data as Buffer))
  })
  // `close` follows every error, an oversized message's too.
  socket.on('error', () => {})
  socket.on('close', () => {
    stopPinging()
    closers.forEach(closed => closed())
    closers.clear()
  })
  return {
    send: bytes => send(socket, bytes),
    onMessage: (listener) => {
      const undo = listen(receivers, listener)
      early?.forEach(listener)
      early = undefined
      return undo
    },
    onClose: listener => listen(closers, listener),
    close: reason => socket.close(reason === undefined ? 1000 : CODES[reason], reason),
  }
}

/** A screen that stopped reading must not fill the host's memory with what it will never draw. */
function send(socket: WebSocket, bytes: Uint8Array): void {
  if (socket.readyState !== socket.OPEN)
    return
  if (socket.bufferedAmount > MAX_MESSAGE_BYTES)
    socket.terminate()
  else
    socket.send(bytes)
}

function keepAlive(socket: WebSocket, ms: number): () => void {
  let answered = true
  socket.on('pong', () => { answered = true })
  const timer = setInterval(() => {
    if (!answered)
      return socket.terminate()
    answered = false
    socket.ping()
  }, ms)
  timer.unref()
  return () => clearInterval(timer)
}
