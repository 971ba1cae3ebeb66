/** What the operating system says about a file, as an error a user can act on. */
import { UserError } from '../../preload/contract/errors'

type Doing = 'read' | 'write'

export function fileError(error: unknown, path: string, doing: Doing): UserError {
  if (error instanceof UserError)
    return error
  const cause = error as NodeJS.ErrnoException
  const { code, message, remedy } = describe(cause.code, doing, cause.message)
  return new UserError({ code, message: `${path}: ${message}`, remedy, path }, { cause })
}

function describe(errno: string | undefined, doing: Doing, message: string): { code: string, message: string, remedy: string } {
  switch (errno) {
    case 'ENOENT':
      return { code: 'file-missing', message: 'there is no such file or folder.', remedy: 'Check the path, or restore it from a copy.' }
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return { code: 'disk-full', message: 'the disk is full, nothing was changed.', remedy: 'Free some space and try again.' }
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { code: 'no-access', message: `the system does not allow to ${doing} it.`, remedy: 'Change its permissions, or choose another place.' }
    case 'EISDIR':
      return { code: 'not-a-file', message: 'it is a folder where a file is expected.', remedy: 'Give the path of the file.' }
    // Making a folder says EEXIST where a file of that name is.
    case 'ENOTDIR':
    case 'EEXIST':
      return { code: 'not-a-folder', message: 'part of the path is a file where a folder is expected.', remedy: 'Give the path of a folder.' }
    case 'EMFILE':
    case 'ENFILE':
      return { code: 'too-many-files', message: 'the system allows no more open files.', remedy: 'Close other programs and try again.' }
    default:
      return { code: `file-${doing === 'read' ? 'unreadable' : 'unwritable'}`, message: `cannot ${doing} it (${message}).`, remedy: 'Check the disk, or choose another place.' }
  }
}

/** Runs `action`; what the system throws comes out as a `UserError` about `path`. */
export async function withPath<T>(path: string, doing: Doing, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  }
  catch (error) {
    // Only the system's own errors carry `errno`; anything else is a bug of ours and stays one.
    throw error instanceof Error && 'errno' in error ? fileError(error, path, doing) : error
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
}
