/** Addresses the screen makes and reads every day. Full parsing is the contract's (`preload/contract/address`). */

export interface UnitPlace { layer: number, index: number }
export interface WeightPlace { layer: number, out: number, in: number }

export const unitAddress = ({ layer, index }: UnitPlace): string => `layers.${layer}.unit[${index}]`
export const weightAddress = (place: WeightPlace): string => `layers.${place.layer}.weight[${place.out},${place.in}]`

export function parseUnit(address: string): UnitPlace | undefined {
  const match = /^layers\.(\d+)\.unit\[(\d+)\]$/.exec(address)
  return match ? { layer: Number(match[1]), index: Number(match[2]) } : undefined
}

export function parseWeight(address: string): WeightPlace | undefined {
  const match = /^layers\.(\d+)\.weight\[(\d+),(\d+)\]$/.exec(address)
  return match ? { layer: Number(match[1]), out: Number(match[2]), in: Number(match[3]) } : undefined
}

/** Layer of a unit, weight or layer address. */
export function layerIndex(address: string): number | undefined {
  const match = /^layers\.(\d+)(?:$|\.)/.exec(address)
  return match ? Number(match[1]) : undefined
}
