/** What was monitored of a site, read back from the session's signals: extremes in evenly wide stretches, so that hours fit a screen. */
import type { EventOf } from '../../preload/contract/session'
import type { Trace } from '../../preload/contract/timeline'
import type { SessionReader } from '../session/reader'
import { UserError } from '../../preload/contract/errors'
import { rowsOf, sampleTime } from '../session/signal'

/** Longest stretch of work before other work gets a turn, milliseconds. */
const SLICE = 8

export async function readTrace(session: SessionReader, { site, from, to, stretches }: { site: string, from: number, to: number, stretches: number }): Promise<Trace> {
  await session.reach(to)
  const low = new Float32Array(stretches).fill(Number.NaN)
  const high = new Float32Array(stretches).fill(Number.NaN)
  const width = (to - from) / stretches
  let until = performance.now() + SLICE
  for (const signal of session.signals(from, to)) {
    for (const { t, until: end, value } of samplesOf(session, signal, site)) {
      // A sample holds until the next: it is seen in every stretch it reaches into.
      const first = Math.max(0, Math.floor((t - from) / width))
      const last = Math.min(stretches - 1, Math.ceil((end - from) / width) - 1)
      for (let at = first; at <= last && !Number.isNaN(value); at++) {
        low[at] = low[at]! <= value ? low[at]! : value
        high[at] = high[at]! >= value ? high[at]! : value
      }
    }
    if (performance.now() > until) {
      await new Promise(setImmediate)
      until = performance.now() + SLICE
    }
  }
  return { from, to, low, high }
}

/** None where the site is no channel of it. */
function* samplesOf(session: SessionReader, signal: EventOf<'signal'>, site: string): Generator<{ t: number, until: number, value: number }> {
  const channel = signal.channels.indexOf(site)
  const rows = channel < 0 ? undefined : readRows(session, signal)
  if (rows === undefined)
    return
  for (let i = 0; i < signal.samples; i++)
    yield { t: sampleTime(signal, i), until: sampleTime(signal, i + 1), value: rows[i * signal.channels.length + channel]! }
}

/** Undefined where its blob is lost or is none of its own. */
function readRows(session: SessionReader, signal: EventOf<'signal'>): Float32Array | undefined {
  try {
    return rowsOf(signal, session.blob(signal.data))
  }
  catch (error) {
    if (error instanceof UserError || error instanceof RangeError)
      return undefined
    throw error
  }
}
