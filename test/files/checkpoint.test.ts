import type { RunSettings } from '../../main/files/checkpoint'
import type { Checkpoint, Tensor } from '../../preload/contract/engine'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inspectCheckpoint, readCheckpoint, removeCheckpoint, writeCheckpoint } from '../../main/files/checkpoint'
import { UserError } from '../../preload/contract/errors'

const settings: RunSettings = {
  name: 'small',
  recipe: 'digits',
  dataset: 'mnist',
  architecture: { kind: 'mlp', inputs: 2, hidden: [], outputs: 3, activation: 'relu' },
  seed: 1,
  steps: 2000,
  batch: 128,
  learningRate: 1e-3,
  schedule: 'linear' as const,
  loss: [[1, 2.302585092994046], [2, 2.1]],
}

function group(factor: number): Record<string, Tensor> {
  return {
    'layers.0.weight': { shape: [3, 2], data: new Float32Array([1, 2, 3, 4, 5, 6]).map(x => x * factor) },
    'layers.0.bias': { shape: [3], data: new Float32Array([0.1, -0.2, 0.3]).map(x => x * factor) },
  }
}

const checkpoint: Checkpoint = { step: 500, weights: group(1), first: group(-0.1), second: group(0.001) }

let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'symbiote-checkpoint-'))
  path = join(folder, 'checkpoint.safetensors')
})
afterAll(() => rmSync(folder, { recursive: true }))

it('is read as it was written, bit by bit', async () => {
  await writeCheckpoint(folder, checkpoint, settings)
  expect(await readCheckpoint(folder)).toEqual({ checkpoint, settings })
  expect(await inspectCheckpoint(folder)).toEqual({ step: 500, settings })
  const first = readFileSync(path)
  await writeCheckpoint(folder, checkpoint, settings)
  expect(readFileSync(path).equals(first)).toBe(true)
  expect(readdirSync(folder)).toEqual(['checkpoint.safetensors'])
})

it('is refused when it is cut anywhere or any byte of a tensor is changed', async () => {
  await writeCheckpoint(folder, checkpoint, settings)
  const whole = readFileSync(path)
  const dataStart = 8 + Number(whole.readBigUInt64LE(0))
  for (let length = 0; length < whole.length; length += 13) {
    writeFileSync(path, whole.subarray(0, length))
    const error = await readCheckpoint(folder).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(UserError)
    expect((error as UserError).data).toMatchObject({ code: 'checkpoint-damaged', path, remedy: expect.stringContaining('start the training again') as string })
  }
  for (let at = dataStart; at < whole.length; at += 5) {
    const bytes = Buffer.from(whole)
    bytes[at] ^= 0x10
    writeFileSync(path, bytes)
    await expect(readCheckpoint(folder)).rejects.toMatchObject({ code: 'checkpoint-damaged' })
  }
})

it('is refused when its tensors are not those of its architecture', async () => {
  const { 'layers.0.bias': _, ...rest } = group(1)
  await writeCheckpoint(folder, { ...checkpoint, second: rest }, settings)
  await expect(readCheckpoint(folder)).rejects.toMatchObject({ code: 'weights-unfit', message: expect.stringContaining('layers.0.bias is missing') as string })
})

it('can be removed, and says so when there is none', async () => {
  await writeCheckpoint(folder, checkpoint, settings)
  await removeCheckpoint(folder)
  await removeCheckpoint(folder)
  await expect(readCheckpoint(folder)).rejects.toMatchObject({ code: 'file-missing', path })
})
