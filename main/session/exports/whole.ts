/** An export is whole or absent: written beside its place, synced, then moved there in one step. Never over something. */
import { randomUUID } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { systemCode } from '../failures'

/** What was written: how many files, and their bytes. */
export interface Written { files: number, bytes: number }

/** @param write is given the path to write a file or a folder at. What it throws leaves nothing behind. */
export async function writeWholeAt(out: string, write: (at: string) => Promise<void>): Promise<Written> {
  const path = resolve(out)
  requireFree(path)
  const temporary = join(dirname(path), `.${cut(basename(path))}.${randomUUID().slice(0, 8)}.part`)
  try {
    mkdirSync(dirname(path), { recursive: true })
    await write(temporary)
    const written = measured(temporary)
    requireFree(path)
    renameSync(temporary, path)
    return written
  }
  catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw exportFailure(error, path)
  }
}

/** Throws `exists` where something is at that path, be it a dangling link. */
export function requireFree(path: string): void {
  if (isThere(path))
    throw new UserError({ code: 'exists', message: `${path} exists already; nothing was written.`, remedy: 'Choose another name, or remove it first.', path })
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  }
  catch (error) {
    throw exportFailure(error, path)
  }
}

/** Throws `inside-session` where an export would become part of what it is made from. */
export function requireOutside(out: string, session: string): void {
  const path = relative(real(session), real(resolve(out)))
  if (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path))
    throw new UserError({ code: 'inside-session', message: `${out} lies inside the session ${session}, which holds nothing but the recording.`, remedy: 'Choose a place outside the session folder.', path: out })
}

/** What the system refuses while an export is written. */
export function exportFailure(error: unknown, path: string): Error {
  if (!(error instanceof Error) || error instanceof UserError || !('errno' in error || 'code' in error))
    return error instanceof Error ? error : new Error(String(error))
  const nothing = 'Nothing was left behind, and the session is unchanged.'
  const code = systemCode(error)
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError({ code: 'disk-full', message: `The disk is full, so ${path} could not be written. ${nothing}`, remedy: 'Make room on the disk, or choose another one.', path }, { cause: error })
    case 'EFBIG':
      return new UserError({ code: 'file-too-large', message: `${path} has reached the largest size a file may have here. ${nothing}`, remedy: 'Raise the file size limit, or choose another disk.', path }, { cause: error })
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new UserError({ code: 'not-writable', message: `${path} may not be written (${code}).`, remedy: 'Give yourself write permission there, or choose another folder.', path }, { cause: error })
    case 'ENOTDIR':
    case 'EEXIST':
      return new UserError({ code: 'not-a-folder', message: `${path} cannot be made: part of its path is a file.`, remedy: 'Choose another folder.', path }, { cause: error })
    case 'ENAMETOOLONG':
      return new UserError({ code: 'name-too-long', message: `The name ${basename(path)} is too long for this disk.`, remedy: 'Choose a shorter name.', path }, { cause: error })
    default:
      return code.startsWith('E')
        ? new UserError({ code: 'write-failed', message: `${path} could not be written (${code}). ${nothing}`, remedy: 'Check that the disk is connected and healthy, then try again.', path }, { cause: error })
        : error
  }
}

function measured(path: string): Written {
  const stat = statSync(path)
  if (!stat.isDirectory())
    return { files: 1, bytes: stat.size }
  const inside = readdirSync(path).map(name => measured(join(path, name)))
  return { files: inside.reduce((sum, { files }) => sum + files, 0), bytes: inside.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** The path with its links followed, as far as it exists. */
function real(path: string): string {
  if (existsSync(path))
    return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : join(real(parent), basename(path))
}

/** Room for what is put around it: names are limited in bytes, and a character has up to four. */
function cut(name: string): string {
  return [...name].slice(0, 50).join('')
}
