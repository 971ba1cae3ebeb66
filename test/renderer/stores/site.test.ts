import type { Architecture } from '../../../preload/contract/primary'
import { expect, it } from 'vitest'
import { resolveAddress } from '../../../preload/contract/address'
import { nearestUnit, placeOf } from '../../../renderer/composables/scenePlaces'
import { split } from '../../../renderer/composables/useWires'
import { layerIndex, nameSheets, parseUnit, parseWeight, unitAddress, weightAddress } from '../../../renderer/stores/site'

const architecture: Architecture = { kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' }

it('addresses made here are those the contract parses, and come back the same', () => {
  expect(resolveAddress(unitAddress({ layer: 1, index: 37 })!, architecture).sites).toEqual([{ kind: 'unit', module: 'layers.1', indices: [37] }])
  expect(resolveAddress(weightAddress({ layer: 1, out: 3, in: 200 }), architecture).sites).toEqual([{ kind: 'weight', tensor: 'layers.1.weight', indices: [3, 200] }])
  expect(parseUnit('layers.1.unit[37]')).toEqual({ layer: 1, index: 37 })
  expect(parseWeight('layers.1.weight[3,200]')).toEqual({ layer: 1, out: 3, in: 200 })
  expect(parseUnit('layers.1.unit[0:4]')).toBeUndefined()
  expect(layerIndex('layers.2')).toBe(2)
  expect(layerIndex('layers.2.unit[1]')).toBe(2)
})

it('sheets count the input, layers do not', () => {
  expect(placeOf('layers.0.unit[5]')).toEqual({ sheet: 1, index: 5 })
  expect(placeOf('layers.1.weight[3,200]')).toEqual({ sheet: 2, index: 3 })
  expect(placeOf('layers.1')).toBeUndefined()
})

it('a click that just misses means the closest unit, and a wide one none', () => {
  const at = (sheet: number, index: number) => ({ x: 100 * sheet, y: 10 * index, radius: 2, distance: 1, visible: index !== 2 })
  expect(nearestUnit({ project: at }, [3], { x: 104, y: 12 })).toEqual({ sheet: 1, index: 1 })
  expect(nearestUnit({ project: at }, [3], { x: 100, y: 23 })).toBeUndefined()
  expect(nearestUnit({ project: at }, [3], { x: 150, y: 0 })).toBeUndefined()
})

it('weights into and out of a unit are told apart and put in order of strength', () => {
  const wires = { layer: Uint8Array.of(1, 1, 2, 1), from: Uint16Array.of(7, 9, 4, 8), to: Uint16Array.of(4, 4, 2, 5), weight: Float32Array.of(1, -2, 3, 9), flow: Float32Array.of(0.5, -4, 1, 9) }
  const { incoming, outgoing } = split(wires, { layer: 1, index: 4 })
  expect(incoming.map(({ address, other }) => [address, other])).toEqual([['layers.1.weight[4,9]', 'layers.0.unit[9]'], ['layers.1.weight[4,7]', 'layers.0.unit[7]']])
  expect(outgoing.map(({ address, other }) => [address, other])).toEqual([['layers.2.weight[2,4]', 'layers.2.unit[2]']])
})

it('places of a transformer are heads and units of its modules, and its answers are no sites', () => {
  nameSheets(['blocks.0.attn', 'blocks.0.mlp', 'unembed'])
  expect([0, 1, 2].map(layer => unitAddress({ layer, index: 3 }))).toEqual(['blocks.0.attn.head[3]', 'blocks.0.mlp.unit[3]', undefined])
  expect(parseUnit('blocks.0.mlp.unit[3]')).toEqual({ layer: 1, index: 3 })
  expect(parseUnit('layers.0.unit[3]')).toBeUndefined()
  expect(layerIndex('blocks.0.attn.head[1]')).toBe(0)
  nameSheets([])
})
