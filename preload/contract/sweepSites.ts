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

/** Throws the UserErrors `site-malformed`, `site-unknown` and `no-such-sites`. */
export function expandSites(selection: SiteSelection, architecture: Architecture): string[] {
  const addresses = typeof selection === 'string'
    ? everySite(selection, architecture)
    : distinct(selection.flatMap(address => sitesOf(address, architecture).flatMap(singleAddresses)))
  if (addresses.length > 0) return addresses
  throw new UserError({
    code: 'no-such-sites',
    message: `This primary (${architecture.kind}) has no ${String(selection)}.`,
    remedy: architecture.kind === 'transformer' ? 'Sweep heads, units, edges, weights or layers, or give an address.' : 'Sweep units, weights, edges or layers, or give an address.',
  })
}

/** One address for every place a resolved site holds, spelt as `formatAddress` spells them. */
export function singleAddresses(site: Site): string[] {
  switch (site.kind) {
    case 'unit':
    case 'channel': return site.indices.map(index => `${site.module}.${site.kind}[${index}]${at(site)}`)
    case 'head': return site.indices.map(index => `${site.module}.head[${index}]${site.part === 'z' ? '' : `.${site.part}`}${at(site)}`)
    case 'layer':
    case 'residual': return [`${site.module}${at(site)}`]
    case 'direction': return [`${site.module}.direction[${site.name}]${at(site)}`]
    case 'weight': return [`${site.tensor}[${site.indices.join(',')}]`]
    case 'edge': return [`${endOf(site.from)} -> ${endOf(site.to)}${at(site)}`]
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

function everySite(kind: Kind, architecture: Architecture): string[] {
  switch (architecture.kind) {
    case 'mlp': return everyMlpSite(kind, architecture)
    case 'cnn': return everyCnnSite(kind, architecture)
    case 'transformer': return everyTransformerSite(kind, architecture)
    default: return architecture satisfies never
  }
}

function everyMlpSite(kind: Kind, { inputs, hidden, outputs }: Pick<MlpArchitecture, 'inputs' | 'hidden' | 'outputs'>): string[] {
  const widths = [inputs, ...hidden, outputs]
  const layers = widths.slice(1)
  switch (kind) {
    // The outputs are the answer, not a part of how it is found.
    case 'units': return hidden.flatMap((units, l) => list(units, u => `layers.${l}.unit[${u}]`))
    case 'layers': return hidden.map((_, l) => `layers.${l}`)
    case 'weights': return layers.flatMap((outs, l) => grid(outs, widths[l], (to, from) => `layers.${l}.weight[${to},${from}]`))
    case 'edges': return layers.slice(1).flatMap((outs, l) => grid(outs, widths[l + 1], (to, from) => `layers.${l}.unit[${from}] -> layers.${l + 1}.unit[${to}]`))
    case 'heads': return []
    default: return kind satisfies never
  }
}

/** Channels are the units of a convolution, and a kernel is one weight. */
function everyCnnSite(kind: Kind, { input, conv, hidden, outputs }: CnnArchitecture): string[] {
  const channels = [input[0], ...conv.map(stage => stage.out)]
  const head = (): string[] => everyMlpSite(kind, { inputs: 0, hidden, outputs })
  switch (kind) {
    case 'units': return [...conv.flatMap(({ out }, l) => list(out, c => `conv.${l}.channel[${c}]`)), ...head()]
    case 'layers': return [...conv.map((_, l) => `conv.${l}`), ...head()]
    case 'weights': return conv.flatMap(({ out }, l) => grid(out, channels[l], (to, from) => `conv.${l}.weight[${to},${from}]`))
    case 'edges': return conv.slice(1).flatMap(({ out }, l) => grid(out, channels[l + 1], (to, from) => `conv.${l}.channel[${from}] -> conv.${l + 1}.channel[${to}]`))
    case 'heads': return []
    default: return kind satisfies never
  }
}

function everyTransformerSite(kind: Kind, architecture: TransformerArchitecture): string[] {
  const { layers, heads, dMlp } = architecture
  const blocks = <T>(make: (block: number) => T[]): T[] => list(layers, make).flat()
  switch (kind) {
    case 'units': return blocks(b => list(dMlp, u => `blocks.${b}.mlp.unit[${u}]`))
    case 'heads': return blocks(b => list(heads, h => `blocks.${b}.attn.head[${h}]`))
    case 'layers': return blocks(b => [`blocks.${b}.attn`, ...dMlp > 0 ? [`blocks.${b}.mlp`] : []])
    case 'edges': return transformerEdges(architecture)
    case 'weights': return blocks(b => blockWeights(b, architecture))
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

function blockWeights(block: number, { heads, dModel, dHead, dMlp }: TransformerArchitecture): string[] {
  const into = ['W_Q', 'W_K', 'W_V'].map((name): [string, number[]] => [`attn.${name}`, [heads, dModel, dHead]])
  const tensors: [string, number[]][] = [...into, ['attn.W_O', [heads, dHead, dModel]], ...dMlp > 0 ? [['mlp.W_in', [dModel, dMlp]], ['mlp.W_out', [dMlp, dModel]]] as [string, number[]][] : []]
  return tensors.flatMap(([name, shape]) => list(shape.reduce((a, b) => a * b), i => `blocks.${block}.${name}[${unravel(i, shape).join(',')}]`))
}

function unravel(index: number, shape: number[]): number[] {
  const indices = shape.map(() => 0)
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices[axis] = index % shape[axis]
    index = Math.floor(index / shape[axis])
  }
  return indices
}

function list<T>(n: number, make: (index: number) => T): T[] {
  return Array.from({ length: n }, (_, index) => make(index))
}

function grid<T>(rows: number, columns: number, make: (row: number, column: number) => T): T[] {
  return list(rows * columns, i => make(Math.floor(i / columns), i % columns))
}

function distinct(addresses: string[]): string[] {
  return [...new Set(addresses)]
}
