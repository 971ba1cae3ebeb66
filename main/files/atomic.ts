/** Files and folders that are either whole or absent: written beside their place, synced, then renamed into it. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { withPath } from './fileErrors'

/** A name beside `path` that no reader lists: hidden, and of no known extension. */
export function besides(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 64)}.${randomUUID().slice(0, 8)}.tmp`)
}

/** Replaces `path` by `parts` in one step. Makes the folder it lies in. */
export async function writeAtomic(path: string, parts: Iterable<Uint8Array | string>): Promise<void> {
  await withPath(path, 'write', async () => {
    await mkdir(dirname(path), { recursive: true })
    const temporary = besides(path)
    try {
      await writeSynced(temporary, parts)
      await rename(temporary, path)
    }
    catch (error) {
      // What went wrong is the news; failing to tidy up after it is not.
      await rm(temporary, { force: true }).catch(() => {})
      throw error
    }
    await syncFolder(dirname(path))
  })
}

/** Writes a file through to the disk, in place. */
async function writeSynced(path: string, parts: Iterable<Uint8Array | string>): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for (const part of parts)
      await file.appendFile(part)
    await file.sync()
  }
  finally {
    await file.close()
  }
}

/** Makes a rename in this folder outlast a power cut. Windows cannot open folders and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32')
    return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  }
  finally {
    await folder.close()
  }
}
