import type { SweepSubject } from '../../../main/engine/sweep/subject'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { DoseRequest } from '../../../preload/contract/sweep'
import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { dose, readings } from '../../../main/engine/sweep/dose'
import { signFlipBands } from '../../../main/engine/sweep/signFlips'
import { numbers, smallWeights } from '../reference'

/** A normal number by the sum of twelve uniform ones; the streams under test draw the signs. */
function normal(state: { seed: number }): number {
  let sum = -6
  for (let i = 0; i < 12; i++) {
    state.seed = (state.seed * 1664525 + 1013904223) >>> 0
    sum += state.seed / 2 ** 32
  }
  return sum
}

describe('the band of the null', () => {
  it('is left by one null ladder in a hundred, whatever its length', () => {
    const state = { seed: 7 }
    const LADDERS = 600
    let left = 0
    for (let ladder = 0; ladder < LADDERS; ladder++) {
      // Strengths share their items, as a real ladder's do.
      const item = Array.from({ length: 40 }, () => normal(state))
      const rows = [1, 2, 3, 4, 5, 6].map(strength => Float64Array.from(item, x => strength * x + normal(state)))
      const bands = signFlipBands(rows, ladder)
      left += rows.some((row, i) => Math.abs(row.reduce((a, b) => a + b) / 40) > bands[i]) ? 1 : 0
    }
    // Binomial with p = 0.01: 6 expected, 15 or more once in a thousand runs of this test.
    expect(left).toBeLessThan(15)
    expect(left).toBeGreaterThan(0)
  })

  it('is what the normal law says for one strength and many items', () => {
    const state = { seed: 3 }
    const row = Float64Array.from({ length: 2000 }, () => normal(state))
    const scale = Math.sqrt(row.reduce((sum, d) => sum + d * d, 0)) / 2000
    // 99 % of a standard normal lie within 2.576; 2,000 draws place that quantile to about 0.15.
    expect(Math.abs(signFlipBands([row], 1)[0] / scale - 2.576)).toBeLessThan(0.3)
  })

  it('is zero where nothing happens, and cannot be left with too few items', () => {
    expect(signFlipBands([new Float64Array(10), Float64Array.from({ length: 10 }, () => 1)], 1)[0]).toBe(0)
    const few = Float64Array.of(1, 1, 1, 1)
    expect(signFlipBands([few], 1)[0]).toBeCloseTo(1, 12)
  })
})

describe('readings of a ladder', () => {
  const ladder = (points: [number, number, number][]) => points.map(([strength, mean, band]) => ({ strength, effect: { mean, se: 0, n: 10 }, band }))

  it('takes the threshold nearest to doing nothing, on either side', () => {
    const points = ladder([[-3, 0.9, 0.1], [-2, 0.2, 0.1], [-1, 0.05, 0.1], [0, 0, 0], [1, 0.01, 0.1], [2, 0.05, 0.1], [3, 0.4, 0.1]])
    expect(readings(points, 0)).toMatchObject({ threshold: -2, slope: { value: -0.7, from: -3, to: -2 } })
    expect(readings(points, 3).threshold).toBe(3)
    expect(readings(ladder([[0, 0, 0], [1, 0.1, 0.1]]), 0).threshold).toBeUndefined()
  })

  it('sees saturation only where the ladder goes on after it', () => {
    expect(readings(ladder([[0, 0, 0], [1, 0.5, 0], [2, 0.98, 0], [3, 1, 0], [4, 0.97, 0]]), 0).saturation).toEqual({ strength: 2, effect: 0.98 })
    expect(readings(ladder([[0, 0, 0], [1, 0.5, 0], [2, 0.7, 0], [3, 1, 0]]), 0).saturation).toBeUndefined()
    expect(readings(ladder([[0, 0, 0], [1, 0, 0]]), 0).saturation).toBeUndefined()
  })
})

describe('a site of a primary', () => {
  const executor = createWasmExecutor()
  const architecture: MlpArchitecture = { kind: 'mlp', inputs: 8, hidden: [7, 6], outputs: 4, activation: 'gelu' }
  const items = Int32Array.from({ length: 50 }, (_, i) => i)
  let subject: SweepSubject
  let free = (): void => {}

  beforeAll(async () => {
    const weights = smallWeights(architecture)
    const data = { inputs: { shape: [60, 8], data: numbers(480, 3).map(Math.abs) }, scale: 1, targets: Int32Array.from({ length: 60 }, (_, i) => (i * 7) % 4) }
    const patient = await openPatient(executor, { architecture, weights, items: data, calibration: items.subarray(0, 30) })
    const { model, knowledge, observer } = patient
    subject = { model, knowledge, observer, weights, items: data, stimulate: request => patient.stimulate(request, () => 0) }
    free = patient.dispose
  })
  afterAll(() => free())

  const run = (change: Partial<DoseRequest>, cancelled = () => false) =>
    dose(executor, subject, { dose: 'd', site: 'layers.0.unit[2]', operation: { op: 'drive', strength: 0 }, ladder: [-2, -1, 0, 1, 2], measure: 'loss', items, seed: 1, ...change }, { progress: () => {}, ready: async () => {}, cancelled, now: () => performance.now() })

  it('has at every strength the effect that stimulating there has', async () => {
    for (const site of ['layers.0.unit[2]', 'layers.1.weight[3,2]', 'layers.0.unit[0:3]', 'layers.1']) {
      const curve = await run({ site })
      for (const { strength, effect } of curve.ladder) {
        const { measures } = await subject.stimulate({ set: { interventions: [{ site, op: 'drive', strength }], compose: false }, focus: 0, battery: items })
        expect(Math.abs(effect.mean - measures.loss.effect.mean), `${site} at ${strength}`).toBeLessThan(2e-6)
        expect(effect.n).toBe(50)
      }
      expect(curve.ladder[2]).toMatchObject({ strength: 0, effect: { mean: 0, se: 0 }, band: 0 })
    }
  })

  it('knows where an operation does nothing', async () => {
    expect((await run({ operation: { op: 'gate', strength: 0, baseline: 'zero' }, ladder: [0, 0.5, 1, 2] })).neutral).toBe(1)
    expect((await run({})).neutral).toBe(0)
  })

  it('has no threshold when it was cancelled', async () => {
    await expect(run({}, () => true)).rejects.toThrow(/cancelled/)
  })
})
