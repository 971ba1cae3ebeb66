/** What lies between an engine that finds and the screen: tasks read and refused, progress, cancelling, the session and back, files. */
import type { Tensor } from '../../preload/contract/engine'
import type { MlpArchitecture } from '../../preload/contract/primary'
import type { FindInfo } from '../../preload/contract/symbiote'
import type { TestTheatre } from '../fixtures/theatre'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readCircuit } from '../../main/files/circuit'
import { writePrimary } from '../../main/files/primary'
import { readSafetensors, writeSafetensors } from '../../main/files/safetensors'
import { findAskedSchema } from '../../preload/contract/symbiote'
import { testTheatre, until } from '../fixtures/theatre'

const architecture: MlpArchitecture = { kind: 'mlp', inputs: 2, hidden: [4, 2], outputs: 2, activation: 'relu' }
let theatre: TestTheatre
const at = (name: string): string => join(theatre.home, name)
beforeEach(async () => {
  theatre = await testTheatre(undefined, 'test/fixtures/findEngine.mjs')
  await dataset('task', { shift: 0 })
  await dataset('other', { shift: 100 })
  await writePrimary(join(theatre.home, 'primaries', 'small'), { file: { format: 'symbiote-primary/1', name: 'small', architecture, task: { kind: 'classification', dataset: at('task') } }, weights: weights() })
})
afterEach(() => theatre.close())

/** Forty items, the last ten held out; `shift` makes them others. */
async function dataset(name: string, { shift, split = true }: { shift: number, split?: boolean }): Promise<void> {
  mkdirSync(at(name), { recursive: true })
  writeFileSync(join(at(name), 'dataset.json'), JSON.stringify({ format: 'symbiote-dataset/1', name, kind: 'classification', inputs: { shape: [2] }, classes: 2 }))
  const ints = (value: (i: number) => number): Tensor => ({ shape: [40], data: Int32Array.from({ length: 40 }, (_, i) => value(i)) })
  await writeSafetensors(join(at(name), 'data.safetensors'), {
    inputs: { shape: [40, 2], data: Float32Array.from({ length: 80 }, (_, i) => shift + i) },
    targets: ints(i => i % 2),
    ...split ? { split: ints(i => i < 30 ? 0 : 1) } : {},
  })
}

function weights(): Record<string, Tensor> {
  const tensor = (...shape: number[]): Tensor => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.1) })
  return { 'layers.0.weight': tensor(4, 2), 'layers.0.bias': tensor(4), 'layers.1.weight': tensor(2, 4), 'layers.1.bias': tensor(2), 'layers.2.weight': tensor(2, 2), 'layers.2.bias': tensor(2) }
}

const asked = (change: object = {}) => ({ ...findAskedSchema.parse({ sites: 'units', objective: 'sufficient', seeds: 2, ...change }), references: [] as string[] })
const told = (): [FindInfo, Uint8Array | undefined][] => theatre.heard.filter(([event]) => event === 'finding').map(([, args]) => args as [FindInfo, Uint8Array | undefined])

it('a find is told as it goes, recorded with its gates, read back without a model, and saved', async () => {
  const { host } = theatre
  await host.openPatient('small')
  await host.sweep({ sites: 'units', operation: { op: 'gate', strength: 0, baseline: 'zero' }, measure: 'loss', items: 5, method: 'exact' })
  await host.startRecording({ title: 'circuit', operators: [] })
  const found = await host.find({ ...asked({ steps: 60 }), references: [at('other')] })
  expect(found).toMatchObject({ recorded: true, info: { state: 'finished', task: 'task', references: ['other'] } })
  // Only the host knows files, so it says which they were; and it hands on the map that there is.
  expect(found.certificate.provenance).toMatchObject({ primarySha256: expect.stringMatching(/^\w{64}$/) as string, datasetSha256: expect.stringMatching(/^\w{64}$/) as string })
  expect(found.certificate.asked.task).toEqual({ name: 'task', train: 30, heldOut: 10 })
  expect(found.certificate.agreement).toMatchObject([{ map: 'sweep: loss, exact' }])
  expect(told()[0]![0]).toMatchObject({ state: 'running', phase: 'checking' })
  expect(told()[1]).toMatchObject([{ phase: 'training', training: { steps: 60 } }, expect.any(Uint8Array)])
  expect(told().at(-1)![0]).toMatchObject({ state: 'finished', share: 1 })
  expect((await host.hello()).find).toMatchObject({ find: found.info.find, state: 'finished' })

  const saved = await host.saveCircuit({ find: found.info.find, name: 'first one' })
  expect(saved.path).toBe(join(theatre.home, 'circuits', 'first-one'))
  const file = await readCircuit(join(saved.path, 'circuit.json'))
  expect(file.sites).toHaveLength(6)
  expect(file).toMatchObject({ objective: 'sufficient', seeds: 2, budget: 2 / 6, primarySha256: found.certificate.provenance.primarySha256 })
  expect((await readSafetensors(join(saved.path, 'gates.safetensors'))).tensors.gates!.data).toEqual(found.gates)
  expect(JSON.parse(readFileSync(join(saved.path, 'certificate.json'), 'utf8'))).toMatchObject({ format: 'symbiote-certificate/1' })
  await expect(host.saveCircuit({ find: found.info.find, name: 'first one' })).rejects.toMatchObject({ code: 'circuit-exists' })

  const { path } = await host.stopRecording()
  const { head } = await host.openSession(path)
  expect(head.finds.map(({ state }) => state)).toEqual(['running', 'finished'])
  // Sixty times in more than a second, and kept once a second.
  expect(head.gates.length).toBeGreaterThan(0)
  expect(head.gates.length).toBeLessThan(5)
  const [first] = head.gates
  expect((await host.recordedGates(first!.id)).length).toBe(6)
  expect((await host.stateAt(first!.t)).gates?.id).toBe(first!.id)
  expect((await host.stateAt(first!.t)).symbiote?.state).toBe('running')
  expect((await host.stateAt(head.duration)).symbiote?.result).toMatchObject({ sites: 6, members: 2, certified: true })
  // The last find is still here; another sitting has only the blobs.
  const { recordedFind } = await import('../../main/theatre/findRecord')
  const { SessionReader } = await import('../../main/session/reader')
  const read = recordedFind(await SessionReader.open(path), found.info.find)
  expect({ ...read, info: undefined }).toEqual({ ...found, info: undefined })
}, 30_000)

it('a cancelled find keeps what it has; two at once are refused', async () => {
  const { host } = theatre
  await host.openPatient('small')
  const finding = host.find(asked({ steps: 1000 }))
  await until('gates', () => told().some(([, gates]) => gates !== undefined))
  await expect(host.find(asked())).rejects.toMatchObject({ code: 'finding' })
  await expect(host.useExecutor('wasm')).rejects.toMatchObject({ code: 'finding' })
  await host.cancelFind()
  expect((await finding).info.state).toBe('cancelled')
  expect((await host.find(asked())).info.state).toBe('finished')
})

it('a cancelled one is kept and gone on with, here or after a start anew, under a name of its own', async () => {
  let { host } = theatre
  await host.openPatient('small')
  const finding = host.find({ ...asked({ steps: 300 }), references: [at('other')] })
  await until('gates', () => told().some(([, gates]) => gates !== undefined))
  await host.cancelFind()
  const { info: { find: first } } = await finding
  const [kept] = await host.keptFinds()
  expect(kept).toMatchObject({ find: first, task: 'task', asked: { steps: 300, seeds: 2 }, steps: 300, over: false })
  expect(kept!.step).toBeGreaterThan(0)

  // Everything that was learned is in the file, to the bit.
  const { readFindCheckpoint, inspectFindCheckpoint } = await import('../../main/files/findCheckpoint')
  const path = join(theatre.home, 'finds', `${first}.safetensors`)
  const { about, checkpoints } = await readFindCheckpoint(path)
  expect(about).toEqual(await inspectFindCheckpoint(path))
  expect(about).toMatchObject({ datasets: [], references: [at('other')], tasks: [{ name: 'task' }, { name: 'other' }], primary: { name: 'small' } })
  expect(checkpoints).toEqual([{ step: kept!.step, over: false, state: [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)], streams: { batches: [1, 2, 3, 4], noise: [5, 6, 7, 8] }, tasks: [{ smooth: [0.5], best: [{ seed: 1, gates: Float32Array.from({ length: 6 }, (_, i) => i / 10), values: [0.25], size: 2, held: true }, undefined], history: [{ step: 1, behaviour: 0.1, size: 0.9, pressure: 0.3 }] }] }])

  // The workstation is closed and opened again on the same folder.
  const again = await testTheatre(theatre.home, 'test/fixtures/findEngine.mjs')
  try {
    ({ host } = again)
    await host.openPatient('small')
    expect(await host.keptFinds()).toEqual([kept])
    await host.startRecording({ title: 'gone on', operators: [] })
    const resumed = host.resumeFind(first)
    const heard = (): FindInfo[] => again.heard.filter(([event]) => event === 'finding').map(([, [info]]) => info as FindInfo)
    await until('steps', () => heard().some(({ training }) => training !== undefined))
    expect(heard().find(({ training }) => training)!.training!.step).toBe(kept!.step)
    await host.cancelFind()
    // Cancelled again, it is the second that is kept.
    const second = await resumed
    expect(second.info).toMatchObject({ state: 'cancelled', resumes: { find: first, step: kept!.step } })
    expect((await host.keptFinds()).map(({ find }) => find)).toEqual([second.info.find])
    const { head } = await host.openSession((await host.stopRecording()).path)
    expect(head.finds.map(({ state, resumes }) => [state, resumes?.find])).toEqual([['running', first], ['cancelled', first]])
    await host.closeSession()
    // On other items it would be another find.
    await dataset('other', { shift: 300 })
    await expect(host.resumeFind(second.info.find)).rejects.toMatchObject({ code: 'dataset-changed' })
    await host.forgetFind(second.info.find)
    expect(await host.keptFinds()).toEqual([])
    await expect(host.resumeFind(first)).rejects.toMatchObject({ code: 'file-missing' })
  }
  finally {
    await again.close()
  }
}, 30_000)

it('a find that fails says why, to the screen and to the session', async () => {
  const { host } = theatre
  await host.openPatient('small')
  await host.startRecording({ title: 'beyond', operators: [] })
  await expect(host.find(asked({ steps: 13 }))).rejects.toMatchObject({ code: 'task-beyond' })
  expect(told().at(-1)![0]).toMatchObject({ state: 'failed', problem: { code: 'task-beyond' } })
  const { head } = await host.openSession((await host.stopRecording()).path)
  expect(head.finds.at(-1)).toMatchObject({ state: 'failed', problem: { code: 'task-beyond' } })
  await expect(host.recordedFind(head.finds[0]!.find)).rejects.toMatchObject({ code: 'find-unfinished' })
})

it('a recording that begins while it runs knows of it', async () => {
  const { host } = theatre
  await host.openPatient('small')
  const finding = host.find(asked({ steps: 1000 }))
  await until('gates', () => told().some(([, gates]) => gates !== undefined))
  await host.startRecording({ title: 'late', operators: [] })
  await new Promise(resolve => setTimeout(resolve, 1200))
  await host.cancelFind()
  await finding
  const { head } = await host.openSession((await host.stopRecording()).path)
  expect(head.finds.map(({ state }) => state)).toEqual(['running', 'cancelled'])
  expect(head.gates[0]!.t).toBeGreaterThan(head.finds[0]!.t)
}, 15_000)

it('says what cannot be asked before the engine hears of it', async () => {
  const { host } = theatre
  await dataset('undivided', { shift: 200, split: false })
  await host.openPatient('small')
  await expect(host.find({ ...asked(), dataset: at('undivided') })).rejects.toMatchObject({ code: 'no-test-split' })
  await expect(host.find({ ...asked(), references: [at('task')] })).rejects.toMatchObject({ code: 'tasks-overlap' })
  await dataset('renamed', { shift: 0 })
  await expect(host.find({ ...asked(), references: [at('renamed')] })).rejects.toMatchObject({ code: 'tasks-overlap' })
  await expect(host.find({ ...asked(), references: [at('nowhere')] })).rejects.toMatchObject({ code: 'dataset-missing' })
  await expect(host.find(asked({ objective: 'steer' }))).rejects.toMatchObject({ code: 'target-missing' })
  await expect(host.find(asked({ objective: 'steer', target: 2 }))).rejects.toMatchObject({ code: 'target-unknown' })
  await expect(host.find(asked({ objective: 'dissociate' }))).rejects.toMatchObject({ code: 'reference-missing' })
  await expect(host.find(asked({ family: 'reader' }))).rejects.toMatchObject({ code: 'reader-missing' })
  await expect(host.find(asked({ sites: 'heads' }))).rejects.toMatchObject({ code: 'no-such-sites' })
  expect(told()).toEqual([])
})
