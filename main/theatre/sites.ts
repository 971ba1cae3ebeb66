import type { Site } from '../../preload/contract/address'
/** What a session keeps of a site: kind, size, where it stands in the scene, and its statistics. */
import type { SiteStatistics, Tensor } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { BodyOf } from '../../preload/contract/session'
import { resolveAddress } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'
import { layoutOf } from '../../preload/contract/layout'

type Point = [number, number, number]

/** Position is the centre of what the site holds; mean and σ are averaged over its scalars, or of the weights themselves. */
export function siteOf(address: string, architecture: Architecture, statistics: SiteStatistics, weights: Record<string, Tensor>): Omit<BodyOf<'site'>, 'kind'> {
  const { sites, error } = resolveAddress(address, architecture)
  if (error) throw new UserError(error)
  const parts = sites.flatMap(site => partsOf(site, architecture, statistics, weights))
  return {
    address,
    site: sites[0].kind,
    size: parts.length,
    position: [0, 1, 2].map(axis => average(parts.map(part => part.position[axis]))) as Point,
    mean: average(parts.map(part => part.mean)),
    sigma: average(parts.map(part => part.sigma)),
  }
}

interface Part { position: Point, mean: number, sigma: number }

function partsOf(site: Site, architecture: Architecture, statistics: SiteStatistics, weights: Record<string, Tensor>): Part[] {
  const { sheets, positions } = layoutOf(architecture)
  const sheetOf = (module: string): number => sheets.findIndex(sheet => sheet.module === module)
  const centre = (sheet: number): Point => [sheets[sheet].x, 0, 0]
  const point = (module: string, index: number | undefined): Point => {
    const sheet = sheetOf(standsOn(module, architecture))
    return index === undefined || module === 'unembed' ? centre(sheet) : [...positions[sheet].subarray(3 * index, 3 * index + 3)] as Point
  }
  const unit = (module: string, index: number): Part => {
    const sheet = sheetOf(module) - 1
    return { position: point(module, index), mean: statistics.mean[sheet][index], sigma: statistics.sigma[sheet][index] }
  }
  switch (site.kind) {
    case 'unit':
    case 'channel':
    case 'head': return site.indices.map(index => unit(site.module, index))
    case 'layer': return Array.from(statistics.mean[sheetOf(site.module) - 1], (_, index) => unit(site.module, index))
    // Nothing on a sheet of its own; it runs past the block's sheets.
    case 'residual':
    case 'direction': return [{ position: point(site.module, undefined), mean: 0, sigma: 0 }]
    case 'weight': return [{ position: weightPoint(site, architecture, point), mean: weightAt(weights[site.tensor], site.indices), sigma: 0 }]
    case 'edge': {
      const { from, to } = site
      const whole: Part = { position: point(from.module, from.index), mean: 0, sigma: 0 }
      const source = from.index === undefined ? whole : unit(from.module, from.index)
      return [{ ...source, position: middle(source.position, point(to.module, to.index)) }]
    }
    default: return site satisfies never
  }
}

/** The sheet a module without one is shown at: the stream at its block's, the tables at the ends. */
function standsOn(module: string, architecture: Architecture): string {
  if (module === 'embed' || module === 'pos_embed') return 'input'
  const stream = /^(blocks\.\d+)\.resid_(pre|post)$/.exec(module)
  if (!stream) return module
  return stream[2] === 'pre' || (architecture.kind === 'transformer' && architecture.dMlp === 0) ? `${stream[1]}.attn` : `${stream[1]}.mlp`
}

/** Between what a weight joins, where both stand on sheets; at its module otherwise. */
function weightPoint({ tensor, indices }: Extract<Site, { kind: 'weight' }>, architecture: Architecture, point: (module: string, index: number | undefined) => Point): Point {
  const module = tensor.slice(0, tensor.lastIndexOf('.'))
  if (architecture.kind === 'transformer') return point(module, module.endsWith('.attn') ? indices[0] : tensor.endsWith('W_in') ? indices[1] : tensor.endsWith('W_out') ? indices[0] : undefined)
  const { sheets } = layoutOf(architecture)
  const below = sheets[sheets.findIndex(sheet => sheet.module === module) - 1]
  // A flattened feature map or an input of several channels has more columns than its sheet has places.
  return middle(point(below.module, indices[1] < below.size ? indices[1] : undefined), point(module, indices[0]))
}

/** The weight, or the mean of a kernel, whose indices are fewer than its axes. */
function weightAt({ shape, data }: Tensor, indices: number[]): number {
  const size = shape.slice(indices.length).reduce((a, b) => a * b, 1)
  const flat = indices.reduce((sum, index, axis) => sum * shape[axis] + index, 0) * size
  return average(Array.from({ length: size }, (_, i) => data[flat + i]))
}

function middle(a: Point, b: Point): Point {
  return a.map((value, axis) => (value + b[axis]) / 2) as Point
}

function average(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
