/**
 * The sites a selection means, as addresses in a fixed order: what the effects of a sweep are listed by, the same in the
 * engine, the host and the screen. Every address is one place.
 */
import type { Site } from './address'
import type { Architecture, CnnArchitecture, MlpArchitecture, TransformerArchitecture } from './primary'
import type { SiteSelection } from './sweep'
import { sitesOf } from './address'
import { UserError } from './errors'

type Kind = Exclude<SiteSelection, string[]>

/** One place, and how it is spelt. */
export interface SweptSite { address: string, site: Site }

/** Throws the UserErrors `site-malformed`, `site-unknown` and `no-such-sites`. */
export function sitesToSweep(selection: SiteSelection, architecture: Architecture): SweptSite[] {
  const patterns = typeof selection === 'string' ? patternsOf(selection, architecture) : selection
  const sites = patterns.flatMap(pattern => sitesOf(pattern, architecture).flatMap(singles))
  if (sites.length > 0) return typeof selection === 'string' ? sites : [...new Map(sites.map(site => [site.address, site])).values()]
  throw new UserError({
    code: 'no-such-sites',
    message: `This primary (${architecture.kind}) has no ${String(selection)}.`,
    remedy: architecture.kind === 'transformer' ? 'Sweep heads, units, edges, weights or layers, or give an address.' : 'Sweep units, weights, edges or layers, or give an address.',
  })
}

/** The addresses alone. */
export function expandSites(selection: SiteSelection, architecture: Architecture): string[] {
  return sitesToSweep(selection, architecture).map(({ address }) => address)
}

/** Every place a resolved site holds, spelt as `formatAddress` spells it. */
function singles(site: Site): SweptSite[] {
  switch (site.kind) {
    case 'unit':
    case 'channel': return site.indices.map(index => ({ address: `${site.module}.${site.kind}[${index}]${at(site)}`, site: { ...site, indices: [index] } }))
    case 'head': return site.indices.map(index => ({ address: `${site.module}.head[${index}]${site.part === 'z' ? '' : `.${site.part}`}${at(site)}`, site: { ...site, indices: [index] } }))
    case 'layer':
    case 'residual': return [{ address: `${site.module}${at(site)}`, site }]
    case 'direction': return [{ address: `${site.module}.direction[${site.name}]${at(site)}`, site }]
    case 'weight': return [{ address: `${site.tensor}[${site.indices.join(',')}]`, site }]
    case 'edge': return [{ address: `${endOf(site.from)} -> ${endOf(site.to)}${at(site)}`, site }]
    default: return site satisfies never
  }
}

function at(site: Site): string {
  if (!('positions' in site) || site.positions === undefined) return ''
  const { from, to } = site.positions
  return to === from + 1 ? `@${from}` : `@${from}:${to}`
}

function endOf({ module, index, part }: { module: string, index?: number, part?: string }): string {
  if (index === undefined) return part === undefined ? module : `${module}.${part}`
  const kind = module.endsWith('.attn') ? 'head' : module.startsWith('conv.') ? 'channel' : 'unit'
  return `${module}.${kind}[${index}]${part === undefined ? '' : `.${part}`}`
}

/** Addresses with ranges that mean every site of a kind, in the order of computation. */
function patternsOf(kind: Kind, architecture: Architecture): string[] {
  switch (architecture.kind) {
    case 'mlp': return densePatterns(kind, architecture)
    case 'cnn': return cnnPatterns(kind, architecture)
    case 'transformer': return transformerPatterns(kind, architecture)
    default: return architecture satisfies never
  }
}

function densePatterns(kind: Kind, { hidden }: Pick<MlpArchitecture, 'hidden'>): string[] {
  switch (kind) {
    // The outputs are the answer, not a part of how it is found.
    case 'units': return hidden.map((_, l) => `layers.${l}.unit[*]`)
    case 'layers': return hidden.map((_, l) => `layers.${l}`)
    case 'weights': return list(hidden.length + 1, l => `layers.${l}.weight[*,*]`)
    case 'edges': return hidden.map((_, l) => `layers.${l}.unit[*] -> layers.${l + 1}.unit[*]`)
    case 'heads': return []
    default: return kind satisfies never
  }
}

/** Channels are the units of a convolution, and a kernel is one weight. */
function cnnPatterns(kind: Kind, { conv, hidden }: CnnArchitecture): string[] {
  switch (kind) {
    case 'units': return [...conv.map((_, l) => `conv.${l}.channel[*]`), ...densePatterns(kind, { hidden })]
    case 'layers': return [...conv.map((_, l) => `conv.${l}`), ...densePatterns(kind, { hidden })]
    case 'weights': return conv.map((_, l) => `conv.${l}.weight[*,*]`)
    case 'edges': return conv.slice(1).map((_, l) => `conv.${l}.channel[*] -> conv.${l + 1}.channel[*]`)
    case 'heads': return []
    default: return kind satisfies never
  }
}

function transformerPatterns(kind: Kind, architecture: TransformerArchitecture): string[] {
  const { layers, dMlp } = architecture
  const mlp = dMlp > 0
  const blocks = (make: (block: number) => string[]): string[] => list(layers, make).flat()
  switch (kind) {
    case 'units': return mlp ? blocks(b => [`blocks.${b}.mlp.unit[*]`]) : []
    case 'heads': return blocks(b => [`blocks.${b}.attn.head[*]`])
    case 'layers': return blocks(b => [`blocks.${b}.attn`, ...mlp ? [`blocks.${b}.mlp`] : []])
    case 'edges': return transformerEdges(architecture)
    case 'weights': return blocks(b => [...['W_Q', 'W_K', 'W_V', 'W_O'].map(name => `blocks.${b}.attn.${name}[*,*,*]`), ...mlp ? [`blocks.${b}.mlp.W_in[*,*]`, `blocks.${b}.mlp.W_out[*,*]`] : []])
    default: return kind satisfies never
  }
}

/** Every writer of the residual stream to every later reader of it: q, k and v of each head, each mlp, the unembedding. */
function transformerEdges({ layers, heads, dMlp }: TransformerArchitecture): string[] {
  const writers = ['embed']
  const edges: string[] = []
  for (let b = 0; b < layers; b++) {
    for (let h = 0; h < heads; h++) {
      for (const part of ['q', 'k', 'v']) edges.push(...writers.map(writer => `${writer} -> blocks.${b}.attn.head[${h}].${part}`))
    }
    writers.push(...list(heads, h => `blocks.${b}.attn.head[${h}]`))
    if (dMlp > 0) {
      edges.push(...writers.map(writer => `${writer} -> blocks.${b}.mlp`))
      writers.push(`blocks.${b}.mlp`)
    }
  }
  return [...edges, ...writers.map(writer => `${writer} -> unembed`)]
}

function list<T>(n: number, make: (index: number) => T): T[] {
  return Array.from({ length: n }, (_, index) => make(index))
}
