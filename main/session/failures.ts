/** What the operating system refuses, said as errors for the user. */
import { UserError } from '../../preload/contract/errors'

export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** A write that did not happen. What was written before it is whole. */
export function writeFailure(error: unknown, path: string): UserError {
  if (error instanceof UserError)
    return error
  const code = systemCode(error)
  const kept = 'Everything recorded before it is kept.'
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError({ code: 'disk-full', message: `The disk is full, so ${path} could not be written. ${kept}`, remedy: 'Make room on the disk; recording then goes on in the same session.', path }, { cause: error })
    case 'EFBIG':
      return new UserError({ code: 'file-too-large', message: `${path} has reached the largest size this account may write. ${kept}`, remedy: 'Raise the file size limit, or record to another disk.', path }, { cause: error })
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new UserError({ code: 'not-writable', message: `${path} may not be written to (${code}).`, remedy: 'Give yourself write permission there, or choose another folder.', path }, { cause: error })
    default:
      return new UserError({ code: 'write-failed', message: `${path} could not be written (${code || String(error)}). ${kept}`, remedy: 'Check that the disk is still connected and healthy, then try again.', path }, { cause: error })
  }
}

export function readFailure(error: unknown, path: string): UserError {
  if (error instanceof UserError)
    return error
  const code = systemCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new UserError({ code: 'file-missing', message: `There is nothing at ${path}.`, remedy: 'Check the path, or choose another session.', path }, { cause: error })
  return new UserError({ code: 'not-readable', message: `${path} could not be read (${code || String(error)}).`, remedy: 'Check its permissions and that the disk is connected.', path }, { cause: error })
}

export function notASession(path: string, why: string): UserError {
  return new UserError({ code: 'not-a-session', message: `${path} is not a session: ${why}.`, remedy: 'Choose a folder whose name ends in .session and which holds log.000.', path })
}
