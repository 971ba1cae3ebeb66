/**
 * What recording costs: events appended a second, the slowest in a hundred and in a thousand appends, and how long a log
 * of a million events takes to be read back after a crash. On the disk of the temporary folder, syncing as recordings do.
 */
import type { EventBody } from '../../preload/contract/session'
import type { Bench } from './bench'
import { Buffer } from 'node:buffer'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logFile, logIndices, walkFile } from '../../main/session/logFiles'
import { LogReader } from '../../main/session/logReader'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'

const EVENTS = 1_000_000

export async function bench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    const session = join(folder, 'bench.session')
    const written = write(session)
    return { name: 'session', figures: { ...written, ...floor(join(folder, 'floor')), ...checked(session), ...await opened(session) } }
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Crashes at the end: the log has no end and no last seal. */
function write(folder: string): Record<string, number> {
  const recorder = SessionRecorder.create({ folder, title: 'bench', operators: [], appVersion: '0', rootSeed: 1 })
  const took = new Float64Array(EVENTS)
  const began = performance.now()
  for (let n = 0; n < EVENTS; n++) {
    const before = performance.now()
    recorder.append(bodyOf(n), n)
    took[n] = performance.now() - before
  }
  const seconds = (performance.now() - began) / 1000
  recorder.abandon()
  took.sort()
  const at = (share: number): number => 1000 * took[Math.floor(share * (EVENTS - 1))]!
  return { 'events': EVENTS, 'appended per second': EVENTS / seconds, 'append p50, µs': at(0.5), 'append p99, µs': at(0.99), 'append p99.9, µs': at(0.999), 'append longest, ms': at(1) / 1000 }
}

/** About 190 bytes as JSON, the length the design was measured with. */
function bodyOf(n: number): EventBody {
  return { kind: 'view', position: [12.25 + n % 100, -3.5, 40.125], target: [0.5, 0, -0.25], selection: `layers.0.unit[${n % 256}]` }
}

/** What this machine's system calls allow at most: as many writes of as many bytes, one for each event, and nothing else. */
function floor(path: string): Record<string, number> {
  const bytes = Buffer.alloc(200, 'x')
  const fd = openSync(path, 'wx')
  const began = performance.now()
  for (let n = 0; n < EVENTS; n++)
    writeSync(fd, bytes)
  const seconds = (performance.now() - began) / 1000
  closeSync(fd)
  return { 'writes alone per second': EVENTS / seconds }
}

/** Reading alone: every checksum; then also every chain hash and event. */
function checked(folder: string): Record<string, number> {
  let records = 0
  const began = performance.now()
  for (const index of logIndices(folder)) {
    for (const { kind } of walkFile(logFile(folder, index)))
      records += kind === 'record' ? 1 : 0
  }
  const checksums = performance.now() - began
  const reader = new LogReader(folder)
  const beganAll = performance.now()
  for (const _ of reader.events())
    records--
  if (records !== 0 || reader.recovery !== undefined)
    throw new Error('the log that was just written is not whole')
  return { 'recovery, checksums, ms': checksums, 'recovery, checksums, chain and events, ms': performance.now() - beganAll }
}

async function opened(folder: string): Promise<Record<string, number>> {
  const began = performance.now()
  const reader = await SessionReader.open(folder)
  const open = performance.now() - began
  if (reader.tables.views.length !== EVENTS)
    throw new Error(`${EVENTS - reader.tables.views.length} events are missing`)
  const seeks = Array.from({ length: 200 }, (_, i) => {
    const t = reader.tables.duration * ((i * 0.618) % 1)
    const before = performance.now()
    reader.stateAt(t)
    return performance.now() - before
  }).sort((a, b) => a - b)
  return { 'open with tables, ms': open, 'seek p50, ms': seeks[100]!, 'seek p99, ms': seeks[198]! }
}
