/** The files of a log, in order: `log.000`, `log.001`, … And how one of them is walked, record by record. */
import { Buffer } from 'node:buffer'
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { readFailure } from './failures'
import { recordAt, resync } from './record'

/** Bytes after which the next file is begun. */
export const ROTATE_AT = 256_000_000
/** Read ahead: large enough that reading is not the cost, small enough not to be felt in memory. */
const CHUNK = 1024 * 1024

export function logFile(folder: string, index: number): string {
  return join(folder, `log.${String(index).padStart(3, '0')}`)
}

/** Indices of the log's files, ascending. A missing one leaves a gap. */
export function logIndices(folder: string): number[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  }
  catch (error) {
    throw readFailure(error, folder)
  }
  return names.filter(name => /^log\.\d{3,}$/.test(name)).map(name => Number(name.slice(4))).sort((a, b) => a - b)
}

/**
 * A stretch of one file: a whole record; bytes that are none, with a record after them (`damaged`) or not (`tail`).
 * The stretches of a file cover it without gaps.
 */
export interface Stretch {
  kind: 'record' | 'damaged' | 'tail'
  offset: number
  /** Own memory, still valid when the walk goes on. */
  bytes: Buffer
}

/** Walks the file as long as it is now; a writer may go on appending. */
export function* walkFile(path: string, from = 0): Generator<Stretch> {
  const { fd, size } = open(path)
  try {
    const view = viewOf(fd, size, path)
    let offset = from
    while (offset < size) {
      const record = recordAt(view, offset)
      if (record !== undefined) {
        yield { kind: 'record', offset, bytes: record }
        offset += record.length
        continue
      }
      const next = resync(view, offset + 1, size)
      const end = next ?? size
      yield { kind: next === undefined ? 'tail' : 'damaged', offset, bytes: view(offset, end - offset) }
      offset = end
    }
  }
  finally {
    closeSync(fd)
  }
}

function open(path: string): { fd: number, size: number } {
  try {
    const fd = openSync(path, 'r')
    return { fd, size: fstatSync(fd).size }
  }
  catch (error) {
    throw readFailure(error, path)
  }
}

/** A window over the file that moves forward. Each window is new memory, so that earlier views stay valid. */
function viewOf(fd: number, size: number, path: string): (offset: number, length: number) => Buffer {
  let start = 0
  let window: Buffer = Buffer.alloc(0)
  return (offset, length) => {
    const want = Math.max(0, Math.min(length, size - offset))
    if (offset < start || offset + want > start + window.length) {
      start = offset
      window = read(fd, offset, Math.min(Math.max(CHUNK, want), size - offset), path)
    }
    return window.subarray(offset - start, offset - start + want)
  }
}

function read(fd: number, offset: number, length: number, path: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, length))
  let got = 0
  try {
    while (got < length) {
      const n = readSync(fd, bytes, got, length - got, offset + got)
      if (n === 0)
        break
      got += n
    }
  }
  catch (error) {
    throw readFailure(error, path)
  }
  return bytes.subarray(0, got)
}
