import type { Tensor } from '../../preload/contract/engine'
import type { MlpArchitecture, PrimaryFile } from '../../preload/contract/primary'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectedTensors, indexOf, parameterCount } from '../../main/files/architecture'
import { writeCheckpoint } from '../../main/files/checkpoint'
import { readPrimary, writePrimary } from '../../main/files/primary'
import { writeSafetensors } from '../../main/files/safetensors'
import { UserError } from '../../preload/contract/errors'

const architecture: MlpArchitecture = { kind: 'mlp', inputs: 3, hidden: [4, 2], outputs: 5, activation: 'gelu' }
const file: PrimaryFile = { format: 'symbiote-primary/1', name: 'small', architecture, task: { kind: 'classification', dataset: 'mnist' }, provenance: { seed: 7, steps: 10 } }

function tensor(...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1)
  return { shape, data: Float32Array.from({ length: size }, (_, i) => (i - size / 2) / 8) }
}

function weights(): Record<string, Tensor> {
  return {
    'layers.0.weight': tensor(4, 3),
    'layers.0.bias': tensor(4),
    'layers.1.weight': tensor(2, 4),
    'layers.1.bias': tensor(2),
    'layers.2.weight': tensor(5, 2),
    'layers.2.bias': tensor(5),
  }
}

let root: string
let folder: string
let n = 0
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'symbiote-primary-')) })
beforeEach(() => { folder = join(root, `p${n++}`) })
afterAll(() => rmSync(root, { recursive: true }))

async function refusal(path = folder): Promise<UserError> {
  const error = await readPrimary(path).then(() => undefined, (error: unknown) => error)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).path).toContain(path)
  expect((error as UserError).remedy).not.toBe('')
  return error as UserError
}

/** A primary on disk as a careless hand may leave it: written without any check of ours. */
async function leave(json: unknown, tensors: Record<string, Tensor> = weights()): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'primary.json'), typeof json === 'string' ? json : JSON.stringify(json))
  await writeSafetensors(join(folder, 'weights.safetensors'), tensors)
}

describe('an architecture', () => {
  it('has tensors as the design names them', () => {
    expect(expectedTensors({ kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' })).toEqual({
      'layers.0.weight': [256, 784],
      'layers.0.bias': [256],
      'layers.1.weight': [128, 256],
      'layers.1.bias': [128],
      'layers.2.weight': [10, 128],
      'layers.2.bias': [10],
    })
    expect(parameterCount({ kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' })).toBe(784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10)
    expect(expectedTensors({ kind: 'mlp', inputs: 2, hidden: [], outputs: 3, activation: 'relu' })).toEqual({ 'layers.0.weight': [3, 2], 'layers.0.bias': [3] })
  })

  it('gives indices row by row', () => {
    expect([indexOf(0, [4, 3]), indexOf(5, [4, 3]), indexOf(11, [4, 3]), indexOf(23, [2, 3, 4])]).toEqual(['0,0', '1,2', '3,2', '1,2,3'])
  })
})

describe('a primary', () => {
  it('is read as it was written, with the hash of its weights', async () => {
    const written = await writePrimary(folder, { file, weights: weights() })
    const read = await readPrimary(folder)
    const bytes = readFileSync(join(folder, 'weights.safetensors'))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(read).toMatchObject({ path: folder, weightsSha256: sha256, weightsBytes: bytes.length, parameters: 12 + 4 + 8 + 2 + 10 + 5 })
    expect(read.weights).toEqual(weights())
    expect(read.file).toEqual({ ...file, provenance: { seed: 7, steps: 10, weightsSha256: sha256 } })
    expect({ ...written, weights: read.weights }).toEqual(read)
    expect(readdirSync(folder).sort()).toEqual(['primary.json', 'weights.safetensors'])
    expect(readdirSync(root).filter(name => name.startsWith('.'))).toEqual([])
  })

  it('takes the place of the checkpoint it was trained from, and of nothing else unasked', async () => {
    const zeros = Object.fromEntries(Object.entries(weights()).map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]))
    await writeCheckpoint(folder, { step: 3, weights: weights(), first: zeros, second: zeros }, { name: 'small', dataset: 'mnist', architecture, seed: 7, steps: 10, batch: 4, learningRate: 0.1, schedule: 'linear' })
    // As a crash after the weights and before the description leaves it: still a run, not half a primary.
    await writeSafetensors(join(folder, 'weights.safetensors'), weights())
    expect(await refusal()).toMatchObject({ code: 'primary-missing' })
    await writePrimary(folder, { file, weights: weights() })
    expect(readdirSync(folder).sort()).toEqual(['primary.json', 'weights.safetensors'])
    expect((await readPrimary(folder)).weights).toEqual(weights())

    const before = readFileSync(join(folder, 'primary.json'), 'utf8')
    await expect(writePrimary(folder, { file: { ...file, name: 'other' }, weights: weights() })).rejects.toMatchObject({ code: 'primary-exists', path: folder })
    expect(readFileSync(join(folder, 'primary.json'), 'utf8')).toBe(before)

    await writePrimary(folder, { file: { ...file, name: 'other' }, weights: weights() }, { replace: true })
    expect((await readPrimary(folder)).file.name).toBe('other')

    writeFileSync(join(folder, 'thesis.txt'), 'mine')
    await expect(writePrimary(folder, { file, weights: weights() }, { replace: true })).rejects.toMatchObject({ code: 'primary-exists', message: expect.stringContaining('thesis.txt') as string })
    expect(readFileSync(join(folder, 'thesis.txt'), 'utf8')).toBe('mine')
    expect(readdirSync(root).filter(name => name.startsWith('.'))).toEqual([])
  })

  it('is not written where it could not be read again', async () => {
    const bad = weights()
    bad['layers.1.bias'].data[1] = Number.NaN
    await expect(writePrimary(folder, { file, weights: bad })).rejects.toMatchObject({ code: 'weights-not-finite', message: expect.stringContaining('layers.1.bias[1] is NaN') as string })
    expect(readdirSync(root)).not.toContain(folder.slice(root.length + 1))
  })
})

describe('a primary that cannot be written', () => {
  it('is about the place that was asked for, and leaves nothing', async () => {
    const long = join(root, 'n'.repeat(300))
    await expect(writePrimary(long, { file, weights: weights() })).rejects.toMatchObject({ name: 'UserError', path: long })
    writeFileSync(join(root, 'a-file'), '')
    await expect(writePrimary(join(root, 'a-file', 'p'), { file, weights: weights() })).rejects.toMatchObject({ code: 'not-a-folder', path: expect.stringContaining(join(root, 'a-file', 'p')) as string, message: expect.not.stringContaining('/.p.') as string })
    const allowed = join(root, 'm'.repeat(255))
    await writePrimary(allowed, { file, weights: weights() })
    expect((await readPrimary(allowed)).path).toBe(allowed)
    expect(readdirSync(root).filter(name => name.startsWith('.') || name.startsWith('nnn'))).toEqual([])
  })
})

describe('a primary is refused', () => {
  it('where there is none', async () => {
    expect(await refusal()).toMatchObject({ code: 'file-missing' })
    mkdirSync(folder)
    expect(await refusal()).toMatchObject({ code: 'primary-missing', remedy: expect.stringContaining('weights.safetensors') as string })
    writeFileSync(join(folder, 'x'), '')
    expect(await refusal(join(folder, 'x'))).toMatchObject({ code: 'not-a-folder' })
  })

  it('without weights, or with weights cut off', async () => {
    await writePrimary(folder, { file, weights: weights() })
    truncateSync(join(folder, 'weights.safetensors'), statSync(join(folder, 'weights.safetensors')).size - 1)
    expect(await refusal()).toMatchObject({ code: 'file-damaged', message: expect.stringMatching(/weights\.safetensors.*cut off/) as string })
    rmSync(join(folder, 'weights.safetensors'))
    expect(await refusal()).toMatchObject({ code: 'file-missing', path: join(folder, 'weights.safetensors') })
  })

  it('with a wrong shape, naming both sides', async () => {
    await leave(file, { ...weights(), 'layers.1.weight': tensor(4, 2) })
    const { message } = await refusal()
    expect(message).toContain('weights.safetensors: layers.1.weight is [4, 2], the architecture says [2, 4].')
  })

  it('with missing and unknown tensors, named', async () => {
    const { 'layers.1.bias': _, ...rest } = weights()
    await leave(file, { ...rest, 'fc1.bias': tensor(2) })
    expect((await refusal()).message).toMatch(/layers\.1\.bias is missing and fc1\.bias is unknown/)
  })

  it('with integers or infinite values for weights', async () => {
    await leave(file, { ...weights(), 'layers.0.bias': { shape: [4], data: new Int32Array(4) } })
    expect((await refusal()).message).toMatch(/layers\.0\.bias holds I32/)
    const infinite = weights()
    infinite['layers.0.weight'].data[7] = -Infinity
    rmSync(folder, { recursive: true })
    await leave(file, infinite)
    expect(await refusal()).toMatchObject({ code: 'weights-not-finite', message: expect.stringContaining('layers.0.weight[2,1] is -Infinity') as string })
  })

  it('with other weights than those it was saved with', async () => {
    await writePrimary(folder, { file, weights: weights() })
    const path = join(folder, 'weights.safetensors')
    const bytes = readFileSync(path)
    bytes[bytes.length - 1] ^= 1
    writeFileSync(path, bytes)
    expect(await refusal()).toMatchObject({ code: 'weights-changed', path })
  })

  it.each<[string, unknown, RegExp]>([
    ['text', 'hello', /not JSON/],
    ['a list', '[]', /primary\.json/],
    ['null', 'null', /primary\.json/],
    ['a newer format', { ...file, format: 'symbiote-primary/2' }, /newer than this version/],
    ['another kind', { ...file, architecture: { kind: 'rnn' } }, /runs an mlp, a cnn or a transformer, not "rnn"/],
    ['no name', { ...file, name: '' }, /name/],
    ['a negative width', { ...file, architecture: { ...architecture, hidden: [4, -2] } }, /architecture\.hidden\.1/],
    ['an unknown activation', { ...file, architecture: { ...architecture, activation: 'swish' } }, /architecture\.activation/],
    ['an unknown field', { ...file, architecture: { ...architecture, dropout: 0.5 } }, /architecture.*dropout/],
  ])('with %s for a description', async (_, json, message) => {
    await leave(json)
    const error = await refusal()
    expect(error.message).toMatch(message)
    expect(error.path).toBe(join(folder, 'primary.json'))
  })

  it('or read, whatever bytes are changed or cut', async () => {
    await writePrimary(folder, { file: { ...file, provenance: { seed: 7 } }, weights: weights() })
    const originals = ['primary.json', 'weights.safetensors'].map(name => [join(folder, name), readFileSync(join(folder, name))] as const)
    await fc.assert(fc.asyncProperty(fc.nat(1), fc.nat(), fc.nat(255), fc.boolean(), async (which, at, value, cut) => {
      const [path, original] = originals[which]
      const bytes = Buffer.from(cut ? original.subarray(0, at % original.length) : original)
      if (!cut)
        bytes[at % bytes.length] = value
      writeFileSync(path, bytes)
      try {
        await readPrimary(folder)
        // The hash leaves nothing but an unchanged weights file, or a description that still holds.
        expect(which === 0 || bytes.equals(original)).toBe(true)
      }
      catch (error) {
        if (!(error instanceof UserError))
          throw error
      }
      writeFileSync(path, original)
    }), { numRuns: 600 })
  })
})
