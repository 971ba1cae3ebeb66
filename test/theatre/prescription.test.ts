import type { Steered } from '../../main/theatre/prescription'
import type { MlpArchitecture } from '../../preload/contract/primary'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { modelOf } from '../../main/engine/primary/models'
import { foldGates } from '../../main/engine/symbiote/fold'
import { slotsOf } from '../../main/engine/symbiote/slots'
import { readPrescription } from '../../main/files/prescription'
import { inspectPrimary, readPrimary, writePrimary } from '../../main/files/primary'
import { savePrescription } from '../../main/theatre/prescription'
import { smallWeights } from '../engine/reference'

const architecture: MlpArchitecture = { kind: 'mlp', inputs: 3, hidden: [4], outputs: 2, activation: 'relu' }
const slots = slotsOf('units', modelOf(architecture))
const gates = Float32Array.of(1, 0, 1.5, 1)
const dataset = { name: 'two-tasks', sha256: 'ab'.repeat(32) }

let root: string
let out: string
let steered: Steered
let n = 0

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'symbiote-prescription-'))
  const base = await writePrimary(join(root, 'base'), {
    file: { format: 'symbiote-primary/1', name: 'base', architecture, task: { kind: 'classification', dataset: '../data' }, provenance: { seed: 7, steps: 10, recipe: 'digits', metrics: { testAccuracy: 0.9 } } },
    weights: smallWeights(architecture),
  })
  steered = { base, dataset, asked: { objective: 'steer', target: 1, baseline: 'zero' }, addresses: slots.addresses, gates, folded: foldGates(modelOf(architecture), base.weights, slots, gates, 'zero') }
})
beforeEach(() => { out = join(root, `steered-${n++}`) })
afterAll(() => rmSync(root, { recursive: true }))

describe('a steered primary', () => {
  it('opens like any other, and says what was done to which', async () => {
    await savePrescription(out, steered)
    const read = await readPrimary(out)
    expect(read.weights).toEqual(steered.folded)
    expect(read.file).toMatchObject({
      name: out.slice(root.length + 1),
      task: { kind: 'classification', dataset: join(root, 'data') },
      provenance: {
        seed: 7,
        steps: 10,
        weightsSha256: read.weightsSha256,
        base: { name: 'base', weightsSha256: steered.base.weightsSha256, recipe: 'digits', metrics: { testAccuracy: 0.9 } },
        gates: { objective: 'steer', target: 1, baseline: 'zero', sites: 2, dose: 1.5, prescription: 'prescription.json' },
      },
    })
    // What was measured on the base says nothing about this one.
    expect(read.file.provenance).not.toHaveProperty('metrics')
    expect(read.file.provenance).not.toHaveProperty('recipe')
    expect(await inspectPrimary(out)).toEqual(read.file)
    expect(await readPrescription(out)).toEqual({
      format: 'symbiote-prescription/1',
      base: { name: 'base', weightsSha256: steered.base.weightsSha256 },
      dataset,
      objective: 'steer',
      target: 1,
      baseline: 'zero',
      gates: [{ address: 'layers.0.unit[1]', gate: 0 }, { address: 'layers.0.unit[2]', gate: 1.5 }],
      dose: 1.5,
    })
    expect(readdirSync(out).sort()).toEqual(['prescription.json', 'primary.json', 'weights.safetensors'])
  })

  it('is made again from its base and its prescription, to the bit', async () => {
    await savePrescription(out, steered)
    const { gates, baseline } = await readPrescription(out)
    const base = await readPrimary(join(root, 'base'))
    const again = foldGates(modelOf(architecture), base.weights, slotsOf(gates.map(({ address }) => address), modelOf(architecture)), gates.map(({ gate }) => gate), baseline)
    expect(again).toEqual((await readPrimary(out)).weights)
  })

  it('takes no other primary\'s place unasked, and where it does nothing of the old one stays', async () => {
    await savePrescription(out, steered)
    await expect(savePrescription(out, steered)).rejects.toMatchObject({ code: 'primary-exists' })
    await savePrescription(out, steered, { replace: true })
    await writePrimary(out, { file: steered.base.file, weights: smallWeights(architecture) }, { replace: true })
    expect(readdirSync(out).sort()).toEqual(['primary.json', 'weights.safetensors'])
    await expect(readPrescription(out)).rejects.toMatchObject({ code: 'file-missing' })
  })

  it('that is its base once more, or not a number, is not written', async () => {
    await expect(savePrescription(out, { ...steered, gates: Float32Array.of(1, 1, 1, 1) })).rejects.toMatchObject({ code: 'prescription-empty' })
    await expect(savePrescription(out, { ...steered, gates: Float32Array.of(1, Number.NaN, 1, 1) })).rejects.toMatchObject({ code: 'file-invalid', message: expect.stringContaining('gates.0.gate') as string })
    await expect(savePrescription(out, { ...steered, folded: { ...steered.folded, 'layers.0.bias': { shape: [4], data: new Float32Array(4).fill(Number.NaN) } } })).rejects.toMatchObject({ code: 'weights-not-finite' })
    expect(readdirSync(root)).toEqual(expect.not.arrayContaining([out.slice(root.length + 1)]))
  })
})

describe('a prescription is refused', () => {
  it.each<[string, (p: Record<string, unknown>) => unknown, string, RegExp]>([
    ['of a newer format', p => ({ ...p, format: 'symbiote-prescription/2' }), 'format-newer', /newer/],
    ['with a field nobody knows', p => ({ ...p, doses: 3 }), 'file-invalid', /doses/],
    ['without a hash of its base', p => ({ ...p, base: { name: 'base', weightsSha256: 'abc' } }), 'file-invalid', /base\.weightsSha256: not a SHA-256/],
    ['with a site that is not there', p => ({ ...p, gates: [{ address: 'layers.0.unit[9]', gate: 0 }] }), 'prescription-invalid', /unit\[9\]/],
    ['with a site twice', p => ({ ...p, gates: [{ address: 'layers.0.unit[1]', gate: 0 }, { address: 'layers.0.unit[1]', gate: 0.5 }] }), 'prescription-invalid', /twice/],
    ['with a gate of 1', p => ({ ...p, gates: [{ address: 'layers.0.unit[1]', gate: 1 }] }), 'prescription-invalid', /leaves it as it is/],
    ['with another dose than its gates make', p => ({ ...p, dose: 2 }), 'prescription-invalid', /the dose is 2, and its gates make 1\.5/],
    ['to steer to nothing', ({ target: _, ...p }) => p, 'prescription-invalid', /no target/],
    ['that is a list', () => [], 'file-invalid', /whole file/],
  ])('%s', async (_name, change, code, message) => {
    await savePrescription(out, steered)
    const path = join(out, 'prescription.json')
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)))
    await expect(readPrescription(out)).rejects.toMatchObject({ code, path, message: expect.stringMatching(message) as string })
    // The primary itself opens all the same.
    expect((await readPrimary(out)).weights).toEqual(steered.folded)
  })
})
