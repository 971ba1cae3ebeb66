import { expect, it } from 'vitest'
import { interventionSetSchema } from '../../../preload/contract/intervention'
import { baselineLine, FIRST, INTENTS, interventionOf, layerOf, notch, onGrid, opsOf, rangeOf, setOf, setText, strengthText, toneOf } from '../../../renderer/stores/operation'

it('every setting the panel can reach makes an intervention that the contract accepts', () => {
  for (const { id } of INTENTS) {
    for (const op of opsOf(id)) {
      const { start, min, max } = rangeOf(id, op)
      for (const strength of [start, min, max]) {
        for (const baseline of ['zero', 'mean', { resample: 3 }] as const) {
          const set = setOf(['layers.0.unit[37]'], { intent: id, op, strength, baseline, seed: 2, spread: 'sites' })
          expect(interventionSetSchema.safeParse(set).error).toBeUndefined()
        }
      }
    }
  }
})

it('inhibiting ends where stimulating begins, at the strength that changes nothing', () => {
  expect(rangeOf('inhibit', 'gate')).toMatchObject({ min: 0, max: 1, rest: 1 })
  expect(rangeOf('stimulate', 'gate')).toMatchObject({ min: 1, rest: 1 })
  expect(rangeOf('stimulate', 'drive').rest).toBe(0)
  expect(rangeOf('clamp', 'clamp').rest).toBeUndefined()
})

it('strengths lie on the grid, so that what is recorded is what was shown', () => {
  const gate = rangeOf('inhibit', 'gate')
  expect(onGrid(0.1 + 0.2, gate)).toBe(0.3)
  expect(onGrid(7, gate)).toBe(1)
  expect(onGrid(-0.004, gate)).toBe(0)
  expect(onGrid(-2.449, rangeOf('stimulate', 'drive'))).toBe(-2.4)
})

it('shift moves further and Alt less far than an arrow alone, never below one step', () => {
  for (const range of [rangeOf('inhibit', 'gate'), rangeOf('stimulate', 'drive'), rangeOf('noise', 'noise')]) {
    const [plain, large, fine] = [{}, { shiftKey: true }, { altKey: true }].map(keys => notch(range, { shiftKey: false, altKey: false, ...keys }))
    expect(large!).toBeGreaterThan(plain!)
    expect(fine!).toBeLessThan(plain!)
    expect(fine!).toBe(range.step)
  }
})

it('a spread over the layer takes each layer once and leaves weights alone', () => {
  const sites = ['layers.0.unit[1]', 'layers.0.unit[2]', 'layers.1.unit[0]', 'layers.1.weight[3,4]']
  expect(setOf(sites, { ...FIRST, spread: 'layer' }).interventions.map(({ site }) => site)).toEqual(['layers.0', 'layers.1', 'layers.1.weight[3,4]'])
  expect(layerOf('layers.12.unit[3]')).toBe('layers.12')
})

it('the real operation is named, with its unit and its baseline', () => {
  const gate = interventionOf('layers.0.unit[37]', { op: 'gate', strength: 0.25, baseline: { resample: 4 }, seed: 1 })
  expect(strengthText(gate)).toBe('gate 0.25')
  expect(baselineLine([gate])).toBe('gate 0.25 on layers.0.unit[37] · baseline resample 4')
  expect(strengthText({ site: 's', op: 'drive', strength: -3 })).toBe('drive −3.0 σ')
  expect(strengthText({ site: 's', op: 'noise', strength: 2, seed: 9 })).toBe('noise 2.0 σ, seed 9')
  expect(setText({ interventions: [gate, { ...gate, site: 'layers.0.unit[38]' }], compose: false })).toBe('gate 0.25 on 2 sites')
})

it('on a weight the gate multiplies, so no baseline is claimed', () => {
  expect(baselineLine([{ site: 'layers.1.weight[3,4]', op: 'gate', strength: 0, baseline: 'mean' }])).toBe('gate 0.00 on layers.1.weight[3,4]')
})

it('below rest is inhibition, above it stimulation', () => {
  expect(toneOf({ site: 's', op: 'gate', strength: 0.5, baseline: 'zero' })).toBe('inhibit')
  expect(toneOf({ site: 's', op: 'gate', strength: 1, baseline: 'zero' })).toBe('rest')
  expect(toneOf({ site: 's', op: 'drive', strength: 1 })).toBe('stimulate')
  expect(toneOf({ site: 's', op: 'drive', strength: -1 })).toBe('inhibit')
})
