/**
 * A connection to one screen that carries whole messages as bytes. Not what they mean: `connectView` knows that.
 * A MessagePort, a WebSocket and a pair in a test all look like this.
 */
export interface Channel {
  send: (bytes: Uint8Array) => void
  /** Messages that came before the first listener are kept for it. */
  onMessage: (listener: (bytes: ArrayBuffer | ArrayBufferView) => void) => () => void
  /** Called once, whichever side closed. */
  onClose: (listener: () => void) => () => void
  /** `replaced`: another screen took over; `stopping`: the host ends. */
  close: (reason?: CloseReason) => void
}

export type CloseReason = 'replaced' | 'stopping'

/** Registers a listener and returns its undo. */
export function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}
