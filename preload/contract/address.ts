/**
 * Site addresses: `<module>.<what>[indices]@position`, and edges as `A -> B`.
 * An `Address` is what a text says, whatever the primary; a `Site` is a place that exists in one architecture.
 * Formatting is canonical: two addresses are the same place spelled alike if and only if their texts are equal.
 */
import type { UserErrorData } from './errors'
import type { Architecture } from './primary'
import { resolveInCnn } from './addressCnn'
import { resolveInMlp } from './addressMlp'
import { parse } from './addressParser'
import { resolveInTransformer } from './addressTransformer'
import { UserError } from './errors'

/** One index, a half-open range `from:to` as in Python (`0:16` is sixteen of them), or all of them. */
export type Index = number | { from: number, to: number } | '*'

/** A token position or a half-open range of them; left out, it means every position. */
export type Position = Exclude<Index, '*'>

/** `layers.L`, `conv.L`, `blocks.L.attn`, `blocks.L.mlp`. */
export interface Module<Stack extends 'layers' | 'conv' | 'attn' | 'mlp' = 'layers' | 'conv' | 'attn' | 'mlp'> {
  stack: Stack
  layer: number
}

/** Modules outside the stacks, which have weights and nothing else. */
export interface Table {
  stack: 'embed' | 'pos_embed' | 'unembed'
}

export type HeadPart = 'q' | 'k' | 'v' | 'z'
export type Stream = 'resid_pre' | 'resid_post'

export type UnitAddress = { kind: 'unit', module: Module<'layers' | 'mlp'>, index: Index, position?: Position }
export type ChannelAddress = { kind: 'channel', module: Module<'conv'>, index: Index, position?: Position }
export type HeadAddress = { kind: 'head', module: Module<'attn'>, index: Index, part?: HeadPart, position?: Position }
export type LayerAddress = { kind: 'layer', module: Module, position?: Position }
export type ResidualAddress = { kind: 'residual', layer: number, stream: Stream, position?: Position }
export type DirectionAddress = { kind: 'direction', layer: number, stream: Stream, name: string, position?: Position }
/** Indices in the order the tensor is stored; two for a convolution, whose kernel is one site. */
export type WeightAddress = { kind: 'weight', module: Module | Table, tensor: string, indices: Index[] }

export type EdgeEnd = UnitAddress | ChannelAddress | HeadAddress | LayerAddress
/** `from` is the one that writes, `to` the one that reads; `embed` is what the residual stream begins with, `unembed` what turns its end into outputs. */
export type EdgeAddress = { kind: 'edge', from: EdgeEnd | { kind: 'embed' }, to: EdgeEnd | { kind: 'unembed' } }

export type Address = EdgeEnd | ResidualAddress | DirectionAddress | WeightAddress | EdgeAddress

/** Token positions from … to − 1. */
export interface Span { from: number, to: number }

/**
 * A place in a primary, every number checked. `module` is `layers.L`, `conv.L`, `blocks.L.attn`, `blocks.L.mlp`, `blocks.L.resid_pre` or
 * `blocks.L.resid_post`; the units of `layers.L` are the outputs of the L-th dense layer, the last being the logits.
 * Without `positions` it is every position.
 */
export type Site
  = | { kind: 'unit', module: string, indices: number[], positions?: Span }
    /** Whole feature maps. */
    | { kind: 'channel', module: string, indices: number[] }
    /** What heads read (q, k, v) or give out (z). */
    | { kind: 'head', module: string, indices: number[], part: HeadPart, positions?: Span }
    /** All units or channels of a layer; of a block's part, all that it writes to the residual stream. */
    | { kind: 'layer', module: string, positions?: Span }
    | { kind: 'residual', module: string, positions?: Span }
    | { kind: 'direction', module: string, name: string, positions?: Span }
    /** `indices` has as many as the tensor has axes, except that a convolution's kernel is one place: [out, in]. */
    | { kind: 'weight', tensor: string, indices: number[] }
    /** What `from` contributes to `to`, and to nothing else. */
    | { kind: 'edge', from: SiteWriter, to: SiteReader, positions?: Span }

/** A unit, channel or head by `index`; without it the whole of what `module` writes. `embed` has no index. */
export interface SiteWriter { module: string, index?: number }

/** A unit, channel or head by `index`, without it all of them; `part` in attention. `unembed` has no index. */
export interface SiteReader { module: string, index?: number, part?: 'q' | 'k' | 'v' }

export type Parsed = { site: Address, error?: undefined } | { site?: undefined, error: UserErrorData }
export type Resolved = { sites: Site[], error?: undefined } | { sites?: undefined, error: UserErrorData }

/** Total: any text gives an address, or an error (`site-malformed`) saying which part is wrong and what would be right there. */
export function parseAddress(text: string): Parsed {
  return parse(text)
}

/** The places an address means in an architecture, or an error (`site-malformed`, `site-unknown`). A range gives several. */
export function resolveAddress(address: Address | string, architecture: Architecture): Resolved {
  const parsed = typeof address === 'string' ? parseAddress(address) : { site: address }
  if (parsed.error)
    return parsed
  const text = formatAddress(parsed.site)
  switch (architecture.kind) {
    case 'mlp': return resolveInMlp(parsed.site, text, architecture)
    case 'cnn': return resolveInCnn(parsed.site, text, architecture)
    case 'transformer': return resolveInTransformer(parsed.site, text, architecture)
    default: return architecture satisfies never
  }
}

/** The same for a caller that has nowhere to show an error: throws it as a `UserError`. */
export function sitesOf(address: Address | string, architecture: Architecture): Site[] {
  const { sites, error } = resolveAddress(address, architecture)
  if (error)
    throw new UserError(error)
  return sites
}

export function formatAddress(address: Address): string {
  switch (address.kind) {
    case 'unit': return `${formatModule(address.module)}.unit[${formatIndex(address.index)}]${formatPosition(address)}`
    case 'channel': return `${formatModule(address.module)}.channel[${formatIndex(address.index)}]${formatPosition(address)}`
    case 'head': return `${formatModule(address.module)}.head[${formatIndex(address.index)}]${address.part === undefined ? '' : `.${address.part}`}${formatPosition(address)}`
    case 'layer': return `${formatModule(address.module)}${formatPosition(address)}`
    case 'residual': return `blocks.${address.layer}.${address.stream}${formatPosition(address)}`
    case 'direction': return `blocks.${address.layer}.${address.stream}.direction[${address.name}]${formatPosition(address)}`
    case 'weight': return `${formatModule(address.module)}.${address.tensor}[${address.indices.map(formatIndex).join(',')}]`
    case 'edge': return `${address.from.kind === 'embed' ? 'embed' : formatAddress(address.from)} -> ${address.to.kind === 'unembed' ? 'unembed' : formatAddress(address.to)}`
    default: return address satisfies never
  }
}

/** `layers.0`, `blocks.1.attn`, `embed`. */
export function formatModule(module: Module | Table): string {
  switch (module.stack) {
    case 'layers':
    case 'conv': return `${module.stack}.${module.layer}`
    case 'attn':
    case 'mlp': return `blocks.${module.layer}.${module.stack}`
    default: return module.stack
  }
}

function formatIndex(index: Index): string {
  return typeof index === 'object' ? `${index.from}:${index.to}` : String(index)
}

function formatPosition({ position }: { position?: Position }): string {
  return position === undefined ? '' : `@${formatIndex(position)}`
}
