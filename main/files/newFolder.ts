/** A folder of several files that is whole or absent: made beside its place, then moved there in one step. */
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { besides, syncFolder } from './atomic'
import { isMissing, withPath } from './fileErrors'

/** Throws `folder-exists` where something is there already. */
export async function requireNewFolder(folder: string): Promise<void> {
  const held = await withPath(folder, 'write', () => readdir(folder).catch((error: unknown): string[] => {
    if (isMissing(error))
      return []
    throw error
  }))
  if (held.length > 0)
    throw new UserError({ code: 'folder-exists', message: `${folder} exists and holds "${held[0]}".`, remedy: 'Choose another name, or remove the folder first.', path: folder })
}

/** @param write is given the folder to write into */
export async function writeNewFolder(folder: string, write: (into: string) => Promise<void>): Promise<void> {
  const path = resolve(folder)
  await requireNewFolder(path)
  const temporary = besides(path)
  try {
    await withPath(path, 'write', () => mkdir(temporary, { recursive: true }))
    await write(temporary)
    await withPath(path, 'write', async () => {
      // Only an empty folder can be there, and Windows does not rename over one.
      await rmdir(path).catch(() => {})
      await rename(temporary, path)
      await syncFolder(dirname(path))
    })
  }
  finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
  }
}
