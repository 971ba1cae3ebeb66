import type { CalibrationKey } from '../../main/files/calibrations'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readCalibration, writeCalibration } from '../../main/files/calibrations'

const key: CalibrationKey = { weightsSha256: 'a1', datasetSha256: 'b2', split: 'test', seed: 1, items: 2000, executor: { name: 'wasm', device: 'some CPU', versions: { node: '24', jax: '1' } }, sizes: [2, 1] }
const statistics = { items: 500, mean: [Float32Array.of(1, -2.5), Float32Array.of(3)], sigma: [Float32Array.of(0.5, 0), Float32Array.of(7)] }

let home: string
const folder = (): string => join(home, 'calibrations')
const onlyFile = (): string => join(folder(), readdirSync(folder())[0])
beforeEach(() => { home = mkdtempSync(join(tmpdir(), 'symbiote-calibrations-')) })
afterEach(() => rmSync(home, { recursive: true }))

it('is read as it was written, whatever order versions are named in', async () => {
  expect(await readCalibration(home, key)).toBeUndefined()
  await writeCalibration(home, key, statistics)
  expect(await readCalibration(home, { ...key, executor: { ...key.executor, versions: { jax: '1', node: '24' } } })).toEqual(statistics)
})

it.each<[string, Partial<CalibrationKey>]>([
  ['weights', { weightsSha256: 'a2' }],
  ['items', { datasetSha256: 'b3' }],
  ['a split', { split: 'train' }],
  ['a seed', { seed: 2 }],
  ['an executor', { executor: { ...key.executor, name: 'tensorflow' } }],
  ['a version', { executor: { ...key.executor, versions: { node: '25', jax: '1' } } }],
  ['sheets', { sizes: [1, 2] }],
])('is not met by other %s, even under its name', async (_what, other) => {
  await writeCalibration(home, { ...key, ...other }, statistics)
  expect(await readCalibration(home, key)).toBeUndefined()
  const foreign = onlyFile()
  await writeCalibration(home, key, statistics)
  const own = readdirSync(folder()).map(name => join(folder(), name)).find(path => path !== foreign)!
  renameSync(foreign, own)
  expect(await readCalibration(home, key)).toBeUndefined()
})

it('is ignored where it is damaged, and written again', async () => {
  await writeCalibration(home, key, statistics)
  const path = onlyFile()
  const whole = readFileSync(path)
  for (const at of [0, 31, 32, whole.length - 1]) {
    const damaged = Buffer.from(whole)
    damaged[at] ^= 1
    writeFileSync(path, damaged)
    expect(await readCalibration(home, key), `byte ${at}`).toBeUndefined()
  }
  for (const damaged of [whole.subarray(0, -4), Buffer.concat([whole, whole]), Buffer.alloc(0)]) {
    writeFileSync(path, damaged)
    expect(await readCalibration(home, key)).toBeUndefined()
  }
  await writeCalibration(home, key, statistics)
  expect(await readCalibration(home, key)).toEqual(statistics)
})

it('is left where it cannot be written', async () => {
  writeFileSync(join(home, 'calibrations'), 'in the way')
  await expect(writeCalibration(home, key, statistics)).resolves.toBeUndefined()
  expect(await readCalibration(home, key)).toBeUndefined()
})
