/** Addresses the screen makes and reads every day. Full parsing is the contract's (`preload/contract/address`). */

import { shallowRef } from 'vue'

/** `layer` counts the sheets of the scene after the input: of an mlp, `layers.0` is 0. */
export interface UnitPlace { layer: number, index: number }
export interface WeightPlace { layer: number, out: number, in: number }

/** Modules of the sheets that are drawn, the input left out: what makes a place an address. An mlp's until told otherwise. */
const modules = shallowRef<readonly string[]>([])

export function nameSheets(now: readonly string[]): void {
  modules.value = now
}

function moduleAt(layer: number): string {
  return modules.value[layer] ?? `layers.${layer}`
}

function layerOf(module: string): number | undefined {
  const at = modules.value.indexOf(module)
  if (at >= 0)
    return at
  const dense = modules.value.length === 0 ? /^layers\.(\d+)$/.exec(module) : undefined
  return dense ? Number(dense[1]) : undefined
}

/** What a place of a module is; undefined where it is an answer and no site. */
export function siteNoun(module: string): 'unit' | 'channel' | 'head' | undefined {
  if (module === 'unembed')
    return undefined
  return module.startsWith('conv.') ? 'channel' : module.endsWith('.attn') ? 'head' : 'unit'
}

export function unitAddress({ layer, index }: UnitPlace): string | undefined {
  const noun = siteNoun(moduleAt(layer))
  return noun && `${moduleAt(layer)}.${noun}[${index}]`
}

export const weightAddress = (place: WeightPlace): string => `layers.${place.layer}.weight[${place.out},${place.in}]`

export function parseUnit(address: string): UnitPlace | undefined {
  const match = /^(.+)\.(?:unit|channel|head)\[(\d+)\]$/.exec(address)
  const layer = match ? layerOf(match[1]!) : undefined
  return layer === undefined ? undefined : { layer, index: Number(match![2]) }
}

export function parseWeight(address: string): WeightPlace | undefined {
  const match = /^layers\.(\d+)\.weight\[(\d+),(\d+)\]$/.exec(address)
  return match ? { layer: Number(match[1]), out: Number(match[2]), in: Number(match[3]) } : undefined
}

/** Sheet, the input left out, that a unit, weight or module address is about. */
export function layerIndex(address: string): number | undefined {
  if (modules.value.length === 0) {
    const match = /^layers\.(\d+)(?:$|\.)/.exec(address)
    return match ? Number(match[1]) : undefined
  }
  const at = modules.value.findIndex(module => address === module || address.startsWith(`${module}.`))
  return at < 0 ? undefined : at
}
