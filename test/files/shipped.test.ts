import type { PrimaryFile } from '../../preload/contract/primary'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeCheckpoint } from '../../main/files/checkpoint'
import { writePrimary } from '../../main/files/primary'
import { findPrimary, findResources, listPrimaries, summarizePrimary } from '../../main/files/shipped'

const architecture = { kind: 'mlp' as const, inputs: 2, hidden: [], outputs: 3, activation: 'relu' as const }
const weights = { 'layers.0.weight': { shape: [3, 2], data: new Float32Array(6) }, 'layers.0.bias': { shape: [3], data: new Float32Array(3) } }
const run = { name: 'run', dataset: 'mnist', architecture, seed: 1, steps: 2000, batch: 128, learningRate: 1e-3, schedule: 'linear' as const }

function file(name: string): PrimaryFile {
  return { format: 'symbiote-primary/1', name, architecture, task: { kind: 'classification', dataset: 'mnist' } }
}

let root: string
let places: { resources: string, home: string }
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'symbiote-shipped-'))
  places = { resources: join(root, 'app', 'resources'), home: join(root, 'home') }
  await writePrimary(join(places.resources, 'primaries', 'digits'), { file: file('digits'), weights })
  await writePrimary(join(places.home, 'primaries', 'mine'), { file: file('mine'), weights })
  await writePrimary(join(places.home, 'primaries', 'digits'), { file: file('my digits'), weights })
})
afterAll(() => rmSync(root, { recursive: true }))

it('finds what ships from a checkout, a bundle in it, and a packaged app', async () => {
  for (const here of [join(root, 'app'), join(root, 'app', 'out', 'main'), join(root, 'app', 'main', 'files', 'not', 'there')])
    expect(await findResources(here)).toBe(places.resources)
  expect(await findResources('/', places.resources)).toBe(places.resources)
  expect(await findResources('/', join(root, 'app'))).toBe(places.resources)
  await expect(findResources(join(root, 'home'))).rejects.toMatchObject({ code: 'resources-missing', path: join(root, 'home') })
})

it('finds a primary by name or folder, one that ships first', async () => {
  expect(await findPrimary('digits', places)).toBe(join(places.resources, 'primaries', 'digits'))
  expect(await findPrimary('mine', places)).toBe(join(places.home, 'primaries', 'mine'))
  expect(await findPrimary(join(places.home, 'primaries', 'digits'), places)).toBe(join(places.home, 'primaries', 'digits'))
  for (const bad of ['', 'digit', '../primaries/digit', join(root, 'nowhere')])
    await expect(findPrimary(bad, places)).rejects.toMatchObject({ code: 'primary-missing', remedy: expect.stringMatching(/digits, mine/) as string })
})

it('lists all of them, and says of each what is wrong with it', async () => {
  const own = join(places.home, 'primaries')
  await writePrimary(join(own, 'cut'), { file: file('cut'), weights })
  truncateSync(join(own, 'cut', 'weights.safetensors'), 200)
  mkdirSync(join(own, 'empty'))
  mkdirSync(join(own, '.half.1234.tmp'))
  writeFileSync(join(own, 'notes.txt'), '')
  await writeCheckpoint(join(own, 'run'), { step: 500, weights, first: weights, second: weights }, run)
  await writeCheckpoint(join(own, 'mine'), { step: 20, weights, first: weights, second: weights }, run)

  const list = await listPrimaries(places)
  expect(list.map(({ name, ships, parameters, problem, interrupted }) => [name, ships, parameters, problem?.code, interrupted])).toEqual([
    ['digits', true, 9, undefined, undefined],
    ['cut', false, 0, 'file-damaged', undefined],
    ['my digits', false, 9, undefined, undefined],
    ['empty', false, 0, 'primary-missing', undefined],
    ['mine', false, 9, undefined, { step: 20, steps: 2000 }],
    ['run', false, 9, undefined, { step: 500, steps: 2000 }],
  ])
  expect(list[0].file).toMatchObject({ name: 'digits', architecture })
  expect(await listPrimaries({ resources: join(root, 'none'), home: join(root, 'none') })).toEqual([])
})

it('says of a damaged checkpoint that it is damaged', async () => {
  const folder = join(root, 'damaged')
  await writeCheckpoint(folder, { step: 500, weights, first: weights, second: weights }, run)
  truncateSync(join(folder, 'checkpoint.safetensors'), 100)
  expect(await summarizePrimary(folder)).toMatchObject({ name: 'damaged', path: folder, parameters: 0, problem: { code: 'checkpoint-damaged' } })
  expect(await summarizePrimary(join(root, 'nowhere'))).toMatchObject({ name: 'nowhere', problem: { code: 'file-missing' } })
})
