/** Taking a folder for a new session. */
import { mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { systemCode, writeFailure } from './failures'

/**
 * Makes the folder, or takes an empty one. Returns whether it was made here, for `dropFolder`. Throws the UserErrors
 * `session-exists` and those of a failed write.
 */
export function claimFolder(folder: string): boolean {
  try {
    mkdirSync(dirname(folder), { recursive: true })
    mkdirSync(folder)
    return true
  }
  catch (error) {
    if (systemCode(error) !== 'EEXIST')
      throw writeFailure(error, folder)
  }
  if (!isEmptyFolder(folder))
    throw new UserError({ code: 'session-exists', message: `${folder} already exists and is not empty.`, remedy: 'Give the new session another name.', path: folder })
  return false
}

/** Takes back the folder of a session that did not begin. Only for who holds its lock: nothing was recorded in it. */
export function dropFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** The same for who did not get the lock: what another process may have put there stays. */
export function dropIfEmpty(folder: string): void {
  if (isEmptyFolder(folder))
    rmdirSync(folder)
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0
  }
  catch {
    return false
  }
}
