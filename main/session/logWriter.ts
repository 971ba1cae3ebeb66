/**
 * Appends records to a log: one write() each, before `append` returns. Keeps the log whole when a write fails.
 * Knows framing, rotation, the chain and what is on disk; nothing of time or of what events mean.
 */
import type { Buffer } from 'node:buffer'
import type { LogEnd } from './logReader'
import { closeSync, fdatasync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { Chain } from './chain'
import { writeFailure } from './failures'
import { logFile, ROTATE_AT } from './logFiles'
import { RecordEncoder } from './record'

interface SealValues { count: number, chain: string, synced: number }

export class LogWriter {
  readonly #folder: string
  readonly #rotateAt: number
  readonly #encoder = new RecordEncoder()
  readonly #chain: Chain
  #fd: number
  #file: number
  /** Bytes of whole records in the present file, and in all files. */
  #size: number
  #bytes: number
  #synced: number
  #count: number
  /** A failed write may have left bytes behind `#size`. */
  #ragged = false

  /** Starts a log, or goes on at `end` where one exists; anything behind `end` must be gone already. */
  constructor(folder: string, end?: LogEnd, rotateAt = ROTATE_AT) {
    this.#folder = folder
    this.#rotateAt = rotateAt
    this.#chain = end?.chain ?? new Chain()
    this.#file = end?.file ?? 0
    this.#size = end?.size ?? 0
    this.#bytes = end?.bytes ?? 0
    this.#count = end?.count ?? 0
    this.#synced = 0
    this.#fd = this.#open(this.#file, end === undefined ? 'wx' : 'r+')
  }

  /** Records written, seals and keyframes among them. */
  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes known to be on disk, over all files. */
  get synced(): number {
    return this.#synced
  }

  get path(): string {
    return logFile(this.#folder, this.#file)
  }

  /** Throws a `UserError` and leaves the log as it was when the record could not be written; trying again is allowed. */
  append(payload: string): void {
    const record = this.#encoder.encode(payload)
    if (this.#size > 0 && this.#size + record.length > this.#rotateAt)
      this.#rotate()
    this.#write(record)
    this.#chain.add(record)
  }

  /** Appends the seal that `payloadOf` makes from what was written so far, and chains what follows to it. */
  seal(payloadOf: (values: SealValues) => string): void {
    const chain = this.#chain.value
    const record = this.#encoder.encode(payloadOf({ count: this.#count, chain, synced: this.#synced }))
    this.#write(record)
    this.#chain.restart(chain)
    this.#chain.add(record)
  }

  /** Returns when all that was appended is on disk. */
  sync(): void {
    const bytes = this.#bytes
    if (bytes === this.#synced)
      return
    try {
      fdatasyncSync(this.#fd)
    }
    catch (error) {
      throw writeFailure(error, this.path)
    }
    this.#synced = bytes
  }

  /** The same without blocking. */
  async syncSoon(): Promise<void> {
    const bytes = this.#bytes
    const file = this.#file
    if (bytes === this.#synced)
      return
    await new Promise<void>((resolve, reject) => {
      fdatasync(this.#fd, (error) => {
        // A file that was rotated away or closed meanwhile was synced then.
        if (error !== null && file === this.#file && this.#fd >= 0)
          return reject(writeFailure(error, this.path))
        if (error === null)
          this.#synced = Math.max(this.#synced, bytes)
        resolve()
      })
    })
  }

  /** Lets the file go, synced as far as the disk allows. */
  close(): void {
    if (this.#fd < 0)
      return
    const fd = this.#fd
    try {
      this.sync()
    }
    finally {
      this.#fd = -1
      closeSync(fd)
    }
  }

  #write(record: Buffer): void {
    try {
      if (this.#ragged)
        this.#mend()
      let done = 0
      // A disk that fills up takes a part of the record first and says so only at the next write.
      while (done < record.length)
        done += writeSync(this.#fd, record, done, record.length - done, this.#size + done)
    }
    catch (error) {
      this.#ragged = true
      this.#tryMend()
      throw writeFailure(error, this.path)
    }
    this.#size += record.length
    this.#bytes += record.length
    this.#count++
  }

  #mend(): void {
    ftruncateSync(this.#fd, this.#size)
    this.#ragged = false
  }

  #tryMend(): void {
    try {
      this.#mend()
    }
    catch {
      // The next write tries again, and a reader leaves a torn tail out.
    }
  }

  #rotate(): void {
    this.sync()
    const fd = this.#open(this.#file + 1, 'wx')
    closeSync(this.#fd)
    this.#fd = fd
    this.#file++
    this.#size = 0
  }

  #open(file: number, flags: 'wx' | 'r+'): number {
    const path = logFile(this.#folder, file)
    try {
      const fd = openSync(path, flags)
      syncFolder(this.#folder)
      return fd
    }
    catch (error) {
      throw writeFailure(error, path)
    }
  }
}

/** Makes a new name in a folder survive a power cut. Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32')
    return
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  }
  catch {
    // Some network file systems refuse to sync folders; the file itself is synced all the same.
  }
  finally {
    closeSync(fd)
  }
}
