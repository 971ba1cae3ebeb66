import type { Sample } from './sample'
/** BIDS: signals and events against the session, read here on their own; and both validators of `bids-validator`, which also find faults put in. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportSession } from '../../../main/session/exports/exports'
import { importBundle } from '../../../main/session/exports/unbundle'
import { SessionReader } from '../../../main/session/reader'
import { HOSTILE, MONITORED, writeRichSession } from './sample'

const place = mkdtempSync(join(tmpdir(), 'symbiote-bids-'))
const out = join(place, 'bids')
const ieeg = join(out, 'sub-tinybnetb/ieeg')
const base = join(ieeg, 'sub-tinybnetb_task-dots')
let session: SessionReader
let sample: Sample
beforeAll(async () => {
  sample = writeRichSession(join(place, 'rich.session'))
  session = await SessionReader.open(join(place, 'rich.session'))
  await exportSession(session, 'bids', out, { appVersion: '9.9.9', now: new Date('2026-11-27T00:00:00Z') })
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

function tsv(path: string): Record<string, string>[] {
  const [header, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n').map(line => line.split('\t'))
  return rows.map((row) => {
    expect(row).toHaveLength(header!.length)
    return Object.fromEntries(header!.map((name, i) => [name, row[i]!]))
  })
}

const json = (path: string): Record<string, never> => JSON.parse(readFileSync(path, 'utf8')) as Record<string, never>
const unescaped = (text: string): string => text.replace(/\\([tnr\\])/g, (_, code: string) => ({ 't': '\t', 'n': '\n', 'r': '\r', '\\': '\\' })[code]!)

describe('bids', () => {
  it('has signals that say what was recorded when', () => {
    const header = readFileSync(`${base}_ieeg.vhdr`, 'utf8').split('\r\n')
    const value = (key: string): string => header.find(line => line.startsWith(`${key}=`))!.slice(key.length + 1)
    expect([value('DataFormat'), value('DataOrientation'), value('BinaryFormat'), value('Codepage')]).toEqual(['BINARY', 'MULTIPLEXED', 'IEEE_FLOAT_32', 'UTF-8'])
    const names = header.filter(line => /^Ch\d+=/.test(line)).map(line => line.replace(/^Ch\d+=/, '').split(',')[0]!.replaceAll('\\1', ','))
    expect(names).toEqual(tsv(`${base}_channels.tsv`).map(({ name }) => name))
    expect(names).toHaveLength(Number(value('NumberOfChannels')))
    const interval = Number(value('SamplingInterval')) * 1000
    const bytes = readFileSync(join(ieeg, value('DataFile')))
    const samples = bytes.length / 4 / names.length
    expect(samples).toBe(Math.floor(session.tables.duration / interval) + 1)
    const at = (sample: number, channel: number): number => bytes.readFloatLE(4 * (sample * names.length + channel))

    const spans = new Map(session.tables.stimulations.map(span => [span.event.stimulation, span]))
    let compared = 0
    let monitored = 0
    for (let i = 0; i < samples; i++) {
      const t = i * interval
      const on = session.tables.stimulations.some(({ event, off }) => event.t <= t && (off === undefined || t < off.t))
      expect(at(i, names.indexOf('stimulation'))).toBe(on ? 1 : 0)
      const n = session.tables.trials.findLastIndex(trial => trial.t <= t)
      for (let unit = 0; unit < 6; unit++) {
        const channel = names.indexOf(`layers.0.unit[${unit}]`)
        const watched = `layers.0.unit[${unit}]` === MONITORED.sites[0] ? MONITORED.values[Math.floor((t - MONITORED.t0) / MONITORED.dt)]?.[0] : undefined
        if (watched !== undefined && !Number.isNaN(watched)) {
          expect(at(i, channel)).toBe(watched)
          monitored++
          continue
        }
        if (n === -1) {
          expect(at(i, channel)).toBe(0.5 + unit)
          continue
        }
        const { off } = spans.get(session.tables.trials[n]!.stimulation)!
        const { after, before } = sample.activations.get(n)!
        expect(at(i, channel)).toBe((off !== undefined && off.t <= t ? before : after)[unit])
        compared++
      }
    }
    expect(compared).toBeGreaterThan(500)
    // 9 samples of 50 ms that are numbers, at 100 Hz.
    expect(monitored).toBe(45)
    expect(new Set(tsv(`${base}_channels.tsv`).map(({ type }) => type))).toEqual(new Set(['SEEG', 'TRIG', 'MISC']))
  })

  it('has trials and annotations as events, every column defined, in the order of their onsets', () => {
    const rows = tsv(`${base}_events.tsv`)
    expect(Object.keys(json(`${base}_events.json`))).toEqual(Object.keys(rows[0]!))
    expect(Object.keys(rows[0]!).filter(name => name.startsWith('electrical_stimulation_'))).toEqual(['type', 'site', 'current', 'baseline'].map(name => `electrical_stimulation_${name}`))
    const onsets = rows.map(({ onset }) => Number(onset))
    expect(onsets).toEqual([...onsets].sort((a, b) => a - b))
    const trials = rows.filter(({ trial_type }) => trial_type !== 'annotation')
    expect(trials).toHaveLength(20)
    for (const [n, row] of trials.entries()) {
      const { event, off } = session.tables.stimulations[n]!
      const trial = session.tables.trials[n]!
      expect(Number(row.onset)).toBeCloseTo(event.t / 1e9, 9)
      if (off)
        expect(Number(row.duration)).toBeCloseTo((off.t - event.t) / 1e9, 9)
      else
        expect(row.duration).toBe('n/a')
      expect(row).toMatchObject({ trial_type: trial.sham ? 'sham' : 'stimulation', electrical_stimulation_site: event.interventions[0]!.site, item: String(trial.focus), correct: String(trial.correct), trial_id: trial.trial })
      expect(Number(row.effect_loss)).toBe(trial.effects.loss!.mean)
    }
    expect(rows.filter(({ trial_type }) => trial_type === 'annotation').map(({ text }) => unescaped(text!)).sort()).toEqual([...HOSTILE].sort())
  })

  it('has sites as electrodes where they stand, and the bundle itself', async () => {
    const electrodes = tsv(join(ieeg, 'sub-tinybnetb_electrodes.tsv'))
    expect(electrodes.map(({ name, x, y, z, size }) => [name, Number(x), Number(y), Number(z), Number(size)])).toEqual(session.tables.sites.map(({ address, position, size }) => [address, ...position, size]))
    expect(electrodes.find(({ tag }) => tag === '1')!.name).toBe('layers.0.unit[2]')
    const { out: back } = await importBundle(join(out, 'sourcedata/rich.session.zip'), { into: place, out: join(place, 'back.session') })
    expect([...(await SessionReader.open(back)).events()]).toEqual([...session.events()])
  })
})

const VERSION = '1.15.0'

/** Fetched once, kept beside what npm keeps; a download of 20 MB that unpacks to 121. Why not, where it cannot be had. */
function validator(): { folder: string } | { why: string } {
  const cache = join(import.meta.dirname, '../../../node_modules/.cache')
  const folder = join(cache, `bids-validator-${VERSION}`)
  if (existsSync(folder))
    return { folder }
  try {
    mkdirSync(cache, { recursive: true })
    const unpacked = mkdtempSync(join(cache, 'bids-'))
    execFileSync('npm', ['pack', `bids-validator@${VERSION}`, '--silent'], { cwd: unpacked, stdio: 'pipe', timeout: 120_000 })
    execFileSync('tar', ['xzf', `bids-validator-${VERSION}.tgz`], { cwd: unpacked, stdio: 'pipe' })
    if (!existsSync(folder))
      renameSync(join(unpacked, 'package'), folder)
    rmSync(unpacked, { recursive: true, force: true })
    return { folder }
  }
  catch (error) {
    return { why: `bids-validator@${VERSION} could not be fetched: ${(error as Error).message.split('\n')[0]}` }
  }
}

interface Verdict { schema: string[], legacy: string[] }

function validate(folder: string, roots: string[]): Verdict[] {
  const script = join(import.meta.dirname, '../../fixtures/bidsValidators.mjs')
  const said = execFileSync(process.execPath, ['--no-warnings', script, folder, ...roots], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28, timeout: 150_000 })
  return JSON.parse(said.slice(said.lastIndexOf('\n'))) as Verdict[]
}

const edit = (path: string, change: (text: string) => string) => (root: string) => {
  const file = join(root, path)
  const text = readFileSync(file, 'utf8')
  expect(change(text)).not.toBe(text)
  writeFileSync(file, change(text))
}
const without = (key: string) => (text: string): string => {
  const { [key]: _, ...rest } = JSON.parse(text) as Record<string, unknown>
  return JSON.stringify(rest)
}
const inIeeg = (name: string): string => `sub-tinybnetb/ieeg/sub-tinybnetb_${name}`

/** What could go wrong in an export, put in by hand. That the samples are missing neither of them notices: the first test above does. */
const FAULTS: Record<string, (root: string) => void> = {
  'the data set has no name': edit('dataset_description.json', without('Name')),
  'a JSON file is cut': edit(inIeeg('task-dots_ieeg.json'), text => text.slice(0, -20)),
  'the sampling frequency is missing': edit(inIeeg('task-dots_ieeg.json'), without('SamplingFrequency')),
  'the reference is missing': edit(inIeeg('task-dots_ieeg.json'), without('iEEGReference')),
  'no coordinate system is named': edit(inIeeg('coordsystem.json'), without('iEEGCoordinateSystem')),
  'electrodes have no size': edit(inIeeg('electrodes.tsv'), text => text.replace('\tsize\t', '\textent\t')),
  'events have no duration': edit(inIeeg('task-dots_events.tsv'), text => text.replace('duration', 'length')),
  'an onset is a word': edit(inIeeg('task-dots_events.tsv'), text => text.replace(/\n[\d.]+\t/, '\nsoon\t')),
  'a row of events has a cell too many': edit(inIeeg('task-dots_events.tsv'), text => text.replace(/\n([^\n]+)\n/, '\n$1\textra\n')),
  'a channel is of no known type': edit(inIeeg('task-dots_channels.tsv'), text => text.replace('SEEG', 'NEURON')),
  'channels have no units': edit(inIeeg('task-dots_channels.tsv'), text => text.replace('units', 'unit')),
  'the samples are empty': root => writeFileSync(join(root, inIeeg('task-dots_ieeg.eeg')), ''),
  'a file is called something else': root => renameSync(join(root, inIeeg('task-dots_channels.tsv')), join(root, inIeeg('task-dots_chans.tsv'))),
  'participants are not those there are': edit('participants.tsv', text => text.replace('sub-tinybnetb', 'sub-other')),
}

describe('the validators', () => {
  const had = validator()

  it('find 0 errors, the command line of the old one too', ({ skip }) => {
    if ('why' in had)
      return skip(had.why)
    expect(validate(had.folder, [out])).toEqual([{ schema: [], legacy: [] }])
    const said = JSON.parse(execFileSync(process.execPath, ['--no-warnings', join(had.folder, 'bin/bids-validator'), out, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 })) as { issues: { errors: unknown[] }, summary: { subjects: string[], modalities: string[], tasks: string[] } }
    expect(said.issues.errors).toEqual([])
    expect(said.summary).toMatchObject({ subjects: ['tinybnetb'], modalities: ['iEEG'], tasks: ['dots'] })
  }, 120_000)

  it('find every fault put in', ({ skip }) => {
    if ('why' in had)
      return skip(had.why)
    const roots = Object.entries(FAULTS).map(([name, spoil], n) => {
      const root = join(place, `fault${n}`)
      cpSync(out, root, { recursive: true })
      spoil(root)
      return { name, root }
    })
    const found = validate(had.folder, roots.map(({ root }) => root))
    const missed = roots.filter((_, n) => found[n]!.schema.length + found[n]!.legacy.length === 0).map(({ name }) => name)
    expect(missed).toEqual([])
    // Each of the two finds most of them by itself.
    expect(found.filter(({ schema }) => schema.length > 0).length).toBeGreaterThanOrEqual(8)
    expect(found.filter(({ legacy }) => legacy.length > 0).length).toBeGreaterThanOrEqual(8)
  }, 180_000)
})
