/** Addresses to places in the scene and back. The scene counts sheets, the input being 0; addresses count layers. */
import type { Hit, PointerPlace, Scene, SceneSite } from '../scene/scene'
import { useFind } from '../stores/find'
import { parseUnit, parseWeight, unitAddress, weightAddress } from '../stores/site'

/** Connections of a circuit are its candidates. Pixels of the input, and the logits of a transformer, are places but no sites. */
export function addressOf(hit: Hit): string | undefined {
  if (hit.kind === 'edge' && hit.edge.site !== undefined)
    return useFind().picture?.candidates.addresses[hit.edge.site]
  if (hit.kind === 'edge')
    return weightAddress({ layer: hit.edge.layer, out: hit.edge.to, in: hit.edge.from })
  return hit.sheet === 0 ? undefined : unitAddress({ layer: hit.sheet - 1, index: hit.index })
}

/** Where an address is drawn: a unit itself, a weight at the unit it leads to, a layer nowhere. */
export function placeOf(address: string): SceneSite | undefined {
  const unit = parseUnit(address)
  if (unit)
    return { sheet: unit.layer + 1, index: unit.index }
  const weight = parseWeight(address)
  return weight ? { sheet: weight.layer + 1, index: weight.out } : undefined
}

/** Pixels by which a click may miss a unit. */
const REACH = 9

/** The unit whose picture is closest to a point, within reach. `sizes` are the units per layer. */
export function nearestUnit(scene: Pick<Scene, 'project'>, sizes: readonly number[], { x, y }: PointerPlace): SceneSite | undefined {
  let best: SceneSite | undefined
  let closest = REACH
  sizes.forEach((size, layer) => {
    for (let index = 0; index < size; index++) {
      const point = scene.project(layer + 1, index)
      const miss = point?.visible ? Math.hypot(point.x - x, point.y - y) - point.radius : Number.POSITIVE_INFINITY
      if (miss < closest) {
        closest = miss
        best = { sheet: layer + 1, index }
      }
    }
  })
  return best
}
