import type { EngineFunctions, Patient, SiteStatistics } from '../../preload/contract/engine'
import type { PrimaryFile } from '../../preload/contract/primary'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PatientOnTable } from '../../main/theatre/patient'

const found: SiteStatistics = { items: 3, mean: [Float32Array.of(1, 2)], sigma: [Float32Array.of(3, 4)] }
const file: PrimaryFile = { format: 'symbiote-primary/1', name: 'small', architecture: { kind: 'mlp', inputs: 1, hidden: [], outputs: 2, activation: 'relu' }, task: { kind: 'classification', dataset: 'two' } }
let home: string
beforeEach(() => { home = mkdtempSync(join(tmpdir(), 'symbiote-patient-')) })
afterEach(() => rmSync(home, { recursive: true }))

/** Opens a primary in an engine that only remembers what it was asked; the answer says what it was told. */
function tableFor(weightsSha256: string, { executor = 'wasm', kept = true } = {}): { patient: PatientOnTable, asked: Patient[] } {
  const asked: Patient[] = []
  const engine = {
    describe: async () => ({ executor, device: 'CPU', versions: {} }),
    open: async (request: Patient) => {
      asked.push(request)
      return { statistics: found, battery: Int32Array.of(0) }
    },
    answers: async () => Int32Array.of(0),
  } as unknown as EngineFunctions
  const items = { inputs: { shape: [1, 1], data: Float32Array.of(0) }, scale: 1, targets: Int32Array.of(0) }
  const dataset = { name: 'two', kind: 'classification' as const, sha256: 'd', split: 'test' as const, classNames: ['a', 'b'], inputShape: [1], divided: true }
  return { asked, patient: new PatientOnTable(engine, { path: '/', file, weights: {}, weightsSha256, weightsBytes: 0, directions: {}, dataset, items }, kept ? { home } : {}) }
}

async function toldAtOpening(...how: Parameters<typeof tableFor>): Promise<SiteStatistics | undefined> {
  const { patient, asked } = tableFor(...how)
  await patient.open()
  return asked[0].statistics
}

it('is opened with what calibration found the last time, but not with what it found of others', async () => {
  expect(await toldAtOpening('one')).toBeUndefined()
  expect(await toldAtOpening('one')).toEqual(found)
  expect(await toldAtOpening('two')).toBeUndefined()
  expect(await toldAtOpening('one', { executor: 'tensorflow' })).toBeUndefined()
  expect(await toldAtOpening('one', { kept: false })).toBeUndefined()
})

it('is calibrated anew by a new engine, which may be another executor', async () => {
  await toldAtOpening('one')
  const { patient, asked } = tableFor('one')
  await patient.open()
  await patient.open()
  expect(asked.map(({ statistics }) => statistics)).toEqual([found, undefined])
})
