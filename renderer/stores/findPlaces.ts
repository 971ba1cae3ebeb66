/** Where the candidates of a find are drawn: at a place of a sheet, or as a connection between two. Pure; apart from its store so that it can be tested. */
import type { Site, SiteReader, SiteWriter } from '../../preload/contract/address'
import type { Layout } from '../../preload/contract/layout'
import type { Architecture } from '../../preload/contract/primary'
import type { SiteSelection } from '../../preload/contract/sweep'
import { layoutOf } from '../../preload/contract/layout'
import { featureMaps } from '../../preload/contract/primary'
import { sitesToSweep } from '../../preload/contract/sweepSites'

export interface Candidates {
  addresses: string[]
  /** Size of every sheet, the input first. */
  sizes: number[]
  /** Sheet and place each is drawn at or leads to. A sheet of −1: nowhere; a place of −1: all of its sheet. */
  sheet: Int16Array
  place: Int32Array
  /** Sheet and place a connection comes from; −1 where it is none. */
  fromSheet: Int16Array
  from: Int32Array
  /** Whether any of them is a connection. */
  wired: boolean
}

interface End { sheet: number, place: number }
const NOWHERE: End = { sheet: -1, place: -1 }

export function candidatesOf(selection: SiteSelection, architecture: Architecture): Candidates {
  const layout = layoutOf(architecture)
  const sites = sitesToSweep(selection, architecture)
  const n = sites.length
  const candidates: Candidates = { addresses: sites.map(({ address }) => address), sizes: layout.sheets.map(({ size }) => size), sheet: new Int16Array(n), place: new Int32Array(n), fromSheet: new Int16Array(n), from: new Int32Array(n), wired: false }
  const sheetOf = new Map(layout.sheets.map(({ module }, i) => [module, i]))
  sites.forEach(({ site }, i) => {
    const [to, from] = endsOf(site, architecture, layout, sheetOf)
    candidates.sheet[i] = to.sheet
    candidates.place[i] = to.place
    candidates.fromSheet[i] = from.sheet
    candidates.from[i] = from.place
    candidates.wired ||= from.sheet >= 0 && to.sheet >= 0
  })
  return candidates
}

/** Where a site leads to, and where it comes from. */
function endsOf(site: Site, architecture: Architecture, layout: Layout, sheetOf: Map<string, number>): [End, End] {
  const at = (module: string, place: number): End => ({ sheet: sheetOf.get(module) ?? -1, place })
  switch (site.kind) {
    case 'unit':
    case 'channel':
    case 'head': return [at(site.module, site.indices[0]!), NOWHERE]
    case 'layer': return [at(site.module, -1), NOWHERE]
    // They run past the sheets.
    case 'residual':
    case 'direction': return [NOWHERE, NOWHERE]
    case 'weight': return weightEnds(site, architecture, layout, at)
    case 'edge': return [readerEnd(site.to, layout, at), writerEnd(site.from, layout, at)]
    default: return site satisfies never
  }
}

function weightEnds({ tensor, indices }: Extract<Site, { kind: 'weight' }>, architecture: Architecture, layout: Layout, at: (module: string, place: number) => End): [End, End] {
  const module = tensor.slice(0, tensor.lastIndexOf('.'))
  if (architecture.kind === 'transformer') {
    // A head's or a unit's own: there is no other end on the screen.
    const place = module.endsWith('.attn') || tensor.endsWith('W_out') ? indices[0] : tensor.endsWith('W_in') ? indices[1] : undefined
    return [place === undefined ? NOWHERE : at(module, place), NOWHERE]
  }
  const to = at(module, indices[0]!)
  const below = to.sheet - 1
  const size = layout.sheets[below]?.size ?? 0
  if (indices.length < 2 || (architecture.kind === 'cnn' && below === 0 && architecture.conv.length > 0)) return [to, NOWHERE]
  // A dense layer after convolutions reads places of feature maps: they are drawn as their channel.
  const map = architecture.kind === 'cnn' && module === 'layers.0' ? featureMaps(architecture).at(-1)! : { height: 1, width: 1 }
  const from = Math.floor(indices[1]! / (map.height * map.width))
  return [to, from < size ? { sheet: below, place: from } : NOWHERE]
}

/** The middle of its sheet stands for a whole. */
function whole(sheet: number, { sheets }: Layout): End {
  return { sheet, place: Math.floor((sheets[sheet]?.size ?? 0) / 2) }
}

function writerEnd({ module, index }: SiteWriter, layout: Layout, at: (module: string, place: number) => End): End {
  if (module === 'embed') return whole(0, layout)
  return index === undefined ? whole(at(module, 0).sheet, layout) : at(module, index)
}

function readerEnd({ module, index }: SiteReader, layout: Layout, at: (module: string, place: number) => End): End {
  if (module === 'unembed') return whole(layout.sheets.length - 1, layout)
  return index === undefined ? whole(at(module, 0).sheet, layout) : at(module, index)
}
