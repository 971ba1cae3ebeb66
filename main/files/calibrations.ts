/**
 * What was found of primaries at rest, means and σ, kept in the user's own folder so that the same primary with the same items
 * opens faster the next time. A cache: lost or damaged it costs the finding out again, so reading and writing never fail.
 * A file holds the SHA-256 of its key and its numbers, then the numbers; a few kilobytes each.
 */
import type { SiteStatistics } from '../../preload/contract/engine'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from './atomic'

const DIGEST = 32
/** Part of every key: a new way of calibrating, or another layout of the numbers, finds nothing of the old. */
const VERSION = 1

/**
 * All that the numbers depend on. The executor is part of it, because σ goes into what a drive does, and re-execution has to
 * give the recorded bits.
 */
export interface CalibrationKey {
  weightsSha256: string
  datasetSha256: string
  split: string
  seed: number
  /** Items that calibrate, at most. */
  items: number
  executor: { name: string, device: string, versions: Record<string, string> }
  /** Of each sheet, which the numbers are told apart by. */
  sizes: number[]
}

export async function readCalibration(home: string, key: CalibrationKey): Promise<SiteStatistics | undefined> {
  const { path, text } = placeOf(home, key)
  const bytes = await readFile(path).catch(() => undefined)
  const all = key.sizes.reduce((a, b) => a + b, 0)
  if (bytes?.length !== DIGEST + 4 * (1 + 2 * all)) return undefined
  const body = bytes.subarray(DIGEST)
  if (!digest(text, body).equals(bytes.subarray(0, DIGEST))) return undefined
  const numbers = new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length))
  let at = 1
  const take = (): Float32Array[] => key.sizes.map(size => numbers.slice(at, at += size))
  return { items: numbers[0], mean: take(), sigma: take() }
}

export async function writeCalibration(home: string, key: CalibrationKey, { items, mean, sigma }: SiteStatistics): Promise<void> {
  const { path, text } = placeOf(home, key)
  const body = new Uint8Array(Float32Array.of(items, ...[...mean, ...sigma].flatMap(sheet => [...sheet])).buffer)
  // A full disk, say: the next opening only takes as long as this one.
  await writeAtomic(path, [digest(text, body), body]).catch(() => {})
}

function placeOf(home: string, { weightsSha256, datasetSha256, split, seed, items, executor, sizes }: CalibrationKey): { path: string, text: string } {
  const text = JSON.stringify([VERSION, weightsSha256, datasetSha256, split, seed, items, executor.name, executor.device, Object.entries(executor.versions).sort(), sizes])
  return { path: join(home, 'calibrations', digest(text).toString('hex').slice(0, 32)), text }
}

function digest(text: string, body: Uint8Array = new Uint8Array()): Buffer {
  return createHash('sha256').update(text).update(body).digest()
}
