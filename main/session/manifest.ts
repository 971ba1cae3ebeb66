/**
 * `manifest.json`: what a session is, for people and for a quick look. Written when it begins, and once more when a newer version goes
 * on with it. The log's first event repeats it, so that either can be lost.
 */
import type { EventOf } from '../../preload/contract/session'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { notASession, writeFailure } from './failures'
import { migratedHead, numberOf } from './migrations/versions'

const manifestSchema = z.object({
  /** The newest version that wrote to the session. */
  format: z.string(),
  /** That of its beginning, where it was another. */
  began: z.string().optional(),
  /** Id of the session and of its first event. */
  session: z.string().length(26),
  title: z.string(),
  operators: z.array(z.string()),
  /** UTC, ISO 8601. */
  startedAt: z.string(),
  appVersion: z.string(),
  rootSeed: z.int().nonnegative(),
})

export interface Manifest {
  /** The first event as the manifest tells it. */
  started: EventOf<'session.started'>
  /** The newest version that wrote to the session. */
  format: string
}

/** `newest` where that is not the version of the first event. */
export function writeManifest(folder: string, started: EventOf<'session.started'>, newest = started.format): void {
  const { id, t: _t, step: _step, kind: _kind, format: began, ...rest } = started
  const path = join(folder, 'manifest.json')
  try {
    writeWhole(path, `${JSON.stringify({ format: newest, ...newest === began ? {} : { began }, session: id, ...rest }, undefined, 2)}\n`)
  }
  catch (error) {
    throw writeFailure(error, path)
  }
}

/** Undefined where it is missing or unreadable. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    const head = z.looseObject({ format: z.string() }).parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
    const { session, format, began, ...rest } = manifestSchema.parse(migratedHead(head, numberOf(head.format) ?? Number.POSITIVE_INFINITY))
    return { started: { id: session, t: 0, step: 0, kind: 'session.started', format: began ?? format, ...rest }, format }
  }
  catch {
    return undefined
  }
}

/** What the manifest says of its version, even where a newer one has changed the rest; undefined where it says nothing. */
export function manifestFormat(folder: string): string | undefined {
  try {
    return z.looseObject({ format: z.string() }).parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).format
  }
  catch {
    return undefined
  }
}

/** Throws the UserErrors `session-newer` and `not-a-session`. */
export function checkFormat(folder: string, format: string): void {
  const version = numberOf(format)
  if (version === undefined)
    throw notASession(folder, `its format is "${format}", "${SESSION_FORMAT}" was expected`)
  if (version > numberOf(SESSION_FORMAT)!) {
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
