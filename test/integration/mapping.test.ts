import type { EngineFunctions } from '../../preload/contract/engine'
import type { MappingMode } from '../../preload/contract/mapping'
import type { Protocol } from '../../preload/contract/protocol'
import type { EventOf } from '../../preload/contract/session'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngineClient } from '../../main/host/engineClient'
import { forkProcess } from '../../main/host/forkProcess'
import { SessionReader } from '../../main/session/reader'
import { loadPatient } from '../../main/theatre/loading'
import { presetNamed } from '../../main/theatre/mapping/presets'
import { Mappings } from '../../main/theatre/mappings'
import { PatientOnTable } from '../../main/theatre/patient'
import { Recording } from '../../main/theatre/recording'

const root = join(import.meta.dirname, '../..')
const resources = join(root, 'resources')
let home: string
beforeAll(async () => { home = await mkdtemp(join(tmpdir(), 'symbiote-mapping-')) })
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

/** A whole layer, which nothing survives without, among units that nothing hangs on. */
const SITES = ['layers.1', ...Array.from({ length: 7 }, (_, i) => `layers.0.unit[${i}]`)]
const small: Protocol = { ...presetNamed('standard'), sites: SITES }

interface Ran { code: number | null, stdout: string, stderr: string }

function symbiote(args: string[]): { child: ReturnType<typeof spawn>, ran: Promise<Ran> } {
  const child = spawn(process.execPath, [join(root, 'out/main/cli.js'), ...args, '--executor', 'wasm'], { env: { ...process.env, SYMBIOTE_HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ran: Ran = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => { ran.stdout += String(chunk) })
  child.stderr.on('data', (chunk) => { ran.stderr += String(chunk) })
  return { child, ran: once(child, 'close').then(([code]) => ({ ...ran, code: code as number | null })) }
}

async function trialsOf(session: string): Promise<EventOf<'mapping.trial'>[]> {
  return (await SessionReader.open(session)).tables.mappingTrials
}

/** What a trial was and came to, without ids. */
const essence = (trials: EventOf<'mapping.trial'>[]): object[] => trials.map(({ number, phase, site, lesion, strength, sham, items, lost, gained, logProbability }) => ({ number, phase, site, lesion, strength, sham, items, lost, gained, logProbability }))

describe('symbiote map', () => {
  it('finds the layer, spares the units, plays back, re-executes bit by bit; killed and gone on with, it is the same map', async () => {
    const protocol = join(home, 'protocol.json')
    await writeFile(protocol, JSON.stringify(small))
    const whole = join(home, 'whole.session')
    const ran = await symbiote(['map', 'digits', '--protocol', protocol, '--out', whole, '--json']).ran
    expect(ran.stderr).not.toMatch(/Error/)
    expect(ran.code).toBe(0)
    const result = JSON.parse(ran.stdout) as { session: string, trials: number, sites: { address: string, verdict: string, p: number, k: number, n: number }[], seconds: number, findings: Record<string, number>[] }
    expect(result.session).toBe(whole)
    expect(result.sites.map(({ address, verdict }) => [address, verdict])).toEqual(SITES.map((site, i) => [site, i === 0 ? 'positive' : 'negative']))
    expect(result.sites[0].k).toBeGreaterThanOrEqual(2)
    const { tables } = await SessionReader.open(whole)
    expect(tables.mappingTrials.length).toBe(result.trials)
    // Unblinded once, after the last trial; the ticket is on the layer.
    expect(tables.unblindings).toMatchObject([{ early: false }])
    expect(tables.tags).toMatchObject([{ number: 1, site: 'layers.1' }])
    const shams = tables.mappingTrials.filter(({ sham }) => sham)
    expect(shams.length).toBeGreaterThanOrEqual(10)
    expect(shams.every(({ identical }) => identical)).toBe(true)
    expect(tables.mappingTrials.every(({ stateSame }) => stateSame)).toBe(true)
    // The same by the recorded outputs alone.
    for (const { trial } of shams) {
      const { outputs, pairedOutputs } = tables.trials.find(one => one.trial === trial)!
      expect(outputs).toBe(pairedOutputs)
    }
    const mapped = tables.mappingTrials.filter(({ phase }) => phase !== 'verify').map(({ site }) => site)
    expect(mapped.filter((site, i) => i > 0 && site === mapped[i - 1])).toEqual([])
    expect(tables.scores.length).toBe(result.trials)

    const verified = await symbiote(['replay', whole, '--verify', '--json']).ran
    expect(JSON.parse(verified.stdout)).toMatchObject({ trials: result.trials, classes: { 'bit-exact': result.trials } })

    const cut = join(home, 'cut.session')
    for (const after of [5, 40]) {
      const { child, ran: ended } = symbiote(after === 5 ? ['map', 'digits', '--protocol', protocol, '--out', cut] : ['map', '--resume', cut])
      let seen = 0
      while (seen < after && child.exitCode === null) {
        await new Promise(resolve => setTimeout(resolve, 20))
        seen = await trialsOf(cut).then(trials => trials.length, () => 0)
      }
      child.kill('SIGKILL')
      await ended
    }
    const resumed = await symbiote(['map', '--resume', cut, '--json']).ran
    expect(resumed.stderr).not.toMatch(/Error/)
    expect(resumed.code).toBe(0)
    expect(essence(await trialsOf(cut))).toEqual(essence(tables.mappingTrials))
    const { tables: after } = await SessionReader.open(cut)
    expect(after.verdicts.filter(({ tag }) => tag === undefined).map(({ site, verdict, p }) => [site, verdict, p])).toEqual(tables.verdicts.filter(({ tag }) => tag === undefined).map(({ site, verdict, p }) => [site, verdict, p]))
    expect(after.transitions.filter(({ what }) => what === 'resume').length).toBe(2)
    // One recording, to its end, although it was cut off twice.
    expect(after.ended?.reason).toBe('closed')
    expect(after.duration).toBeGreaterThanOrEqual(after.mappingTrials.at(-1)!.t)
    const again = await symbiote(['map', '--resume', cut]).ran
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/finished/)])
  }, 240_000)

  it.each([
    ['no primary', [], 2, /--resume/],
    ['a protocol that is none', ['digits', '--protocol', 'heroic'], 2, /heroic/],
    ['a session that is none', ['--resume', '/nowhere.session'], 1, /nowhere/],
  ])('%s', async (_what, args, code, message) => {
    const ran = await symbiote(['map', ...args]).ran
    expect(ran.code).toBe(code)
    expect(ran.stderr).toMatch(message)
  })
})

describe('by hand', () => {
  const client = new EngineClient({ start: () => forkProcess({ file: join(root, 'out/main/engine.js'), env: { ...process.env, SYMBIOTE_EXECUTOR: 'wasm' }, log: () => {} }), log: () => {} })
  let sessions = 0
  beforeAll(() => client.start())
  afterAll(() => client.dispose())

  /** Changes what the engine answers. */
  type Spoil = (functions: EngineFunctions) => EngineFunctions

  async function begun(change: Partial<Protocol> = {}, primary = 'digits', spoil: Spoil = functions => functions, mode: MappingMode = 'hand'): Promise<{ mappings: Mappings, session: string, close: () => Promise<void> }> {
    const patient = new PatientOnTable(spoil(client.functions), await loadPatient(primary, { resources, home }))
    await patient.open()
    const recording = new Recording({ sessionsFolder: join(home, 'sessions'), appVersion: '0', lockFile: '', changed: () => {} })
    const session = join(home, `hand${++sessions}.session`)
    recording.start({ title: 'hand', operators: [], folder: session }, patient, await client.ready())
    const mappings = new Mappings({ engine: client, recording, changed: () => {} })
    const { staircase: _, ...rest } = small
    await mappings.start(patient, { protocol: { ...rest, ...change }, mode, operator: 'operator' })
    return {
      mappings,
      session,
      close: async () => {
        await mappings.close()
        recording.end()
      },
    }
  }

  it('the operator chooses sites within the rules, and is told nothing that gives a sham away', async () => {
    const { mappings, session, close } = await begun()
    const first = await mappings.trial({ site: 'layers.1' })
    expect(Object.keys(first)).not.toContain('sham')
    expect(Object.keys(first)).not.toContain('lost')
    expect(mappings.info!.sites[0]).toEqual({ address: 'layers.1', state: 'under-way', trials: 1 })
    await expect(mappings.trial({ site: 'layers.1' })).rejects.toMatchObject({ code: 'site-twice' })
    await expect(mappings.trial({ site: 'layers.9.unit[0]' })).rejects.toMatchObject({ code: 'site-unknown' })
    await expect(mappings.trial({ site: 'layers.0.unit[99]' })).rejects.toMatchObject({ code: 'site-not-mapped' })
    mappings.score('rater', { trial: first.trial, code: 'no-answer', confidence: 0.8 })
    mappings.score('rater', { trial: first.trial, code: 'confusion-far' })
    // Before the last trial: it is early, and said so.
    mappings.unblind('operator', 'curious')
    expect(mappings.info).toMatchObject({ blinded: false, unblinded: { early: true } })
    const second = await mappings.trial({ site: 'layers.0.unit[0]' })
    mappings.score('rater', { trial: second.trial, code: 'correct' })
    expect(Object.keys(second)).toContain('sham')
    mappings.pause(true)
    await expect(mappings.trial({ site: 'layers.1' })).rejects.toMatchObject({ code: 'mapping-state' })
    mappings.pause(false)
    mappings.interrupt('the operator wants a break')
    expect(mappings.info).toMatchObject({ status: 'interrupted', interrupt: { what: 'operator' } })
    mappings.pause(false)
    await close()
    const { tables } = await SessionReader.open(session)
    expect(tables.unblindings).toMatchObject([{ early: true, by: 'operator' }])
    const scores = tables.scores.filter(({ source }) => source === 'human')
    expect(scores.map(({ trial, code, blind }) => [trial, code, blind])).toEqual([[first.trial, 'confusion-far', true], [second.trial, 'correct', false]])
    expect(tables.scores.filter(({ source }) => source === 'auto').length).toBe(2)
  })

  it('a whole map by hand: at the end unblinded, with verdicts', async () => {
    const { mappings, close } = await begun({ sites: SITES.slice(0, 3), shams: { rate: 0.1, least: 2 } })
    for (let i = 0; mappings.run.planner.open.length > 0; i++) {
      const { open } = mappings.run.planner
      await mappings.trial({ site: open.find(site => site !== mappings.run.history.last?.site) ?? open[0] })
      expect(i).toBeLessThan(60)
    }
    await mappings.advance()
    await mappings.runAll()
    expect(mappings.info).toMatchObject({ phase: 'report', status: 'finished', blinded: false, unblinded: { early: false } })
    expect(mappings.info!.sites.map(({ verdict }) => verdict)).toEqual(['positive', 'negative', 'negative'])
    await close()
  })

  it('a sham that is not bit-identical stops everything: the instrument is at fault', async () => {
    const { mappings, close } = await begun({ shams: { rate: 0.5, least: 4 } }, 'digits', functions => ({
      ...functions,
      stimulate: async (request) => {
        const result = await functions.stimulate(request)
        const [intervention] = request.set.interventions
        if (intervention?.op === 'gate' && intervention.strength === 1) result.outputs[0] = Math.fround(result.outputs[0] * (1 + 2 ** -22))
        return result
      },
    }))
    await mappings.runAll()
    expect(mappings.info).toMatchObject({ status: 'interrupted', interrupt: { what: 'instrument', message: expect.stringMatching(/^A sham, .* told at unblinding\.$/) as string } })
    expect(mappings.run.history.shams).toEqual({ done: 1, identical: 0 })
    await close()
  })

  it('a state that outlasts the stimulation stops everything', async () => {
    let calls = 0
    const { mappings, close } = await begun({}, 'digits', functions => ({
      ...functions,
      stimulate: async (request) => {
        const result = await functions.stimulate(request)
        if (request.set.interventions.length === 0 && ++calls > 3) result.outputs[0] += 1
        return result
      },
    }))
    await mappings.runAll()
    expect(mappings.info).toMatchObject({ status: 'interrupted', interrupt: { what: 'after-discharge' } })
    expect(mappings.run.history.trials.length).toBe(3)
    await close()
  })

  it('a seizure lowers what its site may get, and too many stop the map', async () => {
    const stimulation: Protocol['stimulation'] = { op: 'drive', strengths: [0.5, 1e38] }
    const { mappings, close } = await begun({ stimulation, doseCap: 1e39, shams: { rate: 0, least: 0 }, stopping: { ...small.stopping, seizures: 2 } })
    await mappings.runAll()
    const { seizures } = mappings.run.history
    expect(mappings.info).toMatchObject({ status: 'interrupted', interrupt: { what: 'seizure' } })
    expect(seizures.length).toBe(2)
    // Who chose the site knows it.
    expect(mappings.info!.interrupt!.message).toMatch(/^2 seizures, the last at layers\.\S+, strength 1e\+38: /)
    mappings.pause(false)
    const next = mappings.run.planner.next(seizures[0].site)
    expect(next).toMatchObject({ sites: [seizures[0].site], strength: 0.5 })
    await close()
  })

  it('where a seizure was is no more told to the blind than any other site; the session keeps it', async () => {
    const { mappings, close } = await begun({ stimulation: { op: 'drive', strengths: [1e38] }, doseCap: 1e39, shams: { rate: 0, least: 0 }, stopping: { ...small.stopping, seizures: 1 } }, 'digits', undefined, 'unattended')
    await mappings.runAll()
    expect(mappings.info).toMatchObject({ blinded: true, interrupt: { what: 'seizure', message: '1 seizure; where, and at which strength, is told at unblinding.' } })
    expect(mappings.run.history.machine.interrupt!.message).toContain(mappings.run.history.seizures[0].site)
    await close()
  })

  it('weights that changed in mid-session are refused', async () => {
    const folder = join(home, 'changing')
    await cp(join(resources, 'primaries/digits'), folder, { recursive: true })
    const { mappings, close } = await begun({}, folder)
    await mappings.trial({ site: 'layers.1' })
    const path = join(folder, 'weights.safetensors')
    const bytes = await readFile(path)
    bytes[bytes.length - 2] ^= 1
    await writeFile(path, bytes)
    await expect(mappings.advance()).rejects.toMatchObject({ code: 'weights-changed' })
    expect(mappings.info).toMatchObject({ status: 'interrupted', interrupt: { what: 'weights-changed' } })
    await close()
  })
})

it('an unattended mapping can be watched and cancelled', async () => {
  const out = join(home, 'interrupted.session')
  const { child, ran } = symbiote(['map', 'digits', '--out', out])
  let seen = 0
  while (seen < 3) {
    await new Promise(resolve => setTimeout(resolve, 50))
    seen = await trialsOf(out).then(trials => trials.length, () => 0)
  }
  child.kill('SIGINT')
  const { code, stderr } = await ran
  expect(code).toBe(130)
  expect(stderr).toMatch(/--resume/)
  expect((await SessionReader.open(out)).tables.transitions.at(-1)).toMatchObject({ what: 'pause' })
}, 60_000)
