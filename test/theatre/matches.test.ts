/** Circuits of two primaries on the screen's side, with the real engine: which others there are, one matched, told, recorded and read back, cancelled; and what is refused. */
import type { MatchProgress } from '../../preload/contract/match'
import type { TestTheatre } from '../fixtures/theatre'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPrimary, writePrimary } from '../../main/files/primary'
import { SessionReader } from '../../main/session/reader'
import { recordedMatch } from '../../main/theatre/matches'
import { plantInto } from '../../main/theatre/plant'
import { findAskedSchema } from '../../preload/contract/symbiote'
import { testTheatre } from '../fixtures/theatre'

let theatre: TestTheatre
/** Of the narrow one, which is found first, and of the wide one, which stays on the table. */
let first: string
let second: string
const at = (...names: string[]): string => join(theatre.home, ...names)

beforeAll(async () => {
  theatre = await testTheatre()
  const { host, engine } = theatre
  const found: string[] = []
  for (const width of [20, 24]) {
    await plantInto(engine.functions, { design: 'backup', seed: 3, width }, at(`backup-${width}`))
    await host.openPatient(at(`backup-${width}`, 'primary'))
    found.push((await host.find({ ...findAskedSchema.parse({ sites: 'units', objective: 'sufficient', seeds: 2, steps: 120, certificate: 'fast' }), references: [] })).info.find)
  }
  ;[first, second] = found as [string, string]
}, 120_000)
afterAll(() => theatre.close())

it('one found in this sitting and not saved, then the same from its files', async () => {
  const { host, heard } = theatre
  expect(await host.otherCircuits(second)).toMatchObject([{ circuit: first, saved: false, name: 'sufficient units, not saved', candidates: 40, primary: { name: 'backup-3-20', path: at('backup-20', 'primary') } }])
  await host.startRecording({ title: 'two of them', operators: [] })
  const matched = await host.match({ find: second, circuit: first, items: 100 })
  expect(matched).toMatchObject({ primaries: ['backup-3-24', 'backup-3-20'], dataset: 'backup-task-0', items: 100, compared: 'activations', recorded: true, notes: [] })
  expect(matched.pairs.length + matched.unmatched.a.length).toBe(matched.sites[0])
  expect(matched.pairs.length + matched.unmatched.b.length).toBe(matched.sites[1])
  // Both read the same planted rules off the same inputs.
  expect(matched.pairs[0]!.r).toBeGreaterThan(0.9)
  expect(matched.mean).toBeGreaterThan(matched.random.mean)
  const told = heard.filter(([event]) => event === 'matching').map(([, [progress]]) => progress as MatchProgress)
  expect(told.length).toBeGreaterThan(0)
  expect(told.every(({ match, share }) => match === matched.match && share >= 0 && share <= 1)).toBe(true)

  const { path } = await host.saveCircuit({ find: first, name: 'narrow' })
  expect((await host.otherCircuits(second)).at(-1)).toMatchObject({ circuit: path, saved: true, name: 'narrow', sites: 'units', candidates: 40, primary: { name: 'backup-3-20' } })
  const again = await host.match({ find: second, circuit: path, items: 100 })
  expect({ ...again, match: '' }).toEqual({ ...matched, match: '' })

  const { path: session } = await host.stopRecording()
  const { head } = await host.openSession(session)
  expect(head.matches).toMatchObject([{ match: matched.match, find: second, other: { name: 'backup-3-20' }, pairs: matched.pairs.length, verdict: matched.verdict.sentence }, { match: again.match }])
  expect((await host.stateAt(head.duration)).match?.match).toBe(again.match)
  expect(await host.recordedMatch(matched.match)).toEqual(matched)
  expect(recordedMatch(await SessionReader.open(session), again.match)).toEqual(again)
  await expect(host.recordedMatch('0'.repeat(26))).rejects.toMatchObject({ code: 'match-unknown' })
  await host.closeSession()
}, 60_000)

it('refuses what does not compare, naming it', async () => {
  const { host } = theatre
  const match = (circuit: string, primary?: string) => host.match({ find: second, circuit, items: 50, ...primary === undefined ? {} : { primary } })
  await expect(match(at('nowhere'))).rejects.toMatchObject({ code: 'file-missing', path: at('nowhere') })
  await expect(host.match({ find: 'gone', circuit: first, items: 50 })).rejects.toMatchObject({ code: 'find-unknown' })
  // Found on other items, it may be matched, and that is said.
  circuit('bare', (await readPrimary(at('backup-20', 'primary'))).weightsSha256, ['layers.0.unit[0]', 'layers.0.unit[1]'])
  expect(await match(at('circuits', 'bare'))).toMatchObject({ notes: ['The other circuit was found on other items than this one.'] })
  // A circuit of edges has nothing to compare; it is listed with the reason.
  const { weightsSha256 } = await readPrimary(at('backup-20', 'primary'))
  circuit('edges', weightsSha256, ['layers.0.unit[0] -> layers.1.unit[0]'])
  expect((await host.otherCircuits(second)).find(({ name }) => name === 'edges')).toMatchObject({ problem: 'Edges have no activation of their own to compare.' })
  await expect(match(at('circuits', 'edges'))).rejects.toMatchObject({ code: 'match-unfit' })
  mkdirSync(at('circuits', 'broken'))
  writeFileSync(at('circuits', 'broken', 'certificate.json'), '{')
  expect((await host.otherCircuits(second)).find(({ name }) => name === 'broken')?.problem).toContain('is not JSON')
  rmSync(at('circuits', 'broken'), { recursive: true })
  // Other inputs.
  const tensor = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.1) })
  const small = await writePrimary(at('primaries', 'small'), { file: { format: 'symbiote-primary/1', name: 'small', architecture: { kind: 'mlp', inputs: 2, hidden: [3], outputs: 2, activation: 'relu' }, task: { kind: 'classification', dataset: 'mnist' } }, weights: { 'layers.0.weight': tensor(3, 2), 'layers.0.bias': tensor(3), 'layers.1.weight': tensor(2, 3), 'layers.1.bias': tensor(2) } })
  circuit('small', small.weightsSha256, ['layers.0.unit[0]'])
  await expect(match(at('circuits', 'small'))).rejects.toMatchObject({ code: 'match-unfit', message: expect.stringContaining('inputs of') as string })
  // Of weights that nobody here has: the primary is to be named, and named wrongly it is refused.
  circuit('stranger', 'e'.repeat(64), ['layers.0.unit[0]'])
  await expect(match(at('circuits', 'stranger'))).rejects.toMatchObject({ code: 'primary-unknown' })
  await expect(match(at('circuits', 'stranger'), at('backup-20', 'primary'))).rejects.toMatchObject({ code: 'circuit-of-another' })
  // A copy of the primary somewhere else will do.
  cpSync(at('backup-20'), at('moved'), { recursive: true })
  expect(await match(at('circuits', 'narrow', 'circuit.json'), at('moved', 'primary'))).toMatchObject({ primaries: ['backup-3-24', 'backup-3-20'] })
}, 60_000)

it('one at a time; cancelled, nothing is shown or recorded', async () => {
  const { host } = theatre
  const matching = host.match({ find: second, circuit: first, items: 1000 })
  const failed = expect(matching).rejects.toMatchObject({ code: 'cancelled' })
  await expect(host.match({ find: second, circuit: first, items: 10 })).rejects.toMatchObject({ code: 'matching' })
  await host.cancelMatch()
  await failed
  expect((await host.match({ find: second, circuit: first, items: 10 })).items).toBe(10)
}, 60_000)

function circuit(name: string, primarySha256: string, addresses: string[]): void {
  mkdirSync(at('circuits', name), { recursive: true })
  writeFileSync(at('circuits', name, 'circuit.json'), JSON.stringify({ objective: 'sufficient', baseline: 'zero', budget: 0.1, seeds: 1, primarySha256, datasetSha256: '', sites: addresses.map(address => ({ address, score: 1, member: true })) }))
  expect(JSON.parse(readFileSync(at('circuits', name, 'circuit.json'), 'utf8'))).toMatchObject({ primarySha256 })
}
