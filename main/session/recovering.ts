/** Puts the torn end of a log aside, so that a writer can go on behind the last whole record. Nothing recorded is lost. */
import type { LogEnd } from './logReader'
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { writeFailure } from './failures'
import { logFile } from './logFiles'
import { syncFolder } from './logWriter'

/** Copies the tail to `recovered/`, and only when the copy is on disk cuts it off. Returns the copy's path, if there was a tail. */
export function setTailAside(folder: string, end: LogEnd): string | undefined {
  if (end.tail === undefined)
    return undefined
  const log = logFile(folder, end.file)
  const kept = join(folder, 'recovered')
  try {
    mkdirSync(kept, { recursive: true })
    const copy = freePath(join(kept, `${basename(log)}@${end.size}`))
    withFile(copy, 'wx', fd => writeFileSync(fd, end.tail!))
    syncFolder(kept)
    withFile(log, 'r+', fd => ftruncateSync(fd, end.size))
    return copy
  }
  catch (error) {
    throw writeFailure(error, kept)
  }
}

function withFile(path: string, flags: string, run: (fd: number) => void): void {
  const fd = openSync(path, flags)
  try {
    run(fd)
    fsyncSync(fd)
  }
  finally {
    closeSync(fd)
  }
}

function freePath(path: string): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}.${n}`
    if (!existsSync(candidate))
      return candidate
  }
}
