/** NWB: held against a schema by Debian's python3-hdmf, and every value read back by h5py, which is not what wrote it. */
import type { Group } from 'h5wasm/node'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import h5wasm from 'h5wasm/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportSession } from '../../../main/session/exports/exports'
import { SessionReader } from '../../../main/session/reader'
import { START } from '../support'
import { HOSTILE, MONITORED, writeRichSession } from './sample'

interface Checked { errors: string[], contents: Record<string, { attributes: Record<string, unknown>, data?: never, shape?: number[], dtype?: string }> }

const place = mkdtempSync(join(tmpdir(), 'symbiote-nwb-'))
const out = join(place, 'rich.nwb')
let session: SessionReader
let checked: Checked | undefined
let why = ''
beforeAll(async () => {
  writeRichSession(join(place, 'rich.session'))
  session = await SessionReader.open(join(place, 'rich.session'))
  await exportSession(session, 'nwb', out, { appVersion: '9.9.9', now: new Date('2026-11-27T00:00:00Z') })
  checked = check(out)
}, 120_000)
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** Undefined where hdmf is not there; `why` says so. Debian's Python, whatever else is on the path. */
function check(path: string): Checked | undefined {
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
  try {
    execFileSync(python, ['-c', 'import hdmf, h5py'], { stdio: 'ignore' })
  }
  catch {
    why = 'python3-hdmf and python3-h5py are not installed (apt-get install python3-hdmf python3-h5py)'
    return undefined
  }
  const said = execFileSync(python, [join(import.meta.dirname, '../../fixtures/nwbCheck.py'), path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 })
  return JSON.parse(said) as Checked
}

/** JSON has no NaN. */
const said = (value: number): number | string => Number.isFinite(value) ? value : String(value)

/** Which attribute is taken away where. */
const FAULTS: [string, string][] = [
  ['/', 'nwb_version'],
  ['intervals/trials', 'colnames'],
  ['general/extracellular_ephys/primary', 'location'],
  ['intervals/trials/margin', 'description'],
]

describe('nwb', () => {
  it('has 0 errors', ({ skip }) => {
    if (checked === undefined)
      return skip(why)
    expect(checked.errors).toEqual([])
    expect(Object.keys(checked.contents).length).toBeGreaterThan(60)
  })

  it('holds what was recorded', ({ skip }) => {
    if (checked === undefined)
      return skip(why)
    const { contents } = checked
    const data = (path: string): unknown => contents[path]!.data
    const { trials, sites, stimulations, duration, annotations } = session.tables
    expect(contents['/']!.attributes).toMatchObject({ neurodata_type: 'NWBFile', namespace: 'core', nwb_version: '2.6.0' })
    expect(data('/session_start_time')).toBe(new Date(START).toISOString())
    expect(data('/general/experimenter')).toEqual(['A. Operator'])

    const electrodes = '/general/extracellular_ephys/electrodes'
    expect(data(`${electrodes}/location`)).toEqual(sites.map(({ address }) => address))
    for (const [i, axis] of ['x', 'y', 'z'].entries())
      expect(data(`${electrodes}/${axis}`)).toEqual(sites.map(({ position }) => Math.fround(position[i]!)))
    expect(data(`${electrodes}/group`)).toEqual(sites.map(() => ({ 'refers to': '/general/extracellular_ephys/primary' })))
    expect(data(`${electrodes}/sigma`)).toEqual(sites.map(({ sigma }) => sigma))

    const table = '/intervals/trials'
    expect(contents[table]!.attributes).toMatchObject({ neurodata_type: 'TimeIntervals', namespace: 'core' })
    for (const column of contents[table]!.attributes.colnames as string[])
      expect(contents[`${table}/${column}`]!.shape, column).toEqual([20])
    expect(data(`${table}/start_time`)).toEqual(stimulations.map(({ event }) => event.t / 1e9))
    expect(data(`${table}/stop_time`)).toEqual(stimulations.map(({ off }) => (off?.t ?? duration) / 1e9))
    expect(data(`${table}/trial_id`)).toEqual(trials.map(({ trial }) => trial))
    expect(data(`${table}/target_log_probability`)).toEqual(trials.map(({ targetLogProbability }) => said(targetLogProbability)))
    expect(data(`${table}/margin`)).toEqual(trials.map(({ margin }) => said(margin)))
    expect(data(`${table}/effect_loss`)).toEqual(trials.map(({ effects }) => effects.loss!.mean))
    expect(data(`${table}/correct`)).toEqual(trials.map(({ correct }) => Number(correct)))

    const notes = (data('/acquisition/annotations/data') as string[]).map(note => JSON.parse(note) as { text: string })
    expect(notes.map(({ text }) => text).sort()).toEqual([...HOSTILE].sort())
    expect(data('/acquisition/annotations/timestamps')).toEqual(annotations.map(({ from }) => from.t / 1e9))
    expect(data('/stimulus/presentation/strength/data')).toEqual(stimulations.map(({ event: { interventions: [first] } }) => 'strength' in first! ? first.strength : undefined))
    expect(contents['/acquisition/monitored_0']!.attributes).toMatchObject({ neurodata_type: 'TimeSeries', namespace: 'core' })
    expect(data('/acquisition/monitored_0/data')).toEqual(MONITORED.values.map(values => values.map(said)))
    expect(data('/acquisition/monitored_0/timestamps')).toEqual(MONITORED.values.map((_, i) => (1e9 + i * 5e7) / 1e9))
    expect(data('/acquisition/training_loss/data')).toEqual([0.5])
    const [samples, channels] = contents['/acquisition/activations/data']!.shape!
    expect([samples, channels]).toEqual([Math.floor(session.tables.duration / 1e7) + 1, 9])
    expect(contents['/acquisition/activations/starting_time']!.attributes).toMatchObject({ rate: 100, unit: 'seconds' })
  })

  it('the check finds faults put in', async ({ skip }) => {
    if (checked === undefined)
      return skip(why)
    await h5wasm.ready
    for (const [at, attribute] of FAULTS) {
      const path = join(place, 'spoilt.nwb')
      copyFileSync(out, path)
      const file = new h5wasm.File(path, 'a')
      const spoilt = file.get(at) as Group
      spoilt.delete_attribute(attribute)
      file.close()
      // It looks at attributes of things that have a type of their own, and not of a series' numbers.
      expect(check(path)!.errors.join('\n'), at).toMatch(attribute)
    }
  }, 120_000)
})
