/** The weights into and out of the selected unit, as rows. The arrays themselves stay out of Vue's reactivity. */
import type { Connections } from '../../preload/contract/engine'
import type { WeightPlace } from '../stores/site'
import { computed } from 'vue'
import { useElectrode } from '../stores/electrode'
import { parseUnit, parseWeight, weightAddress } from '../stores/site'

export interface Wire extends WeightPlace {
  address: string
  /** The unit or pixel at the other end. */
  other: string
  weight: number
  flow: number
}

export function useWires() {
  const electrode = useElectrode()
  /** Of a chosen weight, the unit it was chosen from is the one whose wires are still listed. */
  const unit = computed(() => {
    const site = electrode.site
    return site === undefined ? undefined : parseUnit(site) ?? (parseWeight(site) && electrode.wiresOf)
  })
  const sides = computed(() => unit.value && electrode.wires ? split(electrode.wires, unit.value) : { incoming: [], outgoing: [] })
  return { unit, incoming: computed(() => sides.value.incoming), outgoing: computed(() => sides.value.outgoing) }
}

/** Weight layer `l` joins the units of `layers.(l-1)` (the input for 0) to those of `layers.l`. */
export function split(wires: Connections, unit: { layer: number, index: number }): { incoming: Wire[], outgoing: Wire[] } {
  const incoming: Wire[] = []
  const outgoing: Wire[] = []
  for (let i = 0; i < wires.layer.length; i++) {
    const layer = wires.layer[i]!
    const place = { layer, out: wires.to[i]!, in: wires.from[i]! }
    const wire = { ...place, address: weightAddress(place), weight: wires.weight[i]!, flow: wires.flow[i]! }
    if (layer === unit.layer && place.out === unit.index)
      incoming.push({ ...wire, other: layer === 0 ? `input[${place.in}]` : `layers.${layer - 1}.unit[${place.in}]` })
    else if (layer === unit.layer + 1 && place.in === unit.index)
      outgoing.push({ ...wire, other: `layers.${layer}.unit[${place.out}]` })
  }
  const strongest = (a: Wire, b: Wire): number => Math.abs(b.flow) - Math.abs(a.flow)
  return { incoming: incoming.sort(strongest), outgoing: outgoing.sort(strongest) }
}
