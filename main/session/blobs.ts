/** Bulk data of a session by content hash, `blobs/ab/ab12…`: logits, activations. Written once, never changed. */
import { createHash } from 'node:crypto'
import { closeSync, fsync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UserError } from '../../preload/contract/errors'
import { systemCode, writeFailure } from './failures'

export class BlobStore {
  readonly #folder: string
  /** Known to be there whole; saves asking the disk for outputs that repeat. */
  readonly #known = new Set<string>()
  readonly #pending = new Set<string>()

  /** `folder` is the session's. */
  constructor(folder: string) {
    this.#folder = join(folder, 'blobs')
  }

  /** Stores the bytes and returns their SHA-256. Whole under its name or not there at all; call it before the event that names it. */
  put(bytes: Uint8Array): string {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    if (this.#known.has(sha256))
      return sha256
    const path = this.#path(sha256)
    if (sizeOf(path) !== bytes.length) {
      this.#write(path, bytes)
      this.#pending.add(path)
    }
    this.#known.add(sha256)
    return sha256
  }

  /** Throws the UserErrors `blob-missing` and `blob-damaged`. */
  get(sha256: string): Uint8Array<ArrayBuffer> {
    // The name comes from a file that anyone may have written, and must not lead out of the folder.
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new UserError({ code: 'blob-missing', message: `"${sha256}" names no blob: 64 hexadecimal digits were expected.`, remedy: 'The session was written by something else; record it again.', path: this.#folder })
    const path = this.#path(sha256)
    const bytes = readBlob(path)
    if (createHash('sha256').update(bytes).digest('hex') !== sha256)
      throw new UserError({ code: 'blob-damaged', message: `${path} does not hold what was recorded: its SHA-256 is another.`, remedy: 'Restore that file from a copy of the session; everything else in it is readable.', path })
    // Own memory, at offset 0, so that a Float32Array can be laid over it.
    return new Uint8Array(bytes)
  }

  get unsaved(): boolean {
    return this.#pending.size > 0
  }

  /** Makes the blobs put so far survive a power cut; to be called before the log's own sync. */
  sync(): void {
    for (const path of [...this.#pending]) {
      const fd = openForSync(path)
      try {
        fsyncSync(fd)
        this.#pending.delete(path)
      }
      catch (error) {
        throw writeFailure(error, path)
      }
      finally {
        closeSync(fd)
      }
    }
  }

  /** The same without blocking. */
  async syncSoon(): Promise<void> {
    for (const path of [...this.#pending]) {
      const fd = openForSync(path)
      try {
        await promisify(fsync)(fd)
        this.#pending.delete(path)
      }
      catch (error) {
        throw writeFailure(error, path)
      }
      finally {
        closeSync(fd)
      }
    }
  }

  #path(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256)
  }

  #write(path: string, bytes: Uint8Array): void {
    const temporary = `${path}.${process.pid}.part`
    try {
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(temporary, bytes)
      renameSync(temporary, path)
    }
    catch (error) {
      remove(temporary)
      throw writeFailure(error, path)
    }
  }
}

function openForSync(path: string): number {
  try {
    return openSync(path, 'r+')
  }
  catch (error) {
    throw writeFailure(error, path)
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}

function readBlob(path: string): Uint8Array {
  try {
    return readFileSync(path)
  }
  catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'is missing' : `could not be read (${systemCode(error)})`
    throw new UserError({ code: 'blob-missing', message: `${path} ${why}.`, remedy: 'Restore that file from a copy of the session; everything else in it is readable.', path }, { cause: error })
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  }
  catch {
    // Never created.
  }
}
