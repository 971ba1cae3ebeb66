import type { Presentation, StimulateResult } from '../../../preload/contract/engine'
import type { Protocol } from '../../../preload/contract/protocol'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readProtocol } from '../../../main/files/protocol'
import { agreementOf } from '../../../main/theatre/mapping/agreement'
import { seizureOf } from '../../../main/theatre/mapping/detectors'
import { dissociationsOf } from '../../../main/theatre/mapping/dissociations'
import { BEGINNING, reduceMachine, transitionFrom } from '../../../main/theatre/mapping/machine'
import { prepare } from '../../../main/theatre/mapping/prepare'
import { presetNamed } from '../../../main/theatre/mapping/presets'
import { sumOf } from '../../../main/theatre/mapping/selfRepair'
import { codeOf } from '../../../main/theatre/mapping/taxonomy'
import { protocolSchema } from '../../../preload/contract/protocol'

const standard = presetNamed('standard')

function presentation(logits: number[], target = 0): Presentation {
  const top = Math.max(...logits)
  const exps = logits.map(x => Math.exp(x - top))
  const sum = exps.reduce((a, b) => a + b, 0)
  return { item: 0, target, input: Float32Array.of(), activations: [Float32Array.of(1, 2), Float32Array.from(logits)], probabilities: Float32Array.from(exps, x => x / sum) }
}

describe('the states', () => {
  it('go forward only, stand still and go on, and end', () => {
    let state = BEGINNING
    const go = (what: 'begin' | 'advance' | 'pause' | 'resume' | 'interrupt' | 'end'): void => {
      const { from, to } = transitionFrom(state, what)
      state = reduceMachine({ kind: 'mapping.transition', mapping: '', from, to, what })
    }
    go('begin')
    expect(state.phase).toBe('calibrate')
    go('pause')
    expect(() => transitionFrom(state, 'advance')).toThrow(/paused/)
    go('resume')
    go('interrupt')
    expect(state).toMatchObject({ phase: 'calibrate', status: 'interrupted' })
    go('resume')
    for (const phase of ['map', 'verify', 'report']) {
      go('advance')
      expect(state.phase).toBe(phase)
    }
    expect(() => transitionFrom(state, 'advance')).toThrow(/report/)
    go('end')
    expect(() => transitionFrom(state, 'resume')).toThrow(/finished/)
  })
})

describe('the code of an answer', () => {
  const before = presentation([5, 3, 2, 0, 0, 0, 0, 0, 0, 0])
  it.each([
    ['correct', [5, 0, 0, 0, 0, 0, 0, 0, 0, 0], undefined],
    ['slowed', [3, 2.5, 2, 0, 0, 0, 0, 0, 0, 0], undefined],
    ['confusion-near', [0, 8, 0, 0, 0, 0, 0, 0, 0, 0], undefined],
    ['confusion-far', [0, 0, 0, 0, 0, 0, 0, 8, 0, 0], 3],
    ['perseveration', [0, 0, 0, 0, 0, 0, 0, 8, 0, 0], 7],
    ['no-answer', [0, 0.1, 0, 0, 0, 0, 0, 0, 0, 0], undefined],
    ['error', [Number.NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0], undefined],
  ])('%s', (code, logits, last) => {
    expect(codeOf(before, presentation(logits), last).code).toBe(code)
  })
})

describe('seizures', () => {
  const result = (outputs: number[][], after: number[] = [1, 2]): StimulateResult => {
    const usual = [[9, 0, 0], [0, 9, 0], [0, 0, 9]].flat()
    const one = presentation([9, 0, 0])
    return { before: one, after: { ...one, activations: [Float32Array.from(after), Float32Array.of(9, 0, 0)] }, outputs: Float32Array.from(outputs.flat()), pairedOutputs: Float32Array.from(usual) } as StimulateResult
  }
  it.each([
    ['none in ordinary answers', [[9, 0, 0], [0, 9, 0], [0, 0, 9]], [1, 2], undefined],
    ['none where answers are merely wrong', [[0, 9, 0], [0, 0, 9], [9, 0, 0]], [1, 2], undefined],
    ['a value that is no number', [[Number.NaN, 0, 0], [0, 9, 0], [0, 0, 9]], [1, 2], 'not-a-number'],
    ['an infinity inside', [[9, 0, 0], [0, 9, 0], [0, 0, 9]], [1, Infinity], 'not-a-number'],
    ['a norm that explodes', [[9, 0, 0], [0, 9, 0], [0, 0, 9]], [1, 5000], 'norm'],
    ['one answer to everything', [[9, 0, 0], [9, 0, 0], [9, 0, 0]], [1, 2], 'entropy'],
  ])('%s', (_what, outputs, after, expected) => {
    expect(seizureOf(result(outputs, after), standard.seizure)?.what).toBe(expected)
  })
})

describe('findings', () => {
  it('a double dissociation needs both differences', () => {
    const loss = (lost: number) => ({ items: 20, lost, interval: [0, 1] as [number, number] })
    const crossed = [{ site: 'a', cells: [loss(18), loss(1)] }, { site: 'b', cells: [loss(2), loss(17)] }]
    expect(dissociationsOf(crossed, ['read', 'write'], 0.05)).toMatchObject([{ sites: ['a', 'b'], tasks: ['read', 'write'] }])
    const onlyOne = [{ site: 'a', cells: [loss(18), loss(1)] }, { site: 'b', cells: [loss(10), loss(10)] }]
    expect(dissociationsOf(onlyOne, ['read', 'write'], 0.05)).toEqual([])
  })

  it('a backup does more harm together than the sum of each alone', () => {
    const reading = (change: number) => ({ item: 0, target: 0, before: { answer: 0, logProbability: 0, margin: 1 }, after: { answer: 0, logProbability: change, margin: 1 } })
    const noise = Array.from({ length: 12 }, (_, i) => 0.01 * (i % 3))
    const sum = sumOf(['a', 'b'], noise.map(x => reading(-2 + x)), [noise.map(x => reading(-0.1 + x)), noise.map(() => reading(-0.1))], standard)
    expect(sum.excess).toBeCloseTo(-1.8, 10)
    expect(sum.interval[1]).toBeLessThan(0)
    expect(sum.p).toBeLessThan(0.01)
  })

  it('maps agree or differ site by site', () => {
    const map = (name: string, scores: number[], members: boolean[]) => ({ name, how: '', scores, members })
    const { pairs, disagreements } = agreementOf(['a', 'b', 'c', 'd'], [map('x', [4, 3, 2, 1], [true, true, false, false]), map('y', [4, 1, 2, Number.NaN], [true, false, false, false])])
    // Of three sites both know: 1 both, 1 only x, 1 neither. κ = (2/3 − 4/9) / (5/9) = 0.4.
    expect(pairs[0]).toMatchObject({ sites: 3, iou: 0.5 })
    expect(pairs[0].kappa).toBeCloseTo(0.4, 12)
    expect(pairs[0].rank).toBeCloseTo(0.5, 12)
    expect(disagreements).toEqual([{ site: 'b', members: ['x'], others: ['y'] }])
  })
})

describe('bad input', () => {
  let folder: string
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'symbiote-protocol-')) })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const written = (change: object): Promise<Protocol> => {
    const path = join(folder, 'protocol.json')
    writeFileSync(path, JSON.stringify({ ...standard, ...change }))
    return readProtocol(path)
  }

  it('presets are files like any other', async () => {
    await expect(written({})).resolves.toEqual(standard)
    for (const name of ['quick', 'rigorous'] as const) expect(protocolSchema.parse(presetNamed(name))).toEqual(presetNamed(name))
  })

  it.each([
    ['another version', { format: 'symbiote-protocol/2' }, /protocol\.json: format: it is "symbiote-protocol\/2"/],
    ['an unknown key', { trials: { ...standard.trials, colour: 1 } }, /trials.*colour/],
    ['a wrong value', { test: { ...standard.test, correction: 'none' } }, /test\.correction/],
  ])('%s: the place in the file', async (_what, change, message) => {
    await expect(written(change)).rejects.toThrow(message)
  })

  /** Of a primary that answers class 0 to every item. */
  const patient = (target: number) => ({
    answers: new Int32Array(400),
    loaded: {
      file: { architecture: { kind: 'mlp', inputs: 2, hidden: [40], outputs: 2, activation: 'relu' } },
      items: { inputs: { shape: [400, 2], data: new Float32Array(800) }, scale: 1, targets: new Int32Array(400).fill(target) },
      dataset: { name: 'zeros', classNames: ['0', '1'] },
    },
  }) as unknown as Parameters<typeof prepare>[0]

  it('holds for a protocol that fits', () => {
    const { sites, items, power } = prepare(patient(0), standard)
    expect(sites.length).toBe(40)
    expect(power.reached).toBeGreaterThan(0.9)
    const all = [...items.calibrate, ...items.map, ...items.heldOut]
    expect(new Set(all).size).toBe(all.length)
    expect(items.heldOut.length).toBe(64)
  })

  it.each([
    ['a battery failed at baseline', 1, {}, 'battery-failed', 'battery.items', /every one of the 256/],
    ['too few trials for the power', 0, { trials: { items: 1, least: 3, most: 8 } }, 'power-unreachable', 'trials.most', /It takes \d+ trials/],
    ['a dose over the cap', 0, { doseCap: 0.6 }, 'dose-over-cap', 'stimulation.strengths.2', /dose of 0\.75.*cap is 0\.6/],
    ['a site cap that leaves nothing', 0, { siteCaps: { 'layers.0.unit[3]': 0.1 } }, 'dose-over-cap', 'siteCaps.layers.0.unit[3]', /0\.1/],
    ['a site outside the primary', 0, { sites: ['layers.7.unit[0]'] }, 'site-unknown', undefined, /layers\.7/],
    ['a task of a class there is not', 0, { battery: { ...standard.battery, tasks: [{ name: 'a', classes: [0] }, { name: 'b', classes: [5] }] } }, 'class-unknown', 'battery.tasks.1.classes.0', /class 5/],
    ['items that do not suffice', 0, { battery: { items: 60, heldOut: 0.25 } }, 'too-few-items', 'battery.items', /Look at \d+/],
    ['more trials at least than at most', 0, { trials: { items: 8, least: 9, most: 8 } }, 'protocol-invalid', 'trials.least', /9/],
  ])('%s', (_what, target, change, code, path, message) => {
    try {
      prepare(patient(target), { ...standard, ...change } as Protocol)
      expect.unreachable()
    }
    catch (error) {
      expect(error).toMatchObject({ code, ...(path === undefined ? {} : { path }) })
      expect((error as { line: string }).line).toMatch(message)
    }
  })

  it('the number of trials it names is enough', () => {
    const few = { ...standard, battery: { items: 400, heldOut: 0.1 }, trials: { items: 1, least: 3, most: 8 } }
    let needed = 0
    try {
      prepare(patient(0), few)
    }
    catch (error) {
      needed = Number(/It takes (\d+) trials/.exec((error as { line: string }).line)![1])
    }
    expect(() => prepare(patient(0), { ...few, trials: { ...few.trials, most: needed } })).not.toThrow()
    expect(() => prepare(patient(0), { ...few, trials: { ...few.trials, most: needed - 1 } })).toThrow(/power|find/)
  })
})
