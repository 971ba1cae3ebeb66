/**
 * Who is looking. One screen at a time: a session has one operator, and two screens that stimulate the same
 * patient would record each other's trials. A later screen replaces the earlier, which is told so and closed.
 */
import type { HostFunctions, ViewFunctions } from '../../preload/contract/rpc'
import type { Channel } from './channel'
import type { ViewConnection } from './connectView'
import { listen } from './channel'
import { connectView } from './connectView'

interface Attached { channel: Channel, connection: ViewConnection }

export class ViewHub {
  readonly #implementation: HostFunctions
  readonly #log: (line: string) => void
  readonly #listeners = new Set<(attached: boolean) => void>()
  #current: Attached | undefined

  constructor(implementation: HostFunctions, log: (line: string) => void) {
    this.#implementation = implementation
    this.#log = log
  }

  get attached(): boolean {
    return this.#current !== undefined
  }

  /** Connects a screen and returns the undo. */
  attach(channel: Channel): () => void {
    this.#retire()
    const current: Attached = { channel, connection: connectView(channel, this.#implementation, this.#log) }
    this.#current = current
    channel.onClose(() => this.#left(current))
    this.#tellListeners()
    return () => this.#detach(current)
  }

  /** Tells the screen, when there is one. */
  broadcast<K extends keyof ViewFunctions>(method: K, ...args: Parameters<ViewFunctions[K]>): void {
    const tell = this.#current?.connection.view[method] as ((...args: Parameters<ViewFunctions[K]>) => void) | undefined
    tell?.(...args)
  }

  /** Called with true when a screen comes, false when the last one goes. */
  onAttached(listener: (attached: boolean) => void): () => void {
    return listen(this.#listeners, listener)
  }

  /** Closes the connection: the host ends. */
  close(): void {
    const current = this.#current
    if (current === undefined)
      return
    this.#detach(current)
    current.channel.close('stopping')
  }

  #retire(): void {
    const earlier = this.#current
    if (earlier === undefined)
      return
    earlier.connection.view.replaced()
    this.#current = undefined
    earlier.connection.close()
    earlier.channel.close('replaced')
  }

  #left(gone: Attached): void {
    if (this.#current === gone)
      this.#log('the screen disconnected')
    this.#detach(gone)
  }

  #detach(gone: Attached): void {
    gone.connection.close()
    if (this.#current !== gone)
      return
    this.#current = undefined
    this.#tellListeners()
  }

  #tellListeners(): void {
    for (const listener of [...this.#listeners])
      listener(this.attached)
  }
}
