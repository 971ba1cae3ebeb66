/** The sessions kept in one folder. */
import type { SessionSummary } from '../../preload/contract/session'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { readFailure, systemCode } from './failures'
import { readManifest } from './manifest'
import { summarizeSession } from './summary'

export { summarizeSession } from './summary'

/** Newest first; those that cannot be opened are listed with their problem. A folder that does not exist holds none. */
export async function listSessions(folder: string): Promise<SessionSummary[]> {
  const summaries: SessionSummary[] = []
  for (const name of sessionNames(folder))
    summaries.push(await summarizeAnyway(join(folder, name)))
  return summaries.sort((a, b) => b.startedAt.localeCompare(a.startedAt) || a.name.localeCompare(b.name))
}

/** A path for a new session, named after its title, that does not exist yet. Nothing is created. */
export function newSessionFolder(folder: string, title: string): string {
  const name = safeName(title)
  for (let n = 1; ; n++) {
    const path = join(folder, `${n === 1 ? name : `${name}-${n}`}.session`)
    if (!existsSync(path))
      return path
  }
}

function sessionNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => name.endsWith('.session'))
  }
  catch (error) {
    if (systemCode(error) === 'ENOENT')
      return []
    throw readFailure(error, folder)
  }
}

async function summarizeAnyway(path: string): Promise<SessionSummary> {
  try {
    return await summarizeSession(path)
  }
  catch (error) {
    if (!(error instanceof UserError))
      throw error
    const manifest = readManifest(path)?.started
    const name = basename(path, '.session')
    return {
      path,
      name,
      title: manifest?.title ?? name,
      operators: manifest?.operators ?? [],
      startedAt: manifest?.startedAt ?? '',
      duration: 0,
      events: 0,
      trials: 0,
      annotations: 0,
      primary: '',
      state: 'unreadable',
      problem: error.line,
    }
  }
}

/** Letters and digits of any script, the rest as single hyphens; usable on every file system. */
function safeName(title: string): string {
  const name = title.normalize('NFC').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
  const short = cut(name, 80).replace(/-$/, '')
  // Windows keeps these for devices, whatever follows the dot.
  return short === '' || /^(?:con|prn|aux|nul|com\d|lpt\d)$/.test(short) ? ['session', short].filter(Boolean).join('-') : short
}

/** At most so many bytes of UTF-8, whole characters only: file names are limited in bytes. */
function cut(text: string, bytes: number): string {
  let kept = ''
  let used = 0
  for (const character of text) {
    used += new TextEncoder().encode(character).length
    if (used > bytes)
      break
    kept += character
  }
  return kept
}
