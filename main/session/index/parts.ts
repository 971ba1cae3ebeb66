/**
 * `index.sqlite` as a box of named parts, each with its checksum: SQLite itself notices only damage to its own structure, and a
 * flipped bit in a part would otherwise be believed.
 */
import type { DatabaseSync } from 'node:sqlite'
import { Buffer } from 'node:buffer'
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { sqlite } from './sqlite'

/** Undefined where there is none, or anything at all is wrong with it. */
export function readParts(path: string): Map<string, Uint8Array> | undefined {
  return withDatabase(path, (db) => {
    const parts = new Map<string, Uint8Array>()
    for (const { name, crc, bytes } of db.prepare('SELECT name, crc, bytes FROM part').iterate() as Iterable<Record<string, unknown>>) {
      if (typeof name !== 'string' || !(bytes instanceof Uint8Array) || crcOf(name, bytes) !== crc)
        return undefined
      parts.set(name, bytes)
    }
    return parts
  })
}

/** Writes it whole or not at all, a part at a time so that others have their turn. Throws what SQLite or the disk throws. */
export async function writeParts(path: string, parts: Iterable<[string, Uint8Array]>): Promise<void> {
  const Sqlite = sqlite()
  if (Sqlite === undefined)
    return
  const temporary = `${path}.part`
  rmSync(temporary, { force: true })
  const db = new Sqlite.DatabaseSync(temporary)
  try {
    // It is thrown away where it is not whole, so it needs no journal.
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE part (name TEXT PRIMARY KEY, crc INTEGER NOT NULL, bytes BLOB NOT NULL)')
    const insert = db.prepare('INSERT INTO part VALUES (?, ?, ?)')
    for (const [name, bytes] of parts) {
      insert.run(name, crcOf(name, bytes), bytes)
      await new Promise(setImmediate)
    }
  }
  catch (error) {
    db.close()
    rmSync(temporary, { force: true })
    throw error
  }
  db.close()
  sync(temporary)
  renameSync(temporary, path)
}

function sync(path: string): void {
  const fd = openSync(path, 'r+')
  try {
    fsyncSync(fd)
  }
  finally {
    closeSync(fd)
  }
}

function withDatabase<T>(path: string, run: (db: DatabaseSync) => T | undefined): T | undefined {
  const Sqlite = sqlite()
  if (Sqlite === undefined)
    return undefined
  try {
    const db = new Sqlite.DatabaseSync(path, { readOnly: true })
    try {
      return run(db)
    }
    finally {
      db.close()
    }
  }
  catch {
    // Missing, cut short, not a database: the log knows everything it would.
    return undefined
  }
}

function crcOf(name: string, bytes: Uint8Array): number {
  return crc32(bytes, crc32(Buffer.from(name)))
}
