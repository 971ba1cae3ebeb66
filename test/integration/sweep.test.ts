import type { SweepInfo } from '../../preload/contract/sweep'
import type { TestTheatre } from '../fixtures/theatre'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testTheatre, until } from '../fixtures/theatre'

let theatre: TestTheatre
beforeEach(async () => { theatre = await testTheatre() })
afterEach(() => theatre.close())

const ablate = { op: 'gate', strength: 0, baseline: 'zero' } as const
const told = (): SweepInfo[] => theatre.heard.filter(([event]) => event === 'sweeping').map(([, [info]]) => info as SweepInfo)

it('a sweep is told as it goes, recorded, and read back without a model', async () => {
  const { host } = theatre
  await host.openPatient('digits')
  await host.startRecording({ title: 'map', operators: [] })
  const swept = await host.sweep({ sites: 'units', operation: ablate, measure: 'loss', items: 300, method: 'exact' })
  expect(swept).toMatchObject({ recorded: true, info: { state: 'finished', done: 384, total: 384, items: 300 } })
  expect(told()[0]).toMatchObject({ state: 'running', done: 0, total: 384 })
  expect(told().at(-1)).toMatchObject({ state: 'finished', done: 384 })

  const at = swept.addresses.indexOf('layers.1.unit[13]')
  const { path } = await host.stopRecording()
  const { head } = await host.openSession(path)
  expect(head.sweeps).toHaveLength(1)
  const read = await host.recordedSweep(head.sweeps[0].sweep)
  expect(read.addresses).toEqual(swept.addresses)
  expect(read.mean).toEqual(swept.mean)
  expect(read.se).toEqual(swept.se)
  expect(read.mean[at]).not.toBe(0)
  expect(read.info).toMatchObject({ measure: 'loss', method: 'exact', operation: ablate })
  expect((await host.stateAt(head.sweeps[0].t)).sweep?.sweep).toBe(head.sweeps[0].sweep)
  expect((await host.stateAt(0)).sweep).toBeUndefined()

  // Its effects cannot be read when their blob is not what was written.
  const { effects } = head.sweeps[0]
  const blob = join(path, 'blobs', effects.slice(0, 2), effects)
  expect(await readdir(join(path, 'blobs', effects.slice(0, 2)))).toContain(effects)
  const bytes = await readFile(blob)
  bytes[40] ^= 1
  await writeFile(blob, bytes)
  await expect(host.recordedSweep(head.sweeps[0].sweep)).rejects.toMatchObject({ code: 'blob-damaged' })
}, 60_000)

it('a cancelled sweep keeps what it has, and the patient answers meanwhile', async () => {
  const { host } = theatre
  await host.openPatient('digits')
  const sweeping = host.sweep({ sites: ['layers.0.weight[*,*]'], operation: ablate, measure: 'loss', items: 1000, method: 'exact' })
  await until('progress', () => told().some(({ done }) => done > 1000))
  const stimulated = await host.stimulate({ set: { interventions: [{ site: 'layers.0.unit[3]', ...ablate }], compose: false }, focus: 2 })
  expect(stimulated.battery).toBe(256)
  await expect(host.sweep({ sites: 'units', operation: ablate, measure: 'loss', items: 10, method: 'exact' })).rejects.toMatchObject({ code: 'sweeping' })
  await host.cancelSweep()
  const swept = await sweeping
  expect(swept.info.state).toBe('cancelled')
  expect(swept.info.done).toBeGreaterThan(1000)
  expect(swept.info.done).toBeLessThan(200_704)
  expect(swept.mean.filter(value => !Number.isNaN(value))).toHaveLength(swept.info.done)
}, 60_000)

it('a dose curve has at each strength the effect that stimulating has', async () => {
  const { host } = theatre
  await host.openPatient('digits')
  const curve = await host.dose({ site: 'layers.1.unit[9]', operation: { op: 'drive', strength: 0 }, ladder: [-6, 0, 6], measure: 'loss', items: 500, seed: 1 })
  const swept = await host.sweep({ sites: ['layers.1.unit[9]'], operation: { op: 'drive', strength: 6 }, measure: 'loss', items: 500, method: 'slow' })
  expect(Math.abs(curve.ladder[2].effect.mean - swept.mean[0])).toBeLessThan(1e-6)
  expect(Math.abs(curve.ladder[2].effect.se - swept.se[0])).toBeLessThan(1e-6)
  expect(curve.ladder[1]).toMatchObject({ strength: 0, effect: { mean: 0, se: 0, n: 500 }, band: 0 })
}, 60_000)

it('says what cannot be swept before the engine is asked', async () => {
  const { host } = theatre
  await host.openPatient('digits')
  await expect(host.sweep({ sites: 'heads', operation: ablate, measure: 'loss', items: 10, method: 'exact' })).rejects.toMatchObject({ code: 'no-such-sites' })
  await expect(host.sweep({ sites: ['layers.9.unit[0]'], operation: ablate, measure: 'loss', items: 10, method: 'exact' })).rejects.toMatchObject({ code: 'site-unknown' })
  await expect(host.sweep({ sites: 'units', operation: ablate, measure: 'loss', items: 10_001, method: 'exact' })).rejects.toMatchObject({ code: 'too-few-items' })
  await expect(host.sweep({ sites: 'units', operation: ablate, measure: 'kl', items: 10, method: 'attribution' })).rejects.toMatchObject({ code: 'measure-unfit' })
  // And it can be asked again afterwards.
  expect((await host.sweep({ sites: ['layers.1.unit[0]'], operation: ablate, measure: 'loss', items: 10, method: 'exact' })).info.done).toBe(1)
})
