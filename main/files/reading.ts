/** Reading files nobody vouches for: ordinary files only (a pipe would be waited on for ever), never more than is there. */
import type { FileHandle } from 'node:fs/promises'
import { open, stat } from 'node:fs/promises'
import { UserError } from '../../preload/contract/errors'
import { withPath } from './fileErrors'

/** One call of the system reads at most this much; above 2 GiB it fails. */
const CHUNK = 1 << 26

export async function withFile<T>(path: string, action: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  return withPath(path, 'read', async () => {
    const found = await stat(path)
    if (!found.isFile()) {
      throw new UserError({
        code: 'not-a-file',
        message: `${path} is ${found.isDirectory() ? 'a folder' : 'not an ordinary file'}, and a file is expected there.`,
        remedy: 'Give the path of the file.',
        path,
      })
    }
    const file = await open(path, 'r')
    try {
      return await action(file, (await file.stat()).size)
    }
    finally {
      await file.close()
    }
  })
}

/** Fills `into` from `position`; `false` when the file ends before. */
export async function readFully(file: FileHandle, into: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, Math.min(into.length - done, CHUNK), position + done)
    if (bytesRead === 0)
      return false
    done += bytesRead
  }
  return true
}
