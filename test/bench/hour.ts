/**
 * A session of an hour with a million events, as the host opens it for the screen: until there is something to draw, with the index and
 * without it, until all of it is read, and the whole state at moments drawn at random. SYMBIOTE_BENCH_EVENTS asks for fewer.
 */
import type { Bench, BenchContext } from './bench'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { SessionReader } from '../../main/session/reader'
import { makeLongSession } from '../fixtures/longSession'
import { percentile, rounded } from './bench'

/** With the index; without it, three. */
const OPENINGS = 7
const SEEKS = 500

export async function bench({ say }: BenchContext): Promise<Bench> {
  const place = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    const folder = join(place, 'long.session')
    say('  recording…')
    const events = makeLongSession(folder, { events: Number(process.env.SYMBIOTE_BENCH_EVENTS ?? 1_000_000), seconds: 3600 })
    say('  opening…')
    return { name: 'hour', figures: { events, ...await without(folder), ...await withIndex(folder), ...await seeks(folder) } }
  }
  finally {
    rmSync(place, { recursive: true, force: true })
  }
}

async function without(folder: string): Promise<Bench['figures']> {
  const first: number[] = []
  for (let n = 0; n < 2; n++) {
    // Without keeping an index, and to the end, so that the next has the machine to itself.
    const { reader, ms } = await firstPage(folder, Number.POSITIVE_INFINITY)
    first.push(ms)
    await reader.whole()
    await reader.indexed
  }
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const began = performance.now()
  const { reader, ms } = await firstPage(folder)
  first.push(ms)
  await reader.whole()
  const whole = performance.now() - began
  await reader.indexed
  delay.disable()
  return {
    'first page without index, ms p50': rounded(percentile(first, 0.5)),
    'first page without index, ms largest': rounded(percentile(first, 1)),
    'all read without index, s': rounded(whole / 1000),
    'longest wait of others while it is read and indexed, ms': rounded(delay.max / 1e6),
    'index, MB': rounded(statSync(join(folder, 'index.sqlite')).size / 1e6),
  }
}

async function withIndex(folder: string): Promise<Bench['figures']> {
  const first: number[] = []
  for (let n = 0; n < OPENINGS; n++)
    first.push((await firstPage(folder)).ms)
  return { 'first page with index, ms p50': rounded(percentile(first, 0.5)), 'first page with index, ms largest': rounded(percentile(first, 1)) }
}

/** What a screen waits for: the head, the first page of the timeline and the state at its beginning. */
async function firstPage(folder: string, indexFrom?: number): Promise<{ reader: SessionReader, ms: number }> {
  const began = performance.now()
  const reader = await SessionReader.begin(folder, indexFrom === undefined ? {} : { indexFrom })
  const page = await reader.page(0)
  const { head } = reader
  reader.stateAt(page!.columns.times[0] ?? 0)
  const ms = performance.now() - began
  if (head.duration === 0)
    throw new Error('the session that was just written is empty')
  return { reader, ms }
}

async function seeks(folder: string): Promise<Bench['figures']> {
  const reader = await SessionReader.begin(folder)
  await reader.whole()
  const { duration } = reader.head
  const times = Array.from({ length: SEEKS }, () => {
    const t = Math.floor(Math.random() * duration)
    const began = performance.now()
    reader.stateAt(t)
    return performance.now() - began
  })
  return { 'state at a random time, ms p50': rounded(percentile(times, 0.5)), 'state at a random time, ms p99': rounded(percentile(times, 0.99)) }
}
