/**
 * What a site does, as one row of numbers over the items: the activation of a unit (of a channel the mean over its pixels), or where a head
 * looks. A weight does nothing by itself; it stands for the hidden units at its ends.
 */
import type { Site } from '../../../preload/contract/address'
import type { Items } from '../../../preload/contract/engine'
import type { MatchSide } from '../../../preload/contract/match'
import type { Executor } from '../executor/executor'
import type { Model } from '../primary/model'
import { UserError } from '../../../preload/contract/errors'
import { sitesToSweep } from '../../../preload/contract/sweepSites'
import { uploadTensor } from '../executor/executor'
import { hookNamed } from '../primary/model'
import { modelOf } from '../primary/models'
import { Observer } from '../stimulation/observing'
import { targetAt } from '../stimulation/targets'

export interface Signatures {
  kind: 'activations' | 'attention patterns'
  addresses: string[]
  /** Indices of members. */
  members: number[]
  /** Layer of each, by name. */
  layers: string[]
  /** Standardised: mean 0, and of length 1; all zeros where a site never varies. */
  rows: Float64Array[]
}

export async function signaturesOf(executor: Executor, { architecture, weights, sites }: MatchSide, items: Items, rows: Int32Array): Promise<Signatures> {
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: items.inputs.shape[1] })
  const { addresses, members } = actingSites(sites, model)
  const sources = addresses.map(address => sourceOf(address, model))
  const kind = sources[0].kind
  const odd = sources.findIndex(source => source.kind !== kind)
  if (odd >= 0) throw unfit(addresses[odd], 'heads and units do not compare', 'Match a circuit of heads, or one of units.')
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  try {
    const names = [...new Set(sources.map(({ name }) => name))]
    const { values } = await new Observer(executor, model, parameters).observe(items, rows, names)
    return { kind, addresses, members, layers: sources.map(({ name }) => name), rows: sources.map(source => standardised(rowOf(source, values[source.name], rows.length, model))) }
  }
  finally {
    executor.free(...parameters)
  }
}

/** Of weights the hidden units they lead into or out of, once each; anything else as it is. */
function actingSites(sites: MatchSide['sites'], model: Model): { addresses: string[], members: number[] } {
  const member = new Map<string, boolean>()
  for (const { address, member: own } of sites) {
    for (const one of endsOf(address, model)) member.set(one, own || (member.get(one) ?? false))
  }
  const addresses = [...member.keys()]
  const members = addresses.flatMap((address, i) => member.get(address) ? [i] : [])
  if (members.length === 0) throw unfit('the circuit', 'none of its members lies at a hidden unit or is a head', 'Match circuits that have hidden units, heads, or weights between hidden units.')
  return { addresses, members }
}

function endsOf(address: string, { architecture }: Model): string[] {
  const site = siteAt(address, architecture)
  if (site.kind !== 'weight') return [address]
  const layer = /^layers\.(\d+)\.weight$/.exec(site.tensor)
  if (architecture.kind !== 'mlp' || !layer) throw unfit(address, 'only weights of an mlp can be told by the units at their ends', 'Match circuits of heads, units or channels.')
  const [l, [to, from]] = [Number(layer[1]), site.indices]
  return [...(l < architecture.hidden.length ? [`layers.${l}.unit[${to}]`] : []), ...(l > 0 ? [`layers.${l - 1}.unit[${from}]`] : [])]
}

function siteAt(address: string, architecture: Model['architecture']): Site {
  return sitesToSweep([address], architecture)[0].site
}

interface Source { kind: Signatures['kind'], name: string, head: number, components: readonly number[] }

function sourceOf(address: string, model: Model): Source {
  const site = siteAt(address, model.architecture)
  if (site.kind === 'head') return { kind: 'attention patterns', name: `${site.module}.pattern`, head: site.indices[0], components: [] }
  const place = site.kind === 'unit' || site.kind === 'channel' ? targetAt(site, { site: address, op: 'gate', strength: 0, baseline: 'zero' }, model).place : undefined
  if (place?.kind !== 'cells') throw unfit(address, 'it has no activation of its own to be compared', 'Match circuits of heads, units, channels, or weights of an mlp.')
  return { kind: 'activations', name: place.hook, head: 0, components: place.components }
}

function rowOf({ kind, name, head, components }: Source, values: Float32Array, items: number, model: Model): Float64Array {
  if (kind === 'attention patterns') {
    const { heads } = model.architecture as { heads: number }
    const each = values.length / items / heads
    const row = new Float64Array(items * each)
    for (let i = 0; i < items; i++) row.set(values.subarray((i * heads + head) * each, (i * heads + head + 1) * each), i * each)
    return row
  }
  const { width } = hookNamed(model, name)
  return Float64Array.from({ length: values.length / width }, (_, t) => components.reduce((sum, c) => sum + values[t * width + c], 0) / components.length)
}

function standardised(row: Float64Array): Float64Array {
  const mean = row.reduce((a, b) => a + b, 0) / row.length
  const length = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0))
  return length > 1e-9 * row.length ? row.map(value => (value - mean) / length) : row.fill(0)
}

function unfit(path: string, why: string, remedy: string): UserError {
  return new UserError({ code: 'match-unfit', message: `${path}: ${why}.`, remedy, path })
}
