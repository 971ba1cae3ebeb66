/** The host's end of a connection to a screen: birpc over a channel, every call checked before it reaches a use case. */
import type { HostFunctions, ViewFunctions } from '../../preload/contract/rpc'
import type { Channel } from './channel'
import { createBirpc } from 'birpc'
import { UserError } from '../../preload/contract/errors'
import { checkRequest } from '../../preload/contract/requests'
import { pack, unpack } from '../../preload/contract/wire'
import { isAnswer, isRequest, NO_MESSAGE } from '../lib/rpcMessage'

/** Tells the screen something; nobody waits for an answer. */
export type ViewRemote = { [K in keyof ViewFunctions]: (...args: Parameters<ViewFunctions[K]>) => void }

export interface ViewConnection {
  view: ViewRemote
  /** Stops listening; the channel stays open. */
  close: () => void
}

/** `log` gets the faults that are ours; what is wrong with a call is answered to the caller. */
export function connectView(channel: Channel, implementation: HostFunctions, log: (line: string) => void): ViewConnection {
  let stop = (): void => {}
  const rpc = createBirpc<ViewFunctions, HostFunctions>(implementation, {
    post: (bytes: Uint8Array) => channel.send(bytes),
    on: (receive) => { stop = channel.onMessage(receive) },
    off: () => stop(),
    serialize: message => pack(trimmed(message)),
    deserialize: bytes => opened(bytes, log),
    resolver: method => checked(method, implementation),
    // Training and verification answer when they are done; a lost connection rejects what is pending.
    timeout: -1,
    onFunctionError: (error, method) => {
      if (!(error instanceof UserError))
        log(`${method}: ${error.stack ?? error.message}`)
    },
    // With a method it is an answer that could not be sent: thrown, it would end the host. Without, the caller gets it.
    onGeneralError: (error, method) => {
      log(`${method ?? 'a call to the screen'}: ${error.message}`)
      return method !== undefined
    },
  })
  return { view: remote(rpc.$callEvent as CallEvent, log), close: () => rpc.$close() }
}

/** birpc types it per method; here one function serves all of them. */
type CallEvent = (method: keyof ViewFunctions, ...args: unknown[]) => Promise<void>

function remote(callEvent: CallEvent, log: (line: string) => void): ViewRemote {
  const tell = (method: keyof ViewFunctions) => (...args: unknown[]): void => {
    callEvent(method, ...args).catch((error: Error) => log(`${method}: ${error.message}`))
  }
  return {
    engine: tell('engine'),
    training: tell('training'),
    recording: tell('recording'),
    verifying: tell('verifying'),
    exporting: tell('exporting'),
    sweeping: tell('sweeping'),
    finding: tell('finding'),
    matching: tell('matching'),
    mapping: tell('mapping'),
    mappingEvents: tell('mappingEvents'),
    sessionDiffers: tell('sessionDiffers'),
    command: tell('command'),
    replaced: tell('replaced'),
  }
}

/** A function that checks its arguments before it calls. It throws rather than the resolver, whose errors birpc does not catch. */
function checked(method: string, implementation: HostFunctions): (...args: unknown[]) => unknown {
  return (...args) => {
    const clean = checkRequest(method, args)
    return (implementation[method as keyof HostFunctions] as (...args: unknown[]) => unknown)(...clean)
  }
}

/** MessagePack has no `undefined`: as the last argument it would arrive as null, so it is left out. */
function trimmed(message: unknown): unknown {
  if (!isRequest(message))
    return message
  const used = message.a.findLastIndex(argument => argument !== undefined) + 1
  return { ...message, a: message.a.slice(0, used) }
}

function opened(bytes: ArrayBuffer | ArrayBufferView, log: (line: string) => void): unknown {
  try {
    const message = unpack(bytes)
    if (isRequest(message) || isAnswer(message))
      return message
    log('a message of the screen was neither a call nor an answer')
  }
  catch (error) {
    log(`a message of the screen could not be read: ${(error as Error).message}`)
  }
  return NO_MESSAGE
}
