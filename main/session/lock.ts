/**
 * One writer per session: the file `lock` in its folder names the process that writes. Not a lock of the operating
 * system, which Node cannot take; so a lock left behind by a dead process is recognised and replaced.
 */
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { closeSync, linkSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { systemCode, writeFailure } from './failures'

interface LockOwner {
  pid: number
  host: string
  /** Distinguishes two holders with one pid, as containers have them. */
  token: string
  /** Milliseconds since 1970; older than the machine's start means the pid is another process by now. */
  at: number
}

/** Locks this very process holds. */
const held = new Set<string>()

export class WriterLock {
  readonly #path: string
  readonly #token = randomUUID()

  private constructor(path: string) {
    this.#path = path
  }

  /** Throws the UserError `session-in-use` when another writer lives. */
  static take(folder: string): WriterLock {
    const path = join(folder, 'lock')
    const lock = new WriterLock(path)
    for (let attempt = 0; attempt < 5; attempt++) {
      if (lock.#create())
        return lock
      const found = readLock(path)
      if (found === undefined)
        continue
      if (alive(found))
        throw inUse(folder, found.owner ?? 'unknown')
      setAside(path, found.text)
    }
    throw inUse(folder, 'unknown')
  }

  release(): void {
    held.delete(this.#token)
    try {
      if (readLock(this.#path)?.owner?.token === this.#token)
        unlinkSync(this.#path)
    }
    catch {
      // Left behind, it is stale and the next writer replaces it.
    }
  }

  #create(): boolean {
    const owner: LockOwner = { pid: process.pid, host: hostname(), token: this.#token, at: Date.now() }
    let fd: number | undefined
    try {
      fd = openSync(this.#path, 'wx')
      writeSync(fd, Buffer.from(JSON.stringify(owner)))
    }
    catch (error) {
      if (fd === undefined && systemCode(error) === 'EEXIST')
        return false
      if (fd !== undefined)
        unlinkSync(this.#path)
      throw writeFailure(error, this.#path)
    }
    finally {
      if (fd !== undefined)
        closeSync(fd)
    }
    held.add(this.#token)
    return true
  }
}

/** Who writes to a session now, if anyone does. */
export function lockHolder(folder: string): LockOwner | 'unknown' | undefined {
  const found = readLock(join(folder, 'lock'))
  if (found === undefined || !alive(found))
    return undefined
  return found.owner ?? 'unknown'
}

interface FoundLock { text: string, owner?: LockOwner, ageMs: number }

function readLock(path: string): FoundLock | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    return { text, ageMs: Date.now() - statSync(path).mtimeMs, ...ownerOf(text) }
  }
  catch {
    return undefined
  }
}

function ownerOf(text: string): { owner?: LockOwner } {
  try {
    const owner = JSON.parse(text) as LockOwner
    return typeof owner.pid === 'number' && typeof owner.host === 'string' ? { owner } : {}
  }
  catch {
    return {}
  }
}

function alive({ owner, ageMs }: FoundLock): boolean {
  // Created and not yet filled in, or left empty by a crash between the two.
  if (owner === undefined)
    return ageMs < 5_000
  if (owner.host !== hostname())
    return true
  if (owner.pid === process.pid)
    return held.has(owner.token)
  const machineStarted = Date.now() - uptime() * 1000
  return owner.at > machineStarted - 60_000 && processLives(owner.pid)
}

function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  }
  catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

/** Two processes may find the same stale lock; the slower must not remove the faster one's new lock. */
function setAside(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  }
  catch {
    return
  }
  if (readLock(aside)?.text !== stale) {
    try {
      linkSync(aside, path)
    }
    catch {
      // A third one was faster still; it holds the lock now and the one put aside finds that out at its next take.
    }
  }
  unlinkSync(aside)
}

/** `unknown` where the lock does not say whose it is. */
export function inUse(folder: string, owner: LockOwner | 'unknown'): UserError {
  const who = owner === 'unknown' ? 'another process' : owner.pid === process.pid && owner.host === hostname() ? 'this Symbiote' : `process ${owner.pid} on ${owner.host}`
  return new UserError({
    code: 'session-in-use',
    message: `${folder} is being written by ${who}.`,
    remedy: `Close it there first; if nothing is running there any more, delete the file ${join(folder, 'lock')}.`,
    path: folder,
  })
}
