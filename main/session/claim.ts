/** Taking a folder for a new session. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { systemCode, writeFailure } from './failures'

/**
 * Makes the folder, or takes an empty one. Returns how to take it back when the session does not begin: only what was
 * made here is removed. Throws the UserErrors `session-exists` and those of a failed write.
 */
export function claimFolder(folder: string): () => void {
  try {
    mkdirSync(dirname(folder), { recursive: true })
    mkdirSync(folder)
    return () => rmSync(folder, { recursive: true, force: true })
  }
  catch (error) {
    if (systemCode(error) !== 'EEXIST')
      throw writeFailure(error, folder)
  }
  if (!isEmptyFolder(folder))
    throw new UserError({ code: 'session-exists', message: `${folder} already exists and is not empty.`, remedy: 'Give the new session another name.', path: folder })
  return () => {}
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0
  }
  catch {
    return false
  }
}
