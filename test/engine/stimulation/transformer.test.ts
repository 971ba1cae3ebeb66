import type { OpenPatient, PatientRequest } from '../../../main/engine/stimulation/patient'
import type { Intervention } from '../../../preload/contract/intervention'
import type { TransformerArchitecture } from '../../../preload/contract/primary'
import type { TransformerRun, TransformerTouch } from '../referenceTransformer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { openPatient } from '../../../main/engine/stimulation/patient'
import { referenceTransformer, transformerWeights } from '../referenceTransformer'

const T = 4
const architecture: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 6, heads: 2, dHead: 3, dMlp: 5, vocab: 7, context: 6, attention: 'causal', norm: 'layer', activation: 'tanh', outputs: 'tokens' }
const weights = transformerWeights(architecture)
const N = 24
const token = (i: number, salt: number): number => (i * 37 + salt * 11 + (i * i) % 13) % 7
const inputs = Int32Array.from({ length: N * T }, (_, i) => token(i, 1))
const partners = Int32Array.from({ length: N * T }, (_, i) => token(i, 5))
const targets = Int32Array.from({ length: N * T }, (_, i) => token(i, 3))
// Every item counts at two positions, not the same ones.
const mask = Float32Array.from({ length: N * T }, (_, i) => (i % T + Math.floor(i / T)) % 2)
const name = 'blocks.1.resid_pre.direction[plural]'
const vector = Float32Array.of(0.6, 0, -0.8, 0, 0, 0)
const patient: PatientRequest = {
  architecture,
  weights,
  items: { inputs: { shape: [N, T], data: inputs }, scale: 1, targets, mask, counterfactual: { shape: [N, T], data: partners } },
  calibration: Int32Array.from({ length: 12 }, (_, i) => i),
  directions: { [name]: vector },
}
const battery = Int32Array.of(12, 13, 14, 15, 16)
const focus = 17
const rows = [focus, ...battery]

const executor = createWasmExecutor()
let open: OpenPatient
beforeAll(async () => { open = await openPatient(executor, patient) })
afterAll(() => open.dispose())

const tokensOf = (item: number, from = inputs): number[] => [...from.subarray(item * T, (item + 1) * T)]
const cleanRuns = new Map<string, TransformerRun>()
function clean(item: number, from = inputs): TransformerRun {
  const key = `${item}/${from === inputs}`
  const known = cleanRuns.get(key) ?? referenceTransformer(architecture, weights, tokensOf(item, from))
  cleanRuns.set(key, known)
  return known
}
const calibrated = <V>(f: (run: TransformerRun) => V): V[] => Array.from(patient.calibration, i => f(clean(i)))
const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
const deviation = (values: number[]): number => Math.sqrt(mean(values.map(v => (v - mean(values)) ** 2)))

const stimulate = (interventions: Intervention[], compose = false) => open.stimulate({ set: { interventions, compose }, focus, battery }, () => 0)

/** Logits at the positions that count, item by item. */
function counted(run: (item: number) => TransformerRun): number[] {
  return rows.flatMap(item => run(item).logits.flatMap((row, t) => mask[item * T + t] > 0 ? row : []))
}

async function agrees(interventions: Intervention[], touchFor: (item: number) => TransformerTouch, compose = false): Promise<void> {
  const { outputs, pairedOutputs } = await stimulate(interventions, compose)
  close(pairedOutputs, counted(item => clean(item)))
  const expected = counted(item => referenceTransformer(architecture, weights, tokensOf(item), touchFor(item)))
  close(outputs, expected)
  // A case that changes nothing would prove nothing.
  expect(Math.max(...expected.map((v, i) => Math.abs(v - pairedOutputs[i])))).toBeGreaterThan(1e-3)
}

function close(actual: ArrayLike<number>, expected: number[]): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value), `entry ${i}: ${actual[i]} against ${value}`).toBeLessThan(4e-5 * (1 + Math.abs(value))))
}

/** What a value becomes, by the definitions of the operations. */
type Rule = (a: number, site: { item: number, t: number, hook: string, i: number }) => number
const value = (run: TransformerRun, { hook, t, i }: { hook: string, t: number, i: number }): number => run.hooks[hook][t][i]
const sigmaAt = (hook: string, i: number): number => deviation(calibrated(run => run.hooks[hook].map(row => row[i])).flat())
const meanAt = (site: { hook: string, t: number, i: number }): number => mean(calibrated(run => value(run, site)))
/** The donor whose values the site shows; found by looking, not by drawing. */
const donors = new Map<string, number>()

const operations: [string, Omit<Intervention, 'site'>, Rule][] = [
  ['gate to zero', { op: 'gate', strength: 0.3, baseline: 'zero' } as never, a => 0.3 * a],
  ['gate to the mean', { op: 'gate', strength: -0.5, baseline: 'mean' } as never, (a, site) => meanAt(site) - 0.5 * (a - meanAt(site))],
  ['drive', { op: 'drive', strength: 1.5 } as never, (a, { hook, i }) => a + 1.5 * sigmaAt(hook, i)],
  ['clamp', { op: 'clamp', strength: 0.4 } as never, () => 0.4],
  ['patch', { op: 'patch' } as never, (_a, site) => value(clean(site.item, partners), site)],
  ['gate to another item', { op: 'gate', strength: 0.25, baseline: { resample: 3 } } as never, (a, site) => {
    const donor = donors.get(String(site.item))!
    return 0.75 * value(clean(donor), site) + 0.25 * a
  }],
]
const sites: [string, string, (i: number) => boolean, (t: number) => boolean][] = [
  ['blocks.1.mlp.unit[3]', 'blocks.1.mlp.unit', i => i === 3, () => true],
  ['blocks.0.mlp.unit[1:3]@1:3', 'blocks.0.mlp.unit', i => i === 1 || i === 2, t => t === 1 || t === 2],
  ['blocks.0.attn.head[1]', 'blocks.0.attn.z', i => i >= 3, () => true],
  ['blocks.1.attn.head[0].q', 'blocks.1.attn.q', i => i < 3, () => true],
  ['blocks.1.attn.head[0].k@0', 'blocks.1.attn.k', i => i < 3, t => t === 0],
  ['blocks.0.attn.head[*].v@2', 'blocks.0.attn.v', () => true, t => t === 2],
  ['blocks.0.attn', 'blocks.0.attn', () => true, () => true],
  ['blocks.1.mlp@0:2', 'blocks.1.mlp', () => true, t => t < 2],
  ['blocks.1.resid_pre@1', 'blocks.1.resid_pre', () => true, t => t === 1],
  ['blocks.0.resid_post', 'blocks.0.resid_post', () => true, () => true],
]

describe.each(sites)('at %s', (site, hook, inside, at) => {
  it.each(operations)('%s', async (_name, operation, rule) => {
    for (const item of rows) donors.set(String(item), open.knowledge.donorRows(3, Int32Array.of(item))[0])
    await agrees([{ site, ...operation } as Intervention], item => ({
      at: (here, t, i, a) => here === hook && inside(i) && at(t) ? rule(a, { item, t, hook, i }) : a,
    }))
  })
})

describe('edges', () => {
  /** The contribution of a writer in some run, [d]. */
  function contribution(run: TransformerRun, writer: string, t: number): number[] {
    const { data: out } = weights[`${writer.split('/')[0]}.${writer.includes('attn') ? 'W_O' : 'W_out'}`] ?? { data: [] }
    const part = Number(writer.split('/')[1])
    if (writer === 'embed') return run.hooks['blocks.0.resid_pre'][t]
    if (writer.includes('mlp')) return Array.from({ length: 6 }, (_, d) => run.hooks[`${writer.split('/')[0]}.unit`][t][part] * out[part * 6 + d])
    return Array.from({ length: 6 }, (_, d) => [0, 1, 2].reduce((sum, i) => sum + run.hooks[`${writer.split('/')[0]}.z`][t][part * 3 + i] * out[(part * 3 + i) * 6 + d], 0))
  }
  const edges: [string, string, string[]][] = [
    ['blocks.0.attn.head[1] -> blocks.1.attn.head[0].k', 'blocks.0.attn/1', ['blocks.1.attn.k/0']],
    ['blocks.0.attn.head[0] -> blocks.0.mlp.unit[2]', 'blocks.0.attn/0', ['blocks.0.mlp/2']],
    ['blocks.0.mlp.unit[4] -> blocks.1.attn.head[1]', 'blocks.0.mlp/4', ['blocks.1.attn.q/1', 'blocks.1.attn.k/1', 'blocks.1.attn.v/1']],
    ['blocks.1.attn.head[0] -> unembed', 'blocks.1.attn/0', ['unembed']],
    ['embed -> blocks.0.attn.head[1].q', 'embed', ['blocks.0.attn.q/1']],
    ['embed -> blocks.1.mlp', 'embed', [0, 1, 2, 3, 4].map(u => `blocks.1.mlp/${u}`)],
  ]
  it.each(edges)('%s', async (site, writer, readers) => {
    const acts = (rule: (c: number[], item: number, t: number) => number[]) => (item: number): TransformerTouch => ({
      edge: (from, to, t, c) => from === writer && readers.includes(to) ? rule(c, item, t) : c,
    })
    await agrees([{ site, op: 'gate', strength: 0, baseline: 'zero' }], acts(c => c.map(() => 0)))
    await agrees([{ site, op: 'gate', strength: 2, baseline: 'mean' }], acts((c, _item, t) => {
      const means = c.map((_, d) => mean(calibrated(run => contribution(run, writer, t)[d])))
      return c.map((v, d) => means[d] + 2 * (v - means[d]))
    }))
    await agrees([{ site, op: 'patch' }], acts((_c, item, t) => contribution(clean(item, partners), writer, t)))
    const sigmas = Array.from({ length: 6 }, (_, d) => deviation(calibrated(run => Array.from({ length: T }, (_, t) => contribution(run, writer, t)[d])).flat()))
    await agrees([{ site, op: 'drive', strength: -2 }], acts(c => c.map((v, d) => v - 2 * sigmas[d])))
    await agrees([{ site, op: 'clamp', strength: 0.2 }], acts(c => c.map(() => 0.2)))
  })

  it('of a whole module take its bias along', async () => {
    const bias = weights['blocks.0.mlp.b_out'].data
    await agrees([{ site: 'blocks.0.mlp -> blocks.1.attn.head[0].v', op: 'gate', strength: 0, baseline: 'zero' }], () => ({
      // Every unit's contribution, and the bias taken out once, with unit 0.
      edge: (from, to, _t, c) => from.startsWith('blocks.0.mlp/') && to === 'blocks.1.attn.v/0' ? c.map((_, d) => from.endsWith('/0') ? -bias[d] : 0) : c,
    }))
  })

  it('several at once, at positions of their own, some to all heads and some to one', async () => {
    await agrees([
      { site: 'blocks.0.attn.head[0] -> blocks.1.attn', op: 'gate', strength: 0, baseline: 'zero' },
      { site: 'blocks.0.attn.head[1]@1 -> blocks.1.attn.head[1].q', op: 'gate', strength: 3, baseline: 'zero' },
      { site: 'embed -> blocks.1.attn.head[1].q@2:4', op: 'gate', strength: 0.5, baseline: 'zero' },
    ], () => ({
      edge: (from, to, t, c) => {
        if (from === 'blocks.0.attn/0' && to.startsWith('blocks.1.attn')) return c.map(() => 0)
        if (from === 'blocks.0.attn/1' && to === 'blocks.1.attn.q/1' && t === 1) return c.map(v => 3 * v)
        if (from === 'embed' && to === 'blocks.1.attn.q/1' && t >= 2) return c.map(v => 0.5 * v)
        return c
      },
    }))
  })
})

describe('directions', () => {
  const dot = (row: number[]): number => row.reduce((sum, v, d) => sum + v * vector[d], 0)
  const project = (run: TransformerRun, t: number): number => dot(run.hooks['blocks.1.resid_pre'][t])
  const moved = (rule: (p: number, item: number, t: number) => number, at: (t: number) => boolean = () => true) => (item: number): TransformerTouch => ({
    at: (hook, t, i, a) => {
      if (hook !== 'blocks.1.resid_pre' || !at(t)) return a
      // Nothing before it is changed, so the clean run's projection is this run's.
      const p = project(clean(item), t)
      return a + (rule(p, item, t) - p) * vector[i]
    },
  })
  it('act on the projection alone', async () => {
    await agrees([{ site: name, op: 'gate', strength: 0, baseline: 'zero' }], moved(() => 0))
    await agrees([{ site: `${name}@2`, op: 'gate', strength: 2, baseline: 'mean' }], moved((p, _item, t) => {
      const m = mean(calibrated(run => project(run, t)))
      return m + 2 * (p - m)
    }, t => t === 2))
    await agrees([{ site: name, op: 'patch' }], moved((_p, item, t) => project(clean(item, partners), t)))
    const sigma = deviation(calibrated(run => [0, 1, 2, 3].map(t => project(run, t))).flat())
    await agrees([{ site: name, op: 'drive', strength: 3 }], moved(p => p + 3 * sigma))
  })

  it('that are not stored are refused by name', async () => {
    await expect(stimulate([{ site: 'blocks.1.resid_pre.direction[dual]', op: 'drive', strength: 1 }])).rejects.toThrow(/no direction of that name/)
  })
})

describe('weights', () => {
  it.each([
    ['blocks.0.attn.W_Q[1,2,0]', 'blocks.0.attn.W_Q', (1 * 6 + 2) * 3],
    ['blocks.1.mlp.W_out[4,5]', 'blocks.1.mlp.W_out', 4 * 6 + 5],
    ['embed.W_E[3,1]', 'embed.W_E', 3 * 6 + 1],
    ['unembed.W_U[0,6]', 'unembed.W_U', 6],
  ])('%s is gated and driven', async (site, tensor, flat) => {
    const spread = deviation([...weights[tensor].data])
    for (const [intervention, change] of [
      [{ site, op: 'gate', strength: -1, baseline: 'zero' }, (w: number) => -w],
      [{ site, op: 'drive', strength: 4 }, (w: number) => w + 4 * spread],
    ] as [Intervention, (w: number) => number][]) {
      const data = Float32Array.from(weights[tensor].data)
      data[flat] = change(data[flat])
      const { outputs } = await stimulate([intervention])
      close(outputs, counted(item => referenceTransformer(architecture, { ...weights, [tensor]: { ...weights[tensor], data } }, tokensOf(item))))
    }
  })
})

describe('together', () => {
  it('sites of every kind compose in one run', async () => {
    const spread = deviation([...weights['unembed.W_U'].data])
    const data = Float32Array.from(weights['unembed.W_U'].data)
    data[6] += spread
    const result = await stimulate([
      { site: 'unembed.W_U[0,6]', op: 'drive', strength: 1 },
      { site: 'blocks.0.attn.head[0]', op: 'gate', strength: 0.5, baseline: 'zero' },
      { site: 'blocks.0.attn.head[1] -> blocks.1.attn.head[0].k', op: 'gate', strength: 0, baseline: 'zero' },
      { site: 'blocks.1.mlp.unit[2]@3', op: 'clamp', strength: 1 },
    ])
    close(result.outputs, counted(item => referenceTransformer(architecture, { ...weights, 'unembed.W_U': { ...weights['unembed.W_U'], data } }, tokensOf(item), {
      at: (hook, t, i, a) => hook === 'blocks.0.attn.z' && i < 3 ? 0.5 * a : hook === 'blocks.1.mlp.unit' && i === 2 && t === 3 ? 1 : a,
      edge: (from, to, _t, c) => from === 'blocks.0.attn/1' && to === 'blocks.1.attn.k/0' ? c.map(() => 0) : c,
    })))
  })

  it('a composed set is applied in order', async () => {
    const unit = 'blocks.1.mlp.unit[2]'
    await agrees([{ site: unit, op: 'drive', strength: 1 }, { site: unit, op: 'gate', strength: 0.5, baseline: 'zero' }], () => ({
      at: (hook, _t, i, a) => hook === 'blocks.1.mlp.unit' && i === 2 ? 0.5 * (a + sigmaAt('blocks.1.mlp.unit', 2)) : a,
    }), true)
    await expect(stimulate([{ site: unit, op: 'drive', strength: 1 }, { site: 'blocks.1.mlp.unit[0:4]@1', op: 'drive', strength: 1 }])).rejects.toThrow(/intervened on already/)
  })

  it('nothing, in every form, is bit-identical to nothing', async () => {
    const result = await stimulate([
      { site: 'blocks.0.attn.head[0]', op: 'gate', strength: 1, baseline: 'mean' },
      { site: 'blocks.1.resid_pre@2', op: 'drive', strength: 0 },
      { site: 'blocks.0.mlp.unit[1]', op: 'noise', strength: 0, seed: 4 },
      { site: 'blocks.0.attn.head[1] -> blocks.1.attn.head[0].k', op: 'gate', strength: 1, baseline: 'zero' },
      { site: 'embed -> blocks.1.mlp.unit[3]', op: 'drive', strength: 0 },
      { site: 'unembed.W_U[0,6]', op: 'gate', strength: 1, baseline: 'zero' },
    ])
    const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer)
    expect(bits(result.outputs)).toEqual(bits(result.pairedOutputs))
    const aligned = await stimulate([{ site: name, op: 'gate', strength: 1, baseline: 'zero' }])
    expect(bits(aligned.outputs)).toEqual(bits(aligned.pairedOutputs))
    const { pairedOutputs } = await stimulate([])
    expect(bits(result.pairedOutputs)).toEqual(bits(pairedOutputs))
    expect(result.measures.kl.effect).toEqual({ mean: 0, se: 0, n: 5 })
  })
})

it('measures an item by the mean over the positions that count', async () => {
  const { measures } = await stimulate([{ site: 'blocks.0.attn.head[1]', op: 'gate', strength: 0, baseline: 'zero' }])
  const lossOf = (run: TransformerRun, item: number): number => {
    const losses = run.logits.flatMap((row, t) => mask[item * T + t] > 0 ? [Math.log(row.reduce((s, v) => s + Math.exp(v), 0)) - row[targets[item * T + t]]] : [])
    return mean(losses)
  }
  const without = Array.from(battery, item => lossOf(clean(item), item))
  const ablated = Array.from(battery, item => lossOf(referenceTransformer(architecture, weights, tokensOf(item), { at: (hook, _t, i, a) => hook === 'blocks.0.attn.z' && i >= 3 ? 0 : a }), item))
  expect(measures.loss.before).toBeCloseTo(mean(without), 4)
  expect(measures.loss.after).toBeCloseTo(mean(ablated), 4)
  const differences = ablated.map((v, i) => v - without[i])
  expect(measures.loss.effect.mean).toBeCloseTo(mean(differences), 4)
  expect(measures.loss.effect.se).toBeCloseTo(Math.sqrt(differences.reduce((s, v) => s + (v - mean(differences)) ** 2, 0) / 4 / 5), 4)
})

it('presents heads by the length of z and units as they are, where the answer is read', async () => {
  const { activations, position, target, probabilities } = await open.present(focus)
  const last = [3, 2, 1, 0].find(t => mask[focus * T + t] > 0)!
  expect(position).toBe(last)
  expect(target).toBe(targets[focus * T + last])
  const { hooks, logits } = clean(focus)
  const length = (l: number, h: number): number => Math.hypot(...hooks[`blocks.${l}.attn.z`][last].slice(3 * h, 3 * h + 3))
  const expected = [[length(0, 0), length(0, 1)], hooks['blocks.0.mlp.unit'][last], [length(1, 0), length(1, 1)], hooks['blocks.1.mlp.unit'][last], logits[last]]
  expect(activations).toHaveLength(5)
  expected.forEach((sheet, s) => close(activations[s], sheet))
  expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5)
  const answers = await open.answers()
  Array.from(battery, item => expect(answers[item]).toBe(best(clean(item).logits[[3, 2, 1, 0].find(t => mask[item * T + t] > 0)!])))
})

function best(row: number[]): number {
  return row.indexOf(Math.max(...row))
}

it('refuses positions the items do not have', async () => {
  await expect(stimulate([{ site: 'blocks.0.resid_pre@4', op: 'drive', strength: 1 }])).rejects.toThrow(/beyond the 4 positions of these items/)
})

it('leaks nothing over many calls', async () => {
  const before = executor.alive()
  for (let i = 0; i < 40; i++) {
    await stimulate([
      { site: 'blocks.0.attn.head[0]', op: 'drive', strength: i / 10 },
      { site: 'blocks.0.attn.head[1] -> blocks.1.attn.head[0].k', op: 'gate', strength: i, baseline: 'mean' },
      { site: 'unembed.W_U[0,6]', op: 'gate', strength: i, baseline: 'zero' },
    ])
  }
  expect(executor.alive()).toBe(before)
})
