/**
 * The hash chain that makes removals and insertions visible. At a seal:
 * chain = SHA-256(previous chain ‖ every byte of the log from the previous seal, included, to this one, excluded).
 * Per seal and not per record: feeding a running hash costs 0.13 µs for 200 bytes, ending one for every record 1.4 µs
 * and 32 bytes of space. What a crash can leave unsealed is a second.
 */
import type { Hash } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

const CHAIN_START = '0'.repeat(64)

export class Chain {
  #hash: Hash

  constructor(previous = CHAIN_START) {
    this.#hash = begin(previous)
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** The chain over everything added since the last restart; adding may go on. */
  get value(): string {
    return this.#hash.copy().digest('hex')
  }

  /** A seal holding `previous` was written: what follows, that seal first, is chained to it. */
  restart(previous: string): void {
    this.#hash = begin(previous)
  }
}

function begin(previous: string): Hash {
  return createHash('sha256').update(Buffer.from(previous, 'hex'))
}
