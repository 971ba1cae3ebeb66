/** A find as the screen follows it, over a real port: begun here, begun by a page that is gone, refused, and replayed. */
import type { HostFunctions } from '../../../preload/contract/rpc'
import type { EventOf } from '../../../preload/contract/session'
import type { FindAsked, FindInfo, Found } from '../../../preload/contract/symbiote'
import type { TestHost } from '../host'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { UserError } from '../../../preload/contract/errors'
import { useConnection } from '../../../renderer/stores/connection'
import { useFind } from '../../../renderer/stores/find'
import { usePatient } from '../../../renderer/stores/patient'
import { useStage } from '../../../renderer/stores/stage'
import { useUi } from '../../../renderer/stores/ui'
import { PATIENT, testHost } from '../host'

beforeEach(() => {
  // All the window's store needs of a page.
  vi.stubGlobal('document', { documentElement: { dataset: {} } })
  setActivePinia(createPinia())
})
afterEach(() => vi.unstubAllGlobals())

const FIND = 'f'.repeat(26)
const asked: FindAsked = { sites: 'units', objective: 'sufficient', family: 'free', baseline: 'zero', budget: 'auto', seeds: 2, seed: 1, certificate: 'fast' }
const info = (change: Partial<FindInfo> = {}): FindInfo => ({ find: FIND, state: 'running', asked, task: 'made-up', references: [], phase: 'training', share: 0.5, done: 1, total: 2, seconds: 4, ...change })

/** The patient has three units. */
function found(): Found {
  return {
    info: info({ state: 'finished', phase: 'finished', share: 1 }),
    addresses: ['layers.0.unit[0]', 'layers.0.unit[1]', 'layers.0.unit[2]'],
    score: Float64Array.of(1, 0, 0),
    member: Uint8Array.of(1, 0, 0),
    membership: Float32Array.of(1, 0.5, 0),
    gates: Float32Array.of(1, 0, 0),
    rivals: [],
    history: [],
    certificate: { verdict: { certified: false, sentence: 'It is not.', weakest: 'controls' } } as Found['certificate'],
    recorded: false,
  }
}

async function open(more: Partial<HostFunctions>, greeting = {}): Promise<TestHost> {
  const host = testHost({ more, greeting })
  const patient = usePatient()
  useFind()
  useConnection().start(host.transport)
  await vi.waitUntil(() => patient.presentation !== undefined)
  return host
}

it('gates are shown while it learns, the circuit once it is judged, and both in Symbiote alone', async () => {
  let answer = (_: Found): void => {}
  const asks: unknown[] = []
  const host = await open({ find: (request) => {
    asks.push(request)
    return new Promise(resolve => answer = resolve)
  } })
  const find = useFind()
  const ui = useUi()
  ui.mode = 'symbiote'
  find.change({ objective: 'necessary' })
  void find.start()
  await vi.waitUntil(() => asks.length === 1)
  expect(asks[0]).toMatchObject({ sites: 'units', objective: 'necessary', budget: 'auto', references: [] })
  expect(find.picture).toBeUndefined()
  const training = { step: 10, steps: 100, behaviour: 0.1, size: 0.5, pressure: 1 }
  host.tell.finding(info({ training }), Uint8Array.of(100, 30, 0))
  await vi.waitUntil(() => find.picture !== undefined)
  expect([...find.picture!.opacity[1]!].map(x => Number(x.toFixed(2)))).toEqual([1, 0.3, 0])
  expect(find.factsAt(1)[0]).toMatch(/gate 0.30, mean over 2 seeds/)
  expect(find.leftSeconds).toBeCloseTo(4)
  expect(find.curves.points).toHaveLength(1)
  expect(find.found).toBeUndefined()
  answer(found())
  await vi.waitUntil(() => find.found !== undefined)
  expect([...find.picture!.opacity[1]!]).toEqual([1, 0.5, 0])
  expect(find.indexOf('layers.0.unit[1]')).toBe(1)
  expect(find.factsAt(1)).toEqual(['not a member, in 50 % of the seeds', 'score 0.000, gate 0.00'])
  expect(ui.announcement).toBe('Not certified: It is not.')
  ui.mode = 'observe'
  expect(find.picture).toBeUndefined()
})

it('one that is refused leaves nothing running, and says why', async () => {
  await open({ find: () => Promise.reject(new UserError({ code: 'no-test-split', message: 'There is none.', remedy: 'Add one.' })) })
  const find = useFind()
  await find.start()
  expect(find.running).toBe(false)
  expect(useConnection().notices).toMatchObject([{ code: 'no-test-split' }])
})

it('a page opened in the middle follows it, and asks for what was found', async () => {
  const host = await open({ recordedFind: async () => found() }, { find: info() })
  const find = useFind()
  useUi().mode = 'symbiote'
  expect(find.running).toBe(true)
  host.tell.finding(info(), Uint8Array.of(100, 100, 0))
  await vi.waitUntil(() => find.picture !== undefined)
  host.tell.finding(info({ state: 'finished' }))
  await vi.waitUntil(() => find.found !== undefined)
  expect(find.running).toBe(false)
})

it('replayed, it has the gates of the moment, then the circuit; a later sweep goes before it', async () => {
  const reads: string[] = []
  await open({
    recordedGates: async (id) => {
      reads.push(id)
      return Uint8Array.of(100, 50, 0)
    },
    recordedFind: async () => found(),
  })
  const find = useFind()
  const stage = useStage()
  useUi().mode = 'replay'
  const primary = { architecture: PATIENT.architecture, classNames: [], inputShape: [2, 2] }
  const at = (t: number) => ({ id: String(t).padStart(26, '0'), t, step: 0 })
  const begun: EventOf<'symbiote'> = { ...at(1), kind: 'symbiote', find: FIND, state: 'running', asked, task: { name: 'made-up', sha256: '0'.repeat(64), train: 1, heldOut: 1 }, references: [] }
  const gates: EventOf<'symbiote.gates'> = { ...at(2), kind: 'symbiote.gates', find: FIND, phase: 'training', share: 0.3, gates: '0'.repeat(64) }
  const show = (state: object): void => stage.showRecorded({ state: { tags: [], ...state }, primary, followView: false })
  show({ symbiote: begun, gates })
  await vi.waitUntil(() => find.picture !== undefined)
  expect([...find.picture!.opacity[1]!]).toEqual([1, 0.5, 0])
  expect(find.shownInfo).toMatchObject({ state: 'running', phase: 'training', share: 0.3 })
  // To and fro: read once.
  show({ symbiote: begun })
  await vi.waitUntil(() => find.picture === undefined)
  show({ symbiote: begun, gates })
  await vi.waitUntil(() => find.picture !== undefined)
  expect(reads).toEqual([gates.id])
  const over = { ...begun, ...at(5), state: 'finished' as const, result: {} as EventOf<'symbiote'>['result'] }
  show({ symbiote: over, gates })
  await vi.waitUntil(() => find.found !== undefined)
  expect(find.picture!.opacity[1]![1]).toBe(0.5)
  show({ symbiote: over, gates, sweep: { ...at(9), kind: 'sweep' } })
  expect(find.picture).toBeUndefined()
})

it('a cancelled one is listed, gone on with and forgotten', async () => {
  const KEPT = 'K'.repeat(26)
  const asks: string[] = []
  let kept = [{ find: KEPT, asked, task: 'made-up', step: 5, steps: 10, over: false, cancelledAt: '2026-01-01T00:00:00.000Z' }]
  const host = await open({
    keptFinds: async () => kept,
    resumeFind: async (id) => {
      asks.push(id)
      kept = []
      return found()
    },
    forgetFind: async (id) => {
      asks.push(`forget ${id}`)
      kept = []
    },
  })
  const find = useFind()
  await vi.waitUntil(() => find.kept.length === 1)
  void find.resume(KEPT)
  expect(find.running).toBe(true)
  host.tell.finding(info({ resumes: { find: KEPT, step: 5 } }))
  await vi.waitUntil(() => find.found !== undefined)
  expect(asks).toEqual([KEPT])
  await vi.waitUntil(() => find.kept.length === 0)
  await find.forget(KEPT)
  expect(asks).toEqual([KEPT, `forget ${KEPT}`])
})
