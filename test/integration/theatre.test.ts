import type { Intervention } from '../../preload/contract/intervention'
import type { TrainingInfo } from '../../preload/contract/rpc'
import type { EventOf } from '../../preload/contract/session'
import type { TestTheatre } from '../fixtures/theatre'
import { Buffer } from 'node:buffer'
import { appendFile, cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPrimary } from '../../main/files/primary'
import { SessionReader } from '../../main/session/reader'
import { testTheatre, until } from '../fixtures/theatre'

let theatre: TestTheatre
beforeEach(async () => { theatre = await testTheatre() })
afterEach(() => theatre.close())

const inhibit = (unit: number, strength = 0): Intervention => ({ site: `layers.0.unit[${unit}]`, op: 'gate', strength, baseline: 'mean' })
const alone = (...interventions: Intervention[]) => ({ interventions, compose: false })

describe('a session on the digits patient', () => {
  it('is recorded, played back without a model, and re-executes to the bit', async () => {
    const { host } = theatre
    const patient = await host.openPatient('digits')
    expect(patient).toMatchObject({ parameters: 235_146, battery: 256, dataset: { items: 10_000 } })
    await host.startRecording({ title: 'ward round', operators: ['A'] })
    const shown = []
    for (let i = 0; i < 40; i++) shown.push(await host.stimulate({ set: alone(inhibit(i), { site: `layers.1.unit[${i}]`, op: 'drive', strength: i / 4 }), focus: i, replaces: i > 0 }))
    await host.release('released')
    await host.addTag({ site: 'layers.0.unit[3]', text: 'speech arrest' })
    const note = await host.annotate({ tier: 'notes', text: 'a change of answers', sites: [], trials: [shown[7].trial] })
    await host.changeAnnotation({ annotation: note.annotation, change: { text: 'seven became one' } })
    const { path } = await host.stopRecording()

    const { summary, recovery } = await host.openSession(path)
    const { tables } = await SessionReader.open(path)
    expect(recovery).toBeUndefined()
    expect(summary).toMatchObject({ state: 'closed', trials: 40, annotations: 1, primary: 'digits' })
    expect(tables.stimulations.map(span => span.off?.reason)).toEqual([...Array.from({ length: 39 }).fill('replaced'), 'released'])
    expect(tables.annotations).toMatchObject([{ text: 'seven became one' }])
    expect(tables.tags).toMatchObject([{ number: 1, site: 'layers.0.unit[3]', text: 'speech arrest' }])
    expect(tables.provenance[0].primary.weightsSha256).toBe(patient.weightsSha256)

    const played = await host.recordedTrial(shown[7].trial)
    expect(played.after).toEqual(shown[7].after)
    expect(played.before).toEqual(shown[7].before)
    expect(played.trial.effects.loss).toEqual(shown[7].measures.loss.effect)

    const verified = await host.verify()
    expect(verified).toMatchObject({ trials: 40, classes: { 'bit-exact': 40, 'ulp': 0, 'same-decision': 0, 'different': 0 }, maxUlp: 0 })
    expect((await host.openSession(path)).head.verifications).toHaveLength(1)
  })

  it('records what a monitored site does, for items that are only looked at too, and what the primary has not is left out', async () => {
    const { host } = theatre
    await host.openPatient('digits')
    const first = await host.present(3)
    await host.startRecording({ title: 'watched', operators: [] })
    const [unit, layer] = ['layers.0.unit[12]', 'layers.1']
    expect(await host.monitor([unit, layer, 'layers.7', 'layers.0.weight[1,2]'])).toEqual([unit, layer])
    const pause = (): Promise<unknown> => new Promise(resolve => setTimeout(resolve, 180))
    await pause()
    const second = await host.present(4)
    await pause()
    const stimulated = await host.stimulate({ set: alone(inhibit(12, 3)), focus: 4 })
    await pause()
    await host.release('released')
    await pause()
    expect(await host.monitor([unit])).toEqual([unit])
    const last = await host.present(5)
    await pause()
    const { path } = await host.stopRecording()

    const session = await SessionReader.open(path)
    const [both, one] = session.tables.signals
    expect([both.channels, one.channels]).toEqual([[unit, layer], [unit]])
    expect(one.t0 - (both.t0 + both.samples * both.dt)).toBeLessThan(50e6)
    const rms = (values: Float32Array): number => Math.fround(Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length))
    const of = ({ activations }: typeof first): number[] => [activations[0][12], rms(activations[1])]
    const values = new Float32Array(session.blob(both.data).buffer)
    const seen = Array.from({ length: both.samples }, (_, i) => [values[2 * i], values[2 * i + 1]])
    const steps = seen.filter((row, i) => i === 0 || row[0] !== seen[i - 1][0] || row[1] !== seen[i - 1][1])
    expect(steps).toEqual([of(first), of(second), of(stimulated.after), of(second)])
    expect(stimulated.after.activations[0][12]).not.toBe(second.activations[0][12])
    expect(session.tables.sites.map(({ address }) => address)).toEqual([unit, layer])

    await host.openSession(path)
    const trace = await host.trace({ site: unit, from: 0, to: session.tables.duration, stretches: 1 })
    const all = [first, second, stimulated.after, last].map(({ activations }) => activations[0][12])
    expect([trace.low[0], trace.high[0]]).toEqual([Math.min(...all), Math.max(...all)])
    expect(await host.verify()).toMatchObject({ trials: 1, classes: { 'bit-exact': 1 } })
  })

  it('names the first trial that departs when an output was recorded wrong', async () => {
    const { host, home } = theatre
    await host.openPatient('digits')
    await host.startRecording({ title: 'one wrong', operators: [] })
    const first = await host.stimulate({ set: alone(inhibit(1)), focus: 4 })
    // Recorded under another strength than it was run with, by way of a session that is put together from two.
    const second = await host.stimulate({ set: alone(inhibit(2)), focus: 4, replaces: true })
    const { path } = await host.stopRecording()
    const { tables } = await SessionReader.open(path)
    const [a, b] = tables.trials
    expect([a.trial, b.trial]).toEqual([first.trial, second.trial])
    await host.closeSession()
    // The blob of the second trial's outputs now holds the first one's, under its own true hash.
    const log = join(path, 'log.000')
    const text = await readFile(log)
    expect(text.includes(b.outputs)).toBe(true)
    const copy = join(home, 'sessions', 'altered.session')
    await cp(path, copy, { recursive: true })
    await writeFile(join(copy, 'log.000'), rewritten(text, b.outputs, a.outputs))
    await host.openSession(copy)
    const verified = await host.verify()
    expect(verified.classes['bit-exact']).toBe(1)
    expect(verified.firstDeparture).toMatchObject({ trial: b.trial })
  })

  it('annotates a closed session, and a session whose primary changed is played but not re-executed', async () => {
    const { host, home } = theatre
    const own = join(home, 'primaries', 'mine')
    await mkdir(join(home, 'primaries'), { recursive: true })
    await cp(join(import.meta.dirname, '../../resources/primaries/digits'), own, { recursive: true })
    await edit(own, '"name": "digits"', '"name": "mine"')
    await host.openPatient('mine')
    await host.startRecording({ title: 'mine', operators: [] })
    await host.stimulate({ set: alone(inhibit(1)), focus: 4 })
    const { path } = await host.stopRecording()
    await host.openSession(path)
    await host.annotate({ from: { t: 5, step: 0 }, to: { t: 9, step: 0 }, tier: 'notes', text: 'afterwards', sites: [], trials: [] })
    expect((await host.openSession(path)).head.annotations).toMatchObject([{ text: 'afterwards', from: { t: 5 }, to: { t: 9 } }])

    const weights = await readFile(join(own, 'weights.safetensors'))
    weights[weights.length - 3] ^= 1
    await writeFile(join(own, 'weights.safetensors'), weights)
    await host.closeSession()
    const other = await testTheatre(home)
    try {
      await other.host.openSession(path)
      const trial = await other.host.timelineEvent({ kind: 'trial', index: 0 })
      await expect(other.host.verify()).rejects.toMatchObject({ path: expect.stringContaining('mine'), remedy: expect.stringMatching(/\w+/) })
      expect((await other.host.recordedTrial((trial as EventOf<'trial'>).trial)).after.item).toBe(4)
    }
    finally {
      await other.close()
    }
  })
})

describe('the engine dies', () => {
  const kill = (): void => { process.kill(theatre.engine.pid!, 'SIGKILL') }

  it('while stimulating: the command fails with a remedy, the session says so, and the next one works', async () => {
    const { host } = theatre
    await host.openPatient('digits')
    await host.startRecording({ title: 'a crash', operators: [] })
    const before = await host.stimulate({ set: alone(inhibit(3)), focus: 7 })
    const failing = host.stimulate({ set: alone(inhibit(4)), focus: 7, replaces: true })
    kill()
    await expect(failing).rejects.toMatchObject({ code: 'engine-lost', remedy: expect.stringContaining('again') })
    await until('a new engine', () => theatre.engine.state.state === 'ready')
    const after = await host.stimulate({ set: alone(inhibit(3)), focus: 7 })
    expect(after.after).toEqual(before.after)
    const { path } = await host.stopRecording()
    const { tables } = await SessionReader.open(path)
    expect(tables.instrument.map(({ what }) => what)).toEqual(['engine-lost', 'engine-restarted'])
    expect(tables.stimulations.map(({ off }) => off?.reason)).toContain('engine-lost')
    expect(tables.trials).toHaveLength(2)
  })

  it('while training: the run goes on from its checkpoint, says what was lost, and ends on the same weights', async () => {
    const { host, home, heard } = theatre
    const infos = (name: string): TrainingInfo[] => heard.filter(([event]) => event === 'training').map(([, [info]]) => info as TrainingInfo).filter(info => info.name === name)
    const over = (name: string): boolean => infos(name).at(-1)?.state === 'finished'
    await host.train({ recipe: 'digits', name: 'unbroken', seed: 5, steps: 700 })
    await until('the unbroken run', () => over('unbroken'), 60_000)
    await host.train({ recipe: 'digits', name: 'broken', seed: 5, steps: 700 })
    await until('step 550', () => (infos('broken').at(-1)?.step ?? 0) >= 550, 60_000)
    kill()
    await until('the broken run', () => over('broken'), 60_000)
    expect(infos('broken').some(({ message }) => /lost.*goes on from step 500/.test(message ?? ''))).toBe(true)
    const [a, b] = await Promise.all(['unbroken', 'broken'].map(name => readPrimary(join(home, 'primaries', name))))
    expect(b.weightsSha256).toBe(a.weightsSha256)
    expect((await host.primaries()).filter(({ ships }) => !ships).map(({ name, interrupted }) => [name, interrupted])).toEqual([['broken', undefined], ['unbroken', undefined]])
  }, 120_000)
})

describe('bad input is answered with the path and a remedy', () => {
  it.each<[string, (folder: string) => Promise<void>, RegExp]>([
    ['a truncated weights file', folder => truncate(join(folder, 'weights.safetensors'), 500_000), /weights\.safetensors/],
    ['a weights file with more at its end', folder => appendFile(join(folder, 'weights.safetensors'), 'xxxx'), /weights\.safetensors/],
    ['a wrong shape', folder => edit(folder, '"hidden": [\n      256', '"hidden": [\n      255'), /layers\.0\.weight.*\[256,784\].*\[255,784\]|layers\.0\.(weight|bias)/],
    ['a data set that does not fit', folder => edit(folder, '"inputs": 784', '"inputs": 783'), /783/],
    ['an unknown data set', folder => edit(folder, '"dataset": "mnist"', '"dataset": "nowhere"'), /nowhere/],
    ['a newer format', folder => edit(folder, 'symbiote-primary/1', 'symbiote-primary/9'), /newer/],
    ['no JSON', folder => writeFile(join(folder, 'primary.json'), '{'), /primary\.json/],
  ])('%s', async (_what, harm, message) => {
    const folder = join(theatre.home, 'harmed')
    await cp(join(import.meta.dirname, '../../resources/primaries/digits'), folder, { recursive: true })
    await harm(folder)
    const error = await theatre.host.openPatient(folder).catch((e: unknown) => e)
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message), remedy: expect.stringMatching(/\w+/) })
    // The patient that was there, or none, still is.
    await expect(theatre.host.present(0)).rejects.toMatchObject({ code: 'no-patient' })
  })

  it('an unknown site, an item that is not there, a second recording, another patient while recording', async () => {
    const { host } = theatre
    await host.openPatient('digits')
    await host.startRecording({ title: 'x', operators: [] })
    await expect(host.stimulate({ set: alone(inhibit(256)), focus: 0 })).rejects.toMatchObject({ code: 'site-unknown', message: expect.stringContaining('256') })
    await expect(host.stimulate({ set: alone(inhibit(1)), focus: 10_000 })).rejects.toMatchObject({ code: 'item-unknown' })
    await expect(host.startRecording({ title: 'y', operators: [] })).rejects.toMatchObject({ code: 'recording' })
    await expect(host.openPatient('digits')).rejects.toMatchObject({ code: 'recording' })
    const { path } = await host.stopRecording()
    expect((await host.openSession(path)).head.counts.trials).toBe(0)
  })

  it('a session that another workstation is recording is read-only, and says which', async () => {
    const { host } = theatre
    await host.openPatient('digits')
    await host.startRecording({ title: 'shared', operators: [] })
    await host.stimulate({ set: alone(inhibit(1)), focus: 0 })
    const other = await testTheatre(theatre.home)
    try {
      const [{ path, state }] = await other.host.sessions()
      expect(state).toBe('recording')
      const opened = await other.host.openSession(path)
      expect(opened.readOnly).toMatchObject({ path: expect.stringContaining('shared.session'), remedy: expect.stringMatching(/\w+/) })
      await expect(other.host.annotate({ tier: 'notes', text: 'mine', sites: [], trials: [] })).rejects.toMatchObject({ code: 'session-in-use' })
      expect(opened.head.counts.trials).toBe(1)
    }
    finally {
      await other.close()
    }
  })
})

async function edit(folder: string, from: string, to: string): Promise<void> {
  const path = join(folder, 'primary.json')
  const text = await readFile(path, 'utf8')
  if (!text.includes(from)) throw new Error(`primary.json does not say ${from}`)
  await writeFile(path, text.replace(from, to))
}

/** A log with one hash put in another's place and the checksums made right again, as a forger would. */
function rewritten(log: Buffer, from: string, to: string): Buffer {
  return log.includes(from) ? forged(log, from, to) : log
}

function forged(log: Buffer, from: string, to: string): Buffer {
  const out = Buffer.from(log)
  for (let at = 0; at < out.length;) {
    const length = out.readUInt32LE(at)
    const payload = out.subarray(at + 8, at + 8 + length)
    const found = payload.indexOf(from)
    if (found >= 0) payload.write(to, found, 'latin1')
    out.writeUInt32LE(crc32(payload), at + 4)
    at += 8 + length
  }
  return out
}

it('a command given while a new engine is starting waits for the patient', async () => {
  const { host, engine } = theatre
  await host.openPatient('digits')
  const before = await host.stimulate({ set: alone(inhibit(3)), focus: 7 })
  process.kill(engine.pid!, 'SIGKILL')
  await until('the engine to start again', () => engine.state.state === 'starting')
  const after = await host.stimulate({ set: alone(inhibit(3)), focus: 7 })
  expect(after.after).toEqual(before.after)
})
