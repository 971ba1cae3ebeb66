/**
 * Addresses in a transformer. A head without a part means what it gives out (z); a layer, what its block's part writes to
 * the residual stream. An edge joins a writer (embed, heads, mlp units, or all of either) to a later reader.
 */
import type { Address, EdgeAddress, EdgeEnd, HeadAddress, Resolved, Site, SiteReader, SiteWriter, Span, UnitAddress, WeightAddress } from './address'
import type { Problem } from './addressShared'
import type { TransformerArchitecture } from './primary'
import { answer, combinations, inWords, numberProblem, spanOf, within } from './addressShared'
import { classesOf } from './primary'

export function resolveInTransformer(address: Address, text: string, architecture: TransformerArchitecture): Resolved {
  return answer(resolveKind(address, architecture), text)
}

function resolveKind(address: Address, architecture: TransformerArchitecture): Site[] | Problem {
  if (address.kind === 'edge')
    return resolveEdges(address, architecture)
  if (address.kind === 'weight')
    return resolveWeights(address, architecture)
  const problem = foreign(address) ?? blockProblem(address, architecture)
  if (problem)
    return problem
  const { span: positions, error } = spanOf(address.position, architecture.context)
  if (error)
    return error
  const at = positions === undefined ? {} : { positions }
  switch (address.kind) {
    case 'unit': return resolveUnits(address, at, architecture)
    case 'head': return resolveHeads(address, at, architecture)
    case 'layer': return [{ kind: 'layer', module: `blocks.${address.module.layer}.${address.module.stack}`, ...at }]
    case 'residual': return [{ kind: 'residual', module: `blocks.${address.layer}.${address.stream}`, ...at }]
    case 'direction': return [{ kind: 'direction', module: `blocks.${address.layer}.${address.stream}`, name: address.name, ...at }]
    default: throw new Error(`a ${address.kind} was taken for a site of a transformer`)
  }
}

function resolveUnits({ module: { layer }, index }: UnitAddress, at: { positions?: Span }, { dMlp }: TransformerArchitecture): Site[] | Problem {
  const module = `blocks.${layer}.mlp`
  const result = within(index, dMlp, module, 'units')
  return result.error ?? [{ kind: 'unit', module, indices: result.indices, ...at }]
}

function resolveHeads({ module: { layer }, index, part }: HeadAddress, at: { positions?: Span }, { heads }: TransformerArchitecture): Site[] | Problem {
  const module = `blocks.${layer}.attn`
  const result = within(index, heads, module, 'heads')
  return result.error ?? [{ kind: 'head', module, indices: result.indices, part: part ?? 'z', ...at }]
}

function resolveWeights(address: WeightAddress, architecture: TransformerArchitecture): Site[] | Problem {
  const { stack } = address.module
  const { layers, heads, dHead, dModel, dMlp, vocab, context } = architecture
  if (stack === 'layers' || stack === 'conv')
    return foreign(address)!
  const model: [number, string] = [dModel, 'entries (model)']
  const head: [number, string][] = [[heads, 'heads'], model, [dHead, 'entries (inner)']]
  const sizes: Record<string, [number, string][]> = {
    W_E: [[vocab, 'tokens'], model],
    W_pos: [[context, 'positions'], model],
    W_U: [model, [classesOf(architecture), architecture.outputs === 'tokens' ? 'tokens' : 'classes']],
    W_Q: head,
    W_K: head,
    W_V: head,
    W_O: [head[0], head[2], model],
    W_in: [model, [dMlp, 'units']],
    W_out: [[dMlp, 'units'], model],
  }
  if ('layer' in address.module) {
    const problem = numberProblem('blocks', address.module.layer, layers - 1, 'transformer') ?? mlpProblem(stack, architecture)
    if (problem)
      return problem
  }
  const tensor = 'layer' in address.module ? `blocks.${address.module.layer}.${stack}.${address.tensor}` : `${stack}.${address.tensor}`
  const rows = combinations(address.indices, sizes[address.tensor], tensor)
  return 'message' in rows ? rows : rows.map(indices => ({ kind: 'weight' as const, tensor, indices }))
}

/** A place along the stream where something is written or read; attention of block L stands at 2 L, its mlp at 2 L + 1. */
interface End<T> { order: number, ends: T[] }

function resolveEdges({ from, to }: EdgeAddress, architecture: TransformerArchitecture): Site[] | Problem {
  const writers = from.kind === 'embed' ? { order: -1, ends: [{ module: 'embed' }] } : endsOf<SiteWriter>(from, architecture, (module, index) => [{ module, ...(index === undefined ? {} : { index }) }])
  if ('message' in writers)
    return writers
  const readers = to.kind === 'unembed' ? { order: 2 * architecture.layers, ends: [{ module: 'unembed' }] } : readersOf(to, architecture)
  if ('message' in readers)
    return readers
  if (readers.order <= writers.order)
    return { message: 'its end comes before its beginning, and nothing flows backwards.', remedy: 'End it in a later block, or in the mlp of the same block when it begins in its attention.' }
  const at = together(from, to, architecture.context)
  if ('message' in at)
    return at
  return writers.ends.flatMap(from => readers.ends.map((to): Site => ({ kind: 'edge', from, to, ...at })))
}

function readersOf(to: EdgeEnd, architecture: TransformerArchitecture): End<SiteReader> | Problem {
  const parts = to.kind === 'head' && to.part !== undefined && to.part !== 'z' ? [to.part] : ['q', 'k', 'v'] as const
  return endsOf<SiteReader>(to, architecture, (module, index) => {
    const end = { module, ...(index === undefined ? {} : { index }) }
    return module.endsWith('.attn') ? parts.map(part => ({ ...end, part })) : [end]
  })
}

function endsOf<T>(end: EdgeEnd, architecture: TransformerArchitecture, make: (module: string, index?: number) => T[]): End<T> | Problem {
  const sites = resolveKind(end, architecture)
  if ('message' in sites)
    return sites
  const site = sites[0]
  if (site.kind !== 'unit' && site.kind !== 'head' && site.kind !== 'layer')
    throw new Error(`a ${site.kind} was taken for an end of an edge`)
  const order = 2 * end.module.layer + (end.module.stack === 'mlp' ? 1 : 0)
  return { order, ends: site.kind === 'layer' ? make(site.module) : site.indices.flatMap(index => make(site.module, index)) }
}

/** The residual stream carries each position by itself, so an edge acts where both its ends do. */
function together(from: EdgeAddress['from'], to: EdgeAddress['to'], context: number): { positions?: Span } | Problem {
  const [a, b] = [from, to].map(end => 'position' in end ? spanOf(end.position, context).span : undefined)
  if (!a || !b)
    return a ?? b ? { positions: (a ?? b)! } : {}
  const both = { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }
  if (both.from >= both.to)
    return { message: 'its two ends give positions that do not meet, and the residual stream carries each position by itself.', remedy: 'Give both ends the same position, or only one of them.' }
  return { positions: both }
}

function blockProblem(address: Exclude<Address, EdgeAddress | WeightAddress>, architecture: TransformerArchitecture): Problem | undefined {
  const layer = 'module' in address ? address.module.layer : address.layer
  const stack = 'module' in address ? address.module.stack : ''
  return numberProblem('blocks', layer, architecture.layers - 1, 'transformer') ?? mlpProblem(stack, architecture)
}

function mlpProblem(stack: string, { dMlp }: TransformerArchitecture): Problem | undefined {
  return stack === 'mlp' && dMlp === 0 ? { message: 'this transformer is attention only and its blocks have no mlp.', remedy: 'Take a head, as in blocks.0.attn.head[0].' } : undefined
}

function foreign(address: Exclude<Address, EdgeAddress>): Problem | undefined {
  if (!('module' in address) || (address.module.stack !== 'layers' && address.module.stack !== 'conv'))
    return undefined
  return {
    message: `this primary is a transformer, and ${inWords(address)} is nothing a transformer has.`,
    remedy: 'Sites of a transformer are blocks.0.attn.head[1], blocks.0.mlp.unit[12], blocks.0.resid_post, weights such as blocks.0.attn.W_Q[0,0,0], and edges such as embed -> blocks.0.attn.head[1].q.',
  }
}
