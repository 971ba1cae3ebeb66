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
  const { positions } = layoutOf(architecture)
  // Sheet 0 is the input; layers.L stands on sheet L + 1.
  const point = (sheet: number, index: number): Point => [...positions[sheet].subarray(3 * index, 3 * index + 3)] as Point
  const unit = (layer: number, index: number): Part => ({ position: point(layer + 1, index), mean: statistics.mean[layer][index], sigma: statistics.sigma[layer][index] })
  switch (site.kind) {
    case 'unit': return site.indices.map(index => unit(site.layer, index))
    case 'layer': return Array.from(statistics.mean[site.layer], (_, index) => unit(site.layer, index))
    case 'weight': {
      const { shape, data } = weights[`layers.${site.layer}.weight`]
      return [{ position: middle(point(site.layer, site.in), point(site.layer + 1, site.out)), mean: data[site.out * shape[1] + site.in], sigma: 0 }]
    }
    case 'edge': {
      const from = unit(site.from.layer, site.from.index)
      return [{ ...from, position: middle(from.position, point(site.to.layer + 1, site.to.index)) }]
    }
    default: return site satisfies never
  }
}

function middle(a: Point, b: Point): Point {
  return a.map((value, axis) => (value + b[axis]) / 2) as Point
}

function average(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
