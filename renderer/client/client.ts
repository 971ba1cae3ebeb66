/** Calls to the host over a channel, and the host's calls to us. No state beyond the one channel it is given. */
import type { HostFunctions, ViewFunctions } from '../../preload/contract/rpc'
import type { Channel } from './channel'
import { createBirpc } from 'birpc'
import { UserError } from '../../preload/contract/errors'
import { pack, unpack } from '../../preload/contract/wire'

export interface Client {
  host: HostFunctions
  /** Ends it; every call still waiting is rejected. */
  close: () => void
}

export function createClient(channel: Channel, view: ViewFunctions): Client {
  let stop: (() => void) | undefined
  const rpc = createBirpc<HostFunctions, ViewFunctions>(view, {
    post: bytes => channel.post(bytes as Uint8Array),
    on: (listener) => { stop = channel.onMessage(listener) },
    off: () => stop?.(),
    serialize: pack,
    deserialize: unpack,
    // Training and verification take minutes; a lost connection is what ends a call, not a clock.
    timeout: -1,
  })
  return {
    // birpc's own type adds `asEvent` to each function, which nobody here uses.
    host: rpc as unknown as HostFunctions,
    close() {
      rpc.$close(connectionLost())
      channel.close()
    },
  }
}

export function connectionLost(): UserError {
  return new UserError({
    code: 'connection-lost',
    message: 'The connection to the host was lost before it answered.',
    remedy: 'It is being re-established; repeat the action once it is back.',
  })
}
