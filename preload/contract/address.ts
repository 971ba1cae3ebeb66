/**
 * Site addresses: `<module>.<what>[indices]@position`, and edges as `A -> B`.
 * An `Address` is what a text says, whatever the primary; a `Site` is a place that exists in one architecture.
 * Formatting is canonical: two addresses are the same place spelled alike if and only if their texts are equal.
 */
import type { UserErrorData } from './errors'
import type { Architecture } from './primary'
import { resolveInMlp } from './addressMlp'
import { parse } from './addressParser'
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
/** `from` is the one that writes, `to` the one that reads. */
export type EdgeAddress = { kind: 'edge', from: EdgeEnd | { kind: 'embed' }, to: EdgeEnd }

export type Address = EdgeEnd | ResidualAddress | DirectionAddress | WeightAddress | EdgeAddress

/**
 * A place in a primary, every number checked. `layer` is the L of `layers.L`: the L-th dense layer, whose units are its outputs.
 * An mlp with hidden [256, 128] has layers 0, 1 and 2, and the units of layer 2 are the logits.
 */
export type Site
  = | { kind: 'unit', layer: number, indices: number[] }
    /** Row `out` and column `in` of `layers.L.weight`: from unit `in` of the layer below (layer 0: of the input) to unit `out`. */
    | { kind: 'weight', layer: number, out: number, in: number }
    /** All units of the layer. */
    | { kind: 'layer', layer: number }
    /** What `from` contributes to `to`, and to nothing else; `to.layer` is `from.layer + 1`. */
    | { kind: 'edge', from: { layer: number, index: number }, to: { layer: number, index: number } }

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
    default: return architecture.kind satisfies never
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
    case 'edge': return `${address.from.kind === 'embed' ? 'embed' : formatAddress(address.from)} -> ${formatAddress(address.to)}`
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
