/** A circuit beside another primary's as the screen follows it, over a real port: what may be chosen, the matching, its card's drawing, and the recorded one. */
import type { Matched, OtherCircuit } from '../../../preload/contract/match'
import type { HostFunctions } from '../../../preload/contract/rpc'
import type { Found } from '../../../preload/contract/symbiote'
import type { TestHost } from '../host'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { UserError } from '../../../preload/contract/errors'
import { useConnection } from '../../../renderer/stores/connection'
import { useFind } from '../../../renderer/stores/find'
import { BY_PATH, useFindMatch } from '../../../renderer/stores/findMatch'
import { drawingOf, layerOf, nameIn, verdictHead, verdictRest } from '../../../renderer/stores/findMatchFacts'
import { usePatient } from '../../../renderer/stores/patient'
import { useStage } from '../../../renderer/stores/stage'
import { useUi } from '../../../renderer/stores/ui'
import { testHost } from '../host'

beforeEach(() => {
  // All the window's store needs of a page.
  vi.stubGlobal('document', { documentElement: { dataset: {} } })
  setActivePinia(createPinia())
})
afterEach(() => vi.unstubAllGlobals())

const FIND = 'f'.repeat(26)
const MATCH = 'm'.repeat(26)

const found = {
  info: { find: FIND, state: 'finished', asked: { sites: 'units', objective: 'sufficient' }, phase: 'finished', share: 1 },
  addresses: ['layers.0.unit[0]'],
  member: Uint8Array.of(1),
  membership: Float32Array.of(1),
  score: Float64Array.of(1),
  gates: Float32Array.of(1),
  rivals: [],
  history: [],
  certificate: { verdict: { certified: false, sentence: 'It is not.', weakest: 'controls' } },
} as unknown as Found

const matched: Matched = {
  match: MATCH,
  primaries: ['tiny', 'other'],
  dataset: 'made-up',
  notes: [],
  recorded: false,
  items: 4,
  compared: 'activations',
  sites: [3, 2],
  pairs: [{ a: 'layers.1.unit[2]', b: 'layers.0.unit[7]', r: 0.98 }, { a: 'layers.0.unit[10]', b: 'layers.0.unit[5]', r: -0.7 }],
  unmatched: { a: ['layers.0.unit[9]'], b: [] },
  mean: 0.84,
  random: { draws: 999, all: false, mean: 0.4, best: 0.6, p: 0.001 },
  verdict: { alike: 'yes', sentence: 'Alike: matched sites do the same on the same items.' },
}

const OTHERS: OtherCircuit[] = [
  { circuit: '/circuits/edges', name: 'edges', saved: true, sites: 'edges', objective: 'sufficient', members: 1, candidates: 2, certified: false, problem: 'Edges do not compare.' },
  { circuit: '/circuits/known', name: 'known', saved: true, sites: 'units', objective: 'sufficient', members: 1, candidates: 2, certified: true, primary: { name: 'other', path: '/primaries/other' } },
  { circuit: '/circuits/stranger', name: 'stranger', saved: true, sites: 'units', objective: 'sufficient', members: 1, candidates: 2, certified: true },
]

async function open(more: Partial<HostFunctions>): Promise<TestHost> {
  const host = testHost({ more: { recordedFind: async () => found, otherCircuits: async () => OTHERS, ...more }, greeting: { find: found.info } })
  const patient = usePatient()
  useFind()
  useFindMatch()
  useConnection().start(host.transport)
  await vi.waitUntil(() => patient.presentation !== undefined)
  useUi().mode = 'symbiote'
  await vi.waitUntil(() => useFindMatch().others.length > 0)
  return host
}

it('the first that compares is chosen; a stranger needs its primary, a folder of its own only itself', async () => {
  const asks: unknown[] = []
  let answer = (_: Matched): void => {}
  const host = await open({ match: (request) => {
    asks.push(request)
    return new Promise(resolve => answer = resolve)
  } })
  const match = useFindMatch()
  expect(match.choice?.circuit).toBe('/circuits/known')
  expect([match.ready, match.unknown, match.byPath]).toEqual([true, false, false])
  match.picked = '/circuits/stranger'
  expect([match.ready, match.unknown]).toEqual([false, true])
  match.primary = ' /primaries/stranger '
  expect(match.ready).toBe(true)
  match.picked = BY_PATH
  expect(match.ready).toBe(false)
  match.path = '/elsewhere'
  expect(match.ready).toBe(true)
  match.picked = '/circuits/stranger'
  void match.start()
  await vi.waitUntil(() => asks.length === 1)
  expect(asks[0]).toEqual({ find: FIND, circuit: '/circuits/stranger', primary: '/primaries/stranger', items: 256 })
  host.tell.matching({ match: MATCH, phase: 'comparing their sites', share: 0.5, seconds: 1 })
  await vi.waitUntil(() => match.progress?.share === 0.5)
  answer(matched)
  await vi.waitUntil(() => match.shown !== undefined)
  expect(match.running).toBe(false)
  expect(useUi().announcement).toBe(matched.verdict.sentence)
  match.pair = matched.pairs[0]
  // Of another circuit it is nobody's.
  useFind().live = undefined
  expect(match.shown).toBeUndefined()
})

it('one that is refused leaves nothing running, and says why', async () => {
  await open({ match: () => Promise.reject(new UserError({ code: 'match-unfit', message: 'They take other inputs.', remedy: 'Take others.' })) })
  const match = useFindMatch()
  await match.start()
  expect([match.running, match.shown]).toEqual([false, undefined])
  expect(useConnection().notices).toMatchObject([{ code: 'match-unfit' }])
})

it('replayed, the recorded one of the find of the moment is read back', async () => {
  const reads: string[] = []
  await open({ recordedMatch: async (id) => {
    reads.push(id)
    return { ...matched, recorded: true }
  } })
  const match = useFindMatch()
  useUi().mode = 'replay'
  const moment = (t: number) => ({ id: String(t).padStart(26, '0'), t, step: 0 })
  const symbiote = { ...moment(1), kind: 'symbiote', find: FIND, state: 'running' } as never
  const event = { ...moment(2), kind: 'match', match: MATCH, find: FIND } as never
  const show = (state: object): void => useStage().showRecorded({ state: { tags: [], ...state }, followView: false })
  show({ symbiote })
  expect(match.shown).toBeUndefined()
  show({ symbiote, match: event })
  await vi.waitUntil(() => match.shown !== undefined)
  expect(match.shown).toMatchObject({ recorded: true, mean: 0.84 })
  // Another find came after it.
  show({ symbiote: { ...symbiote as object, find: 'g'.repeat(26) }, match: event })
  await vi.waitUntil(() => match.shown === undefined)
  expect(reads).toEqual([MATCH])
})

it('is drawn layer by layer, numbers in order, partners level, and those without one last', () => {
  const { a, b, lines, height } = drawingOf(matched)
  expect(a.rows.map(({ address }) => address)).toEqual(['layers.0.unit[9]', 'layers.0.unit[10]', 'layers.1.unit[2]'])
  expect(a.rows.map(({ partner }) => partner)).toEqual([false, true, true])
  expect(a.layers.map(({ name }) => name)).toEqual(['layers.0', 'layers.1'])
  // By their partners, not their numbers: unit 5's is above unit 7's.
  expect(b.rows.map(({ address }) => address)).toEqual(['layers.0.unit[5]', 'layers.0.unit[7]'])
  for (const { pair, from, to } of lines) {
    expect(from).toBe(a.rows.find(({ address }) => address === pair.a)!.y)
    expect(to).toBe(b.rows.find(({ address }) => address === pair.b)!.y)
  }
  expect(Math.max(...a.rows.map(({ y }) => y))).toBeLessThan(height)
  const many = Array.from({ length: 120 }, (_, i) => ({ a: `conv.0.channel[${i}]`, b: `conv.0.channel[${119 - i}]`, r: 1 }))
  const large = drawingOf({ pairs: many, unmatched: { a: [], b: [] } })
  // The pairs most alike, and no carpet.
  expect([large.lines.length, large.left, large.a.rows.length]).toEqual([24, 96, 24])
  expect(large.height).toBeLessThan(400)
  expect(large.lines.every(({ from, to }) => from === to)).toBe(true)
  expect([layerOf('blocks.1.attn.head[0]'), nameIn('blocks.1.attn.head[0]')]).toEqual(['blocks.1.attn', 'head[0]'])
  expect([verdictHead(matched), verdictRest(matched)]).toEqual(['Alike', 'Matched sites do the same on the same items.'])
})
