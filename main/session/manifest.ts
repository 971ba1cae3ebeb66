/**
 * `manifest.json`: what a session is, for people and for a quick look. Written once. The log's first event repeats it,
 * so that either can be lost.
 */
import type { EventOf } from '../../preload/contract/session'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { notASession, writeFailure } from './failures'

const manifestSchema = z.object({
  format: z.string(),
  /** Id of the session and of its first event. */
  session: z.string().length(26),
  title: z.string(),
  operators: z.array(z.string()),
  /** UTC, ISO 8601. */
  startedAt: z.string(),
  appVersion: z.string(),
  rootSeed: z.int().nonnegative(),
})

export function writeManifest(folder: string, started: EventOf<'session.started'>): void {
  const { id, t: _t, step: _step, kind: _kind, format, ...rest } = started
  const path = join(folder, 'manifest.json')
  try {
    writeWhole(path, `${JSON.stringify({ format, session: id, ...rest }, undefined, 2)}\n`)
  }
  catch (error) {
    throw writeFailure(error, path)
  }
}

/** The first event as the manifest tells it; undefined where it is missing or unreadable. */
export function readManifest(folder: string): EventOf<'session.started'> | undefined {
  try {
    const { session, ...rest } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
    return { id: session, t: 0, step: 0, kind: 'session.started', ...rest }
  }
  catch {
    return undefined
  }
}

/** Throws the UserErrors `session-newer` and `not-a-session`. */
export function checkFormat(folder: string, format: string): void {
  const [family, version] = SESSION_FORMAT.split('/')
  const match = /^([\w-]+)\/(\d+)$/.exec(format)
  if (match === null || match[1] !== family)
    throw notASession(folder, `its format is "${format}", "${SESSION_FORMAT}" was expected`)
  if (Number(match[2]) > Number(version)) {
    throw new UserError({
      code: 'session-newer',
      message: `${folder} was written by a newer Symbiote: its format is ${format}, this one reads up to ${SESSION_FORMAT}.`,
      remedy: 'Open it with a newer version of Symbiote; nothing in it was changed.',
      path: folder,
    })
  }
}

/** Under its name the file is always whole. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.part`
  writeFileSync(temporary, text)
  const fd = openSync(temporary, 'r+')
  try {
    fsyncSync(fd)
  }
  finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
}
