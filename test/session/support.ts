/** What the tests of sessions share: folders, a clock that stands still, and a second, independent reader of the log. */
import type { TimeSource } from '../../main/session/clock'
import type { RecorderOptions } from '../../main/session/recorder'
import type { EventBody, SessionEvent } from '../../preload/contract/session'
import { Buffer } from 'node:buffer'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { monotonicFactory } from 'ulid'
import { onTestFinished } from 'vitest'
import { SessionRecorder } from '../../main/session/recorder'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'symbiote-session-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A file system of one megabyte, or undefined where this account may mount none. */
export function tinyDisk(): string | undefined {
  const folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
    onTestFinished(() => void execFileSync('umount', ['-l', folder]))
    return folder
  }
  catch {
    return undefined
  }
}

export const START = Date.UTC(2026, 10, 22, 9, 30)

/** Time that passes only when told to. */
export class StillTime implements TimeSource {
  #ns = 5_000_000_000n
  #timers = new Set<() => void>()
  readonly #next = monotonicFactory()
  /** What the wall clock was set by since it began, ms. */
  set = 0
  now = (): bigint => this.#ns
  wall = (): Date => new Date(START + Number(this.#ns / 1_000_000n) - 5000 + this.set)
  ulid = (ms: number): string => this.#next(ms)
  every = (_ms: number, run: () => void): () => void => {
    this.#timers.add(run)
    return () => this.#timers.delete(run)
  }

  get timers(): number {
    return this.#timers.size
  }

  pass(ms: number): void {
    this.#ns += BigInt(Math.round(ms * 1e6))
  }

  /** Runs what is due at intervals, once. */
  tick(): void {
    for (const run of [...this.#timers])
      run()
  }
}

export function create(folder: string, options: RecorderOptions & { title?: string } = {}): SessionRecorder {
  return SessionRecorder.create({ folder, title: 'Ward round 3', operators: ['A. Operator'], appVersion: '0.1.0', rootSeed: 7, ...options })
}

export const SHA = 'ab'.repeat(32)
const ULID = '01JD0000000000000000000000'

export const ulidOf = (n: number): string => String(n).padStart(26, '0')

export function stimulation(n: number): EventBody {
  return { kind: 'stimulation', stimulation: ulidOf(n), interventions: [{ site: `layers.0.unit[${n}]`, op: 'gate', strength: 0.25, baseline: 'zero' }], compose: false, sham: false }
}

export function off(n: number): EventBody {
  return { kind: 'stimulation.off', stimulation: ulidOf(n), reason: 'released' }
}

export function trial(n: number): EventBody {
  return { kind: 'trial', trial: ulidOf(1000 + n), stimulation: ulidOf(n), battery: ULID, focus: n, target: 3, response: 8, correct: false, sham: false, outputs: SHA, pairedOutputs: SHA, activations: SHA, pairedActivations: SHA, input: SHA, targetLogProbability: -1.37, margin: -0.2, latencyMs: 12, effects: { loss: { mean: 0.1, se: 0.01, n: 256 } }, changed: 61 }
}

export function tag(n: number, text: string, more: { removed?: boolean, supersedes?: string } = {}): Extract<EventBody, { kind: 'tag' }> {
  return { kind: 'tag', tag: ulidOf(2000 + n), number: n, site: `layers.1.unit[${n}]`, text, removed: false, ...more }
}

export function view(n: number): EventBody {
  return { kind: 'view', position: [n, 0.5, -n], target: [0, 0, 0] }
}

export function find(n: number, state: 'running' | 'cancelled'): EventBody {
  return { kind: 'symbiote', find: ulidOf(3000 + n), state, asked: { sites: 'units', objective: 'sufficient', family: 'free', baseline: 'zero', budget: 'auto', seeds: 5, seed: n, certificate: 'full' }, task: { name: 'digits', sha256: SHA, train: 10, heldOut: 5 }, references: [] }
}

export function gates(n: number): EventBody {
  return { kind: 'symbiote.gates', find: ulidOf(3000 + n), phase: 'training', share: n / 10, gates: SHA }
}

/** A small session with every second sealed: started, then `seconds` times a stimulation, its trial and its end. */
export function writeSample(folder: string, seconds = 6, options: RecorderOptions = {}): SessionEvent[] {
  const time = new StillTime()
  const recorder = create(folder, { ...options, time })
  for (let n = 1; n <= seconds; n++) {
    for (const body of [stimulation(n), trial(n), tag(n, 'arrêt ✗'), off(n)]) {
      recorder.append(body, n)
      time.pass(250)
    }
  }
  recorder.close()
  return parseLog(readFileSync(join(folder, 'log.000'))).map(({ event }) => event)
}

export interface ParsedRecord { start: number, end: number, event: SessionEvent }

/** The log's format once more, from its description and not from our code. Throws where a whole log is not whole. */
export function parseLog(log: Buffer): ParsedRecord[] {
  const records: ParsedRecord[] = []
  for (let start = 0; start < log.length;) {
    const length = log[start]! + log[start + 1]! * 2 ** 8 + log[start + 2]! * 2 ** 16 + log[start + 3]! * 2 ** 24
    const payload = log.subarray(start + 8, start + 8 + length)
    if (payload.length < length || log.readUInt32LE(start + 4) !== crc32(payload))
      throw new Error(`no record at ${start}`)
    records.push({ start, end: start + 8 + length, event: JSON.parse(new TextDecoder().decode(payload)) as SessionEvent })
    start += 8 + length
  }
  return records
}

/** A record with the right checksum, whatever it says. */
export function forge(payload: string): Buffer {
  const bytes = Buffer.from(payload)
  const header = Buffer.alloc(8)
  header.writeUInt32LE(bytes.length, 0)
  header.writeUInt32LE(crc32(bytes), 4)
  return Buffer.concat([header, bytes])
}

/** CRC-32 bit by bit, reflected, polynomial 0xEDB88320 (IEEE 802.3). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xFFFFFFFF
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++)
      crc = (crc >>> 1) ^ (crc & 1 ? 0xEDB88320 : 0)
  }
  return (crc ^ 0xFFFFFFFF) >>> 0
}

export interface Child {
  kill: (signal?: NodeJS.Signals) => Promise<void>
  /** Whole lines so far. */
  lines: () => string[]
  /** Waits until some line satisfies the condition. */
  line: (matches: (line: string) => boolean) => Promise<string>
  send: (text: string) => void
}

/** Starts the session writer. Its stdout is a file, so that what it said before a kill is all there. */
export function startWriter(folder: string, mode: string, shell = ''): Child {
  const fixtures = resolve(import.meta.dirname, '../fixtures')
  const out = join(temporaryFolder(), 'stdout')
  const command = [process.execPath, '--import', join(fixtures, 'extensionless.mjs'), join(fixtures, 'sessionWriter.ts'), folder, mode]
  const fd = openSync(out, 'w')
  const stdio = ['pipe', fd, 'inherit'] as const
  const child = shell === ''
    ? spawn(command[0]!, command.slice(1), { stdio: [...stdio] })
    : spawn('bash', ['-c', `${shell}; exec "$@"`, 'bash', ...command], { stdio: [...stdio] })
  closeSync(fd)
  const exited = new Promise<void>(done => child.once('exit', () => done()))
  const lines = (): string[] => readFileSync(out, 'utf8').split('\n').slice(0, -1)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    lines,
    send: text => void child.stdin!.write(text),
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal)
      await exited
    },
    line: async (matches) => {
      for (const deadline = Date.now() + 15_000; Date.now() < deadline; await pause(5)) {
        const found = lines().find(matches)
        if (found !== undefined)
          return found
      }
      throw new Error(`the writer never said it; it said: ${lines().slice(-5).join(' | ')}`)
    },
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise(done => setTimeout(done, ms))
}
