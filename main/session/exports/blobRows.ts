/** Sweeps, circuits and monitored signals as rows, from their blobs. Where a blob is lost there are no rows, and the export says so. */
import type { EventOf } from '../../../preload/contract/session'
import type { ExportContext } from './context'
import type { CandidateRow, SampleRow, SweepEffectRow } from './csvTables'
import { Buffer } from 'node:buffer'
import { rowsOf, sampleTime } from '../signal'

export function* sweepRows(context: ExportContext, { sweep, addresses, effects, sites }: EventOf<'sweep'>): Generator<SweepEffectRow> {
  const of = `the effects of sweep ${sweep}`
  const names = linesOf(context.blob(addresses, of))
  const values = context.blob(effects, of)
  if (names === undefined || values === undefined)
    return
  if (names.length !== sites || values.length !== 16 * sites)
    return void context.notes.add(`Left out ${of}: its blobs do not hold the ${sites} sites its event names.`)
  const pairs = new Float64Array(values.buffer, 0, 2 * sites)
  for (const [i, address] of names.entries())
    yield { sweep, address, effect: pairs[2 * i]!, se: pairs[2 * i + 1]! }
}

export function* circuitRows(context: ExportContext, { find, result }: EventOf<'symbiote'>): Generator<CandidateRow> {
  if (result === undefined)
    return
  const of = `the sites of circuit ${find}`
  const { sites } = result
  const names = linesOf(context.blob(result.addresses, of))
  const score = context.blob(result.score, of)
  const member = context.blob(result.member, of)
  const membership = context.blob(result.membership, of)
  const gates = context.blob(result.gates, of)
  if (names === undefined || score === undefined || member === undefined || membership === undefined || gates === undefined)
    return
  if (names.length !== sites || score.length !== 8 * sites || member.length !== sites || membership.length !== 4 * sites || gates.length !== 4 * sites)
    return void context.notes.add(`Left out ${of}: its blobs do not hold the ${sites} sites its event names.`)
  const scores = new Float64Array(score.buffer)
  const memberships = new Float32Array(membership.buffer)
  const values = new Float32Array(gates.buffer)
  for (const [i, address] of names.entries())
    yield { find, address, score: scores[i]!, member: member[i] === 1, membership: memberships[i]!, gate: values[i]! }
}

/** Of each sample the values of all channels. */
export function* signalRows(context: ExportContext, signal: EventOf<'signal'>): Generator<{ t: number, values: Float32Array }> {
  const of = `what was monitored from ${signal.t0 / 1e9} s on`
  const blob = context.blob(signal.data, of)
  if (blob === undefined)
    return
  const width = signal.channels.length
  if (blob.byteLength !== 4 * width * signal.samples)
    return void context.notes.add(`Left out ${of}: its blob does not hold the ${signal.samples} samples its event names.`)
  const rows = rowsOf(signal, blob)
  for (let i = 0; i < signal.samples; i++)
    yield { t: sampleTime(signal, i), values: rows.subarray(i * width, (i + 1) * width) }
}

/** A row for each channel of each sample. */
export function* sampleRows(context: ExportContext, signal: EventOf<'signal'>): Generator<SampleRow> {
  for (const { t, values } of signalRows(context, signal)) {
    for (const [i, site] of signal.channels.entries())
      yield { t, site, value: values[i]! }
  }
}

function linesOf(bytes: Uint8Array | undefined): string[] | undefined {
  return bytes && Buffer.from(bytes).toString('utf8').split('\n')
}
