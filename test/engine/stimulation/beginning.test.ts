import type { Intervention } from '../../../preload/contract/intervention'
import type { TransformerArchitecture } from '../../../preload/contract/primary'
import type { TransformerTouch } from '../referenceTransformer'
import { describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { modelOf } from '../../../main/engine/primary/models'
import { beginningOf } from '../../../main/engine/stimulation/beginning'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { numbers, smallWeights } from '../reference'
import { referenceTransformer, transformerWeights } from '../referenceTransformer'

const transformer: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 6, heads: 2, dHead: 3, dMlp: 5, vocab: 7, context: 6, attention: 'causal', norm: 'layer', activation: 'tanh', outputs: 'tokens' }
const mlp = modelOf({ kind: 'mlp', inputs: 9, hidden: [7, 5], outputs: 3, activation: 'relu' })
const nothing = { hooks: {}, reads: [], weights: {} }
const tensor = { shape: [1], data: new Float32Array(1) }

describe('a run begins as late as what it touches allows', () => {
  const model = modelOf(transformer)
  it.each<[string, Parameters<typeof beginningOf>[0], string | undefined]>([
    ['nothing', nothing, undefined],
    ['a head', { ...nothing, hooks: { 'blocks.1.attn.z': [] } }, 'blocks.1.attn.z'],
    ['a query', { ...nothing, hooks: { 'blocks.1.attn.q': [] } }, 'blocks.1.resid_pre'],
    ['an mlp unit', { ...nothing, hooks: { 'blocks.0.mlp.unit': [] } }, 'blocks.0.resid_mid'],
    ['the earlier of two', { ...nothing, hooks: { 'blocks.1.mlp': [], 'blocks.0.attn': [] } }, 'blocks.0.attn.z'],
    ['an edge from the embedding', { ...nothing, reads: [{ reader: 'unembed', mask: new Float32Array(), writers: { embed: new Float32Array() }, shift: new Float32Array(), perItem: false }] }, undefined],
    ['an edge from a head', { ...nothing, reads: [{ reader: 'blocks.1.attn.k', mask: new Float32Array(), writers: { 'blocks.0.attn': new Float32Array() }, shift: new Float32Array(), perItem: false }] }, 'blocks.0.attn.z'],
    ['an edge whose contribution is clamped', { ...nothing, reads: [{ reader: 'blocks.1.mlp', mask: new Float32Array(), writers: {}, shift: new Float32Array(), perItem: false }] }, 'blocks.1.resid_mid'],
    ['a token\'s embedding', { ...nothing, weights: { 'embed.W_E': tensor } }, undefined],
    ['the gain before attention', { ...nothing, weights: { 'blocks.1.ln1.w': tensor } }, 'blocks.1.resid_pre'],
    ['what heads write by', { ...nothing, weights: { 'blocks.1.attn.W_O': tensor } }, 'blocks.1.attn.z'],
    ['the unembedding', { ...nothing, weights: { 'unembed.W_U': tensor } }, 'blocks.1.resid_post'],
  ])('%s', (_what, plan, hook) => {
    expect(beginningOf(plan, model)?.hook).toBe(hook)
  })

  it('of an mlp too', () => {
    expect(beginningOf({ ...nothing, hooks: { 'layers.0': [] } }, mlp)).toEqual({ hook: 'layers.0' })
    expect(beginningOf({ ...nothing, weights: { 'layers.1.weight': tensor } }, mlp)).toEqual({ hook: 'layers.0' })
    expect(beginningOf({ ...nothing, weights: { 'layers.0.bias': tensor } }, mlp)).toBeUndefined()
  })
})

describe('where only some positions count, the last block computes no other', () => {
  const [N, T] = [20, 5]
  const weights = transformerWeights(transformer)
  const inputs = Int32Array.from({ length: N * T }, (_, i) => (i * 37 + (i * i) % 13) % 7)
  // Positions 2 and 3, of some items only one.
  const mask = Float32Array.from({ length: N * T }, (_, i) => i % T === 2 || (i % T === 3 && Math.floor(i / T) % 2 === 0) ? 1 : 0)
  const [focus, battery] = [15, Int32Array.of(10, 11, 12, 13)]
  const executor = createWasmExecutor()
  const open = openPatient(executor, { architecture: transformer, weights, items: { inputs: { shape: [N, T], data: inputs }, scale: 1, targets: inputs, mask }, calibration: Int32Array.from({ length: 8 }, (_, i) => i) })
  const run = (item: number, touch: TransformerTouch = {}) => referenceTransformer(transformer, weights, inputs.subarray(item * T, (item + 1) * T), touch)
  const close = (actual: ArrayLike<number>, expected: number[]): void => {
    expect(actual.length).toBe(expected.length)
    expected.forEach((value, i) => expect(Math.abs(actual[i] - value), `entry ${i}: ${actual[i]} against ${value}`).toBeLessThan(4e-5 * (1 + Math.abs(value))))
  }

  const doubled = (hook: string, inside: (i: number) => boolean): TransformerTouch => ({ at: (here, _t, i, a) => here === hook && inside(i) ? 2 * a : a })
  const cases: [string, TransformerTouch][] = [
    ['blocks.0.attn.head[1]', doubled('blocks.0.attn.z', i => i >= 3)],
    ['blocks.1.attn.head[0]', doubled('blocks.1.attn.z', i => i < 3)],
    ['blocks.1.attn.head[0].k', doubled('blocks.1.attn.k', i => i < 3)],
    ['blocks.0.mlp.unit[2]', doubled('blocks.0.mlp.unit', i => i === 2)],
    ['blocks.1.mlp.unit[2]', doubled('blocks.1.mlp.unit', i => i === 2)],
    ['blocks.1.mlp', doubled('blocks.1.mlp', () => true)],
    ['blocks.0.attn.head[1] -> unembed', { edge: (from, to, _t, c) => from === 'blocks.0.attn/1' && to === 'unembed' ? c.map(v => 2 * v) : c }],
  ]
  it.each(cases)('%s', async (site, touch) => {
    const gated = (strength: number): Intervention[] => [{ site, op: 'gate', strength, baseline: 'zero' }]
    const { stimulate } = await open
    const { outputs, pairedOutputs, before, after, changed } = await stimulate({ set: { interventions: gated(2), compose: false }, focus, battery }, () => 0)
    const counted = (touch?: TransformerTouch): number[] => [focus, ...battery].flatMap(item => run(item, touch).logits.flatMap((row, t) => mask[item * T + t] > 0 ? row : []))
    close(outputs, counted(touch))
    close(pairedOutputs, counted())
    expect(Math.max(...outputs.map((v, i) => Math.abs(v - pairedOutputs[i])))).toBeGreaterThan(1e-3)
    for (const [shown, { hooks, logits }] of [[before, run(focus)], [after, run(focus, touch)]] as const) {
      const at = shown.position!
      expect(at).toBe(2)
      const length = (l: number, h: number): number => Math.hypot(...hooks[`blocks.${l}.attn.z`][at].slice(3 * h, 3 * h + 3))
      const sheets = [[length(0, 0), length(0, 1)], hooks['blocks.0.mlp.unit'][at], [length(1, 0), length(1, 1)], hooks['blocks.1.mlp.unit'][at], logits[at]]
      sheets.forEach((sheet, s) => close(shown.activations[s], sheet))
    }
    const answer = (item: number, touch?: TransformerTouch): number => {
      const row = run(item, touch).logits[mask[item * T + 3] > 0 ? 3 : 2]
      return row.indexOf(Math.max(...row))
    }
    expect(changed.map(({ item }) => item)).toEqual([...battery].filter(item => answer(item) !== answer(item, touch)))
    const same = await stimulate({ set: { interventions: gated(1), compose: false }, focus, battery }, () => 0)
    expect(same.outputs).toEqual(same.pairedOutputs)
  })

  it('the values runs begin at are kept for two sets of rows, and all given back at the end', async () => {
    const own = createWasmExecutor()
    const patient = await openPatient(own, { architecture: mlp.architecture, weights: smallWeights(mlp.architecture as never), items: { inputs: { shape: [N, 9], data: numbers(N * 9, 7) }, scale: 1, targets: new Int32Array(N) }, calibration: Int32Array.of(0, 1) })
    const bare = own.alive()
    for (let item = 0; item < 5; item++) await patient.stimulate({ set: { interventions: [{ site: 'layers.0.unit[1]', op: 'clamp', strength: 1 }], compose: false }, focus: item, battery: Int32Array.of(7, 8) }, () => 0)
    expect(own.alive()).toBe(bare + 2)
    patient.dispose()
    expect(own.alive()).toBe(0)
  })
})
