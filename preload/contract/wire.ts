/**
 * How a message becomes bytes, the same over a MessagePort, a WebSocket and a process channel:
 * MessagePack, with typed arrays kept as they are and errors kept as errors with a remedy.
 */
import type { UserErrorData } from './errors'
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack'
import { UserError } from './errors'

const TYPED = [Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array] as const
const ERROR = 20

const codec = new ExtensionCodec()

TYPED.forEach((Kind, type) => {
  codec.register({
    type,
    // Uint8Array is MessagePack's own binary and never comes here.
    encode: value => value instanceof Kind && Kind !== Uint8Array ? bytesOf(value) : null,
    // Copied, because the offset in the message is not aligned to the element size.
    decode: bytes => new Kind(bytes.slice().buffer),
  })
})

codec.register({
  type: ERROR,
  encode: value => value instanceof Error ? encode(dataOf(value)) : null,
  decode: (bytes) => {
    const data = decode(bytes) as UserErrorData & { bug?: boolean }
    return data.bug ? new Error(data.message) : new UserError(data)
  },
})

export function pack(message: unknown): Uint8Array {
  return encode(message, { extensionCodec: codec, ignoreUndefined: true })
}

export function unpack(bytes: ArrayBufferLike | ArrayBufferView): unknown {
  return decode(ArrayBuffer.isView(bytes) ? bytesOf(bytes) : new Uint8Array(bytes), { extensionCodec: codec })
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function dataOf(error: Error): UserErrorData & { bug?: boolean } {
  return error instanceof UserError ? error.data : { code: 'bug', message: error.message, remedy: '', bug: true }
}
