import type { Tensor } from '../../preload/contract/engine'
import type { TransformerArchitecture } from '../../preload/contract/primary'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readDataset } from '../../main/files/dataset'
import { checkFits } from '../../main/files/fits'
import { readPrimary, writePrimary } from '../../main/files/primary'
import { writeSafetensors } from '../../main/files/safetensors'
import { transformerTensors } from '../../preload/contract/primary'

const home = mkdtempSync(join(tmpdir(), 'symbiote-tokens-'))
afterAll(() => rmSync(home, { recursive: true }))
let folders = 0

const ints = (shape: number[], ...data: number[]): Tensor => ({ shape, data: Int32Array.from(data) })
const floats = (shape: number[], ...data: number[]): Tensor => ({ shape, data: Float32Array.from(data) })
const description = { format: 'symbiote-dataset/1', name: 'tokens', kind: 'next-token', inputs: { shape: [3] }, classes: 5 }
const three = {
  inputs: ints([3, 3], 0, 1, 2, 3, 4, 0, 1, 1, 1),
  targets: ints([3, 3], 1, 2, 3, 4, 0, 1, 2, 2, 2),
  mask: floats([3, 3], 0, 1, 1, 0, 0, 0, 1, 0, 0),
  split: ints([3], 1, 1, 0),
  counterfactual: ints([3, 3], 4, 4, 4, 3, 3, 3, 2, 2, 2),
}

async function save(tensors: Record<string, Tensor>, json: unknown = description): Promise<string> {
  const folder = join(home, `d${folders++}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'dataset.json'), JSON.stringify(json))
  await writeSafetensors(join(folder, 'data.safetensors'), tensors)
  return folder
}

describe('a next-token folder', () => {
  it('gives tokens, targets and mask of each position, without items of which nothing counts', async () => {
    const folder = await save(three)
    const { items, count } = await readDataset(folder, { split: 'test' })
    expect(count).toBe(1)
    expect(items.inputs).toEqual(ints([1, 3], 0, 1, 2))
    expect([...items.targets]).toEqual([1, 2, 3])
    expect([...items.mask!]).toEqual([0, 1, 1])
    expect([...items.counterfactual!.data]).toEqual([4, 4, 4])
    const all = await readDataset(folder, { split: 'all' })
    expect(all.count).toBe(2)
    expect([...all.items.targets]).toEqual([1, 2, 3, 2, 2, 2])
  })

  it.each<[string, Record<string, Tensor>, RegExp]>([
    ['numbers for tokens', { ...three, inputs: floats([3, 3], 0, 1, 2, 3, 4, 0, 1, 1, 1) }, /next-token data set has I32/],
    ['one target an item', { ...three, targets: ints([3], 1, 2, 3) }, /targets is I32 \[3\], I32 \[n, 3\] is expected/],
    ['a token beyond the vocabulary', { ...three, inputs: ints([3, 3], 0, 1, 2, 3, 5, 0, 1, 1, 1) }, /inputs\[1,1\] is 5, and tokens are 0 to 4/],
    ['a negative token', { ...three, inputs: ints([3, 3], 0, 1, 2, 3, -1, 0, 1, 1, 1) }, /inputs\[1,1\] is -1/],
    ['a target beyond the vocabulary', { ...three, targets: ints([3, 3], 1, 2, 3, 4, 0, 9, 2, 2, 2) }, /targets\[1,2\] is 9/],
    ['a mask per item', { ...three, mask: floats([3], 1, 1, 1) }, /mask is F32 \[3\], F32 \[3, 3\] is expected/],
    ['a token beyond it in a partner', { ...three, counterfactual: ints([3, 3], 4, 4, 4, 3, 7, 3, 2, 2, 2) }, /counterfactual\[1,1\] is 7/],
  ])('is refused with %s', async (_, tensors, message) => {
    await expect(readDataset(await save(tensors), { split: 'test' })).rejects.toThrow(message)
  })
})

const transformer: TransformerArchitecture = { kind: 'transformer', layers: 1, dModel: 4, heads: 2, dHead: 2, dMlp: 3, vocab: 5, context: 4, attention: 'causal', norm: 'rms', activation: 'relu', outputs: 'tokens' }

describe('a transformer fits', () => {
  it('tokens it knows, in contexts it has, asked for what it answers', async () => {
    const tokens = await readDataset(await save(three), { split: 'all' })
    expect(checkFits(transformer, tokens)).toBeUndefined()
    expect(() => checkFits({ ...transformer, context: 2 }, tokens)).toThrow(/inputs of 3, and the primary takes up to 2 positions/)
    expect(() => checkFits({ ...transformer, vocab: 6 }, tokens)).toThrow(/has 5 tokens, and the primary has 6 tokens/)
    expect(() => checkFits({ ...transformer, outputs: { classes: 5, position: 'last' } }, tokens)).toThrow(/is of kind next-token, and the primary answers with one class an item/)
    expect(() => checkFits({ kind: 'mlp', inputs: 3, hidden: [], outputs: 5, activation: 'relu' }, tokens)).toThrow(/kind next-token, and an mlp gives one answer/)
    const classes = await readDataset(await save({ inputs: three.inputs, targets: ints([3], 0, 1, 2) }, { ...description, kind: 'classification', classes: 3 }), { split: 'all' })
    expect(checkFits({ ...transformer, outputs: { classes: 3, position: 'last' } }, classes)).toBeUndefined()
    expect(() => checkFits({ ...transformer, vocab: 4, outputs: { classes: 3, position: 'last' } }, classes)).toThrow(/has token 4 in item 1, and the primary knows tokens 0 to 3/)
  })
})

describe('a transformer on disk', () => {
  const tensors = (optional: boolean): Record<string, Tensor> => Object.fromEntries(transformerTensors(transformer)
    .filter(tensor => optional || !tensor.optional)
    .map(({ name, shape }) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5) }]))
  const file = { format: 'symbiote-primary/1' as const, name: 't', architecture: transformer, task: { kind: 'next-token' as const, dataset: 'induction' } }

  it.each([true, false])('comes back as it was written, optional tensors: %s', async (optional) => {
    const folder = join(home, `p${folders++}`)
    await writePrimary(folder, { file, weights: tensors(optional) })
    const read = await readPrimary(folder)
    expect(read.weights).toEqual(tensors(optional))
    expect(read.parameters).toBe(Object.values(tensors(optional)).reduce((sum, { data }) => sum + data.length, 0))
  })

  it('names what is missing and what is unknown, counting optional ones as neither', async () => {
    const { 'blocks.0.attn.W_O': _, ...rest } = tensors(false)
    await expect(writePrimary(join(home, 'x'), { file, weights: { ...rest, 'blocks.0.attn.b_Z': floats([1], 0) } })).rejects.toThrow(/blocks\.0\.attn\.W_O is missing and blocks\.0\.attn\.b_Z is unknown/)
    await expect(writePrimary(join(home, 'x'), { file, weights: { ...tensors(false), 'blocks.0.attn.b_Q': floats([2], 0, 0) } })).rejects.toThrow(/b_Q is \[2\], the architecture says \[2, 2\]/)
  })
})

describe('directions beside the weights', () => {
  const unit = floats([4], 0.6, 0, -0.8, 0)
  const name = 'blocks.0.resid_post.direction[plural]'
  async function withDirections(directions: Record<string, Tensor>): Promise<ReturnType<typeof readPrimary>> {
    const folder = join(home, `p${folders++}`)
    const weights = Object.fromEntries(transformerTensors(transformer).filter(tensor => !tensor.optional).map(({ name, shape }) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)) }]))
    await writePrimary(folder, { file: { format: 'symbiote-primary/1', name: 't', architecture: transformer, task: { kind: 'next-token', dataset: 'induction' } }, weights })
    await writeSafetensors(join(folder, 'directions.safetensors'), directions)
    return readPrimary(folder)
  }
  it('are read by address', async () => {
    expect((await withDirections({ [name]: unit })).directions).toEqual({ [name]: unit.data })
  })
  it.each<[string, Record<string, Tensor>, RegExp]>([
    ['a name that is no address of one', { plural: unit }, /"plural" is not the address of a direction/],
    ['a place the primary does not have', { 'blocks.3.resid_post.direction[x]': unit }, /not the address of a direction in this primary/],
    ['another width', { [name]: floats([3], 1, 0, 0) }, /is \[3\], and the residual stream is 4 wide/],
    ['another length', { [name]: floats([4], 1, 1, 0, 0) }, /has length 1\.414/],
  ])('are refused with %s', async (_, directions, message) => {
    await expect(withDirections(directions)).rejects.toThrow(message)
  })
})

describe('the data sets that are programs', () => {
  it('induction: the copied span is the only repetition, and all that counts', async () => {
    const { items, count, sha256 } = await readDataset('induction', { split: 'test' })
    const offsets = new Set<number>()
    for (let item = 0; item < count; item++) {
      const tokens = items.inputs.data.subarray(item * 64, (item + 1) * 64)
      const targets = items.targets.subarray(item * 64, (item + 1) * 64)
      const mask = items.mask!.subarray(item * 64, (item + 1) * 64)
      const to = mask.indexOf(1)
      const from = tokens.indexOf(tokens[to])
      expect(to).toBeGreaterThanOrEqual(32)
      expect(to).toBeLessThan(48)
      expect(from).toBeGreaterThanOrEqual(1)
      expect(from).toBeLessThan(16)
      offsets.add(to - from)
      expect(mask.reduce((sum, value) => sum + value)).toBe(15)
      for (let i = 0; i < 15; i++) {
        expect(mask[to + i]).toBe(1)
        expect(targets[to + i]).toBe(tokens[from + i + 1])
      }
      expect(new Set(tokens).size).toBe(64 - 16)
      const partner = items.counterfactual!.data.subarray(item * 64, (item + 1) * 64)
      for (let i = 0; i < 16; i++) expect([...partner.subarray(0, to)]).not.toContain(tokens[to + i])
      expect([...partner.subarray(to)]).toEqual([...tokens.subarray(to)])
    }
    // A fixed offset would teach a positional copy.
    expect(offsets.size).toBeGreaterThan(25)
    expect((await readDataset('induction', { split: 'test' })).sha256).toBe(sha256)
    expect((await readDataset('induction', { split: 'train' })).sha256).not.toBe(sha256)
  })

  it('modadd: every pair once, half to train on', async () => {
    const parts = await Promise.all((['train', 'test'] as const).map(split => readDataset('modadd', { split })))
    expect(parts.map(part => part.count)).toEqual([1740, 1741])
    const seen = new Set<number>()
    for (const { items, count } of parts) {
      for (let i = 0; i < count; i++) {
        const [a, b, equals] = items.inputs.data.subarray(3 * i, 3 * i + 3)
        expect(equals).toBe(59)
        expect(items.targets[i]).toBe((a + b) % 59)
        expect(items.counterfactual!.data[3 * i]).not.toBe(a)
        seen.add(a * 59 + b)
      }
    }
    expect(seen.size).toBe(59 * 59)
  })
})
