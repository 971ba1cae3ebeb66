/** Two sessions open beside each other at the host: which one is asked, whose annotations are seen, what a re-execution said of every trial. */
import { beforeEach, expect, it } from 'vitest'
import { beginRating } from '../../main/session/ratings'
import { SessionRecorder } from '../../main/session/recorder'
import { Notes } from '../../main/theatre/notes'
import { Replay } from '../../main/theatre/replay'
import { writeAfter, writeBefore } from '../fixtures/besideSessions'
import { temporaryFolder } from '../session/support'

let replay: Replay
let before: string
let after: string
let viewer = 'Cy'
const notes = (): Notes => new Notes({ recording: { active: false } as never, replay, viewer: async () => viewer, step: () => 0 })

beforeEach(() => {
  viewer = 'Cy'
  const home = temporaryFolder()
  before = writeBefore(home)
  after = writeAfter(home)
  replay = new Replay('0.1.0')
})

it('each is asked for its own timeline, events, activity and annotations', async () => {
  await replay.open(before)
  await replay.openCompared(after)
  expect([...(await replay.page(0)).columns.trialTimes.slice(0, 2)]).toEqual([2e9, 4e9])
  expect([...(await replay.page(0, 'compared')).columns.trialTimes.slice(0, 2)]).toEqual([7e9, 9e9])
  expect(replay.event({ kind: 'trial', index: 4, of: 'compared' })).toMatchObject({ t: 15e9, correct: false })
  expect((await replay.activity({ site: 'layers.0.unit[0]', trials: [5], of: 'compared' })).before[0]).toBe(5)
  expect((await notes().page(0)).annotations.map(({ tier }) => tier).sort()).toEqual(['notes', 'response'])
  expect((await notes().page(0, 'compared')).annotations.map(({ tier, term }) => [tier, term])).toEqual([['speech', 'arrest']])
  expect((await notes().frame('compared')).scheme.tiers.map(({ tier }) => tier)).toEqual(['speech'])
  replay.closeCompared()
  await expect(notes().page(0, 'compared')).rejects.toMatchObject({ code: 'no-session' })
  expect((await notes().page(0)).annotations.length).toBe(2)
})

it('what two rate blind in the second is hidden from whoever is not the author there too', async () => {
  const recorder = await SessionRecorder.reopen(after, { appVersion: '0.1.0' })
  beginRating(recorder, { tiers: ['speech'], raters: ['Ada', 'Ben'] }, 'Ada', 0)
  recorder.close()
  await replay.open(before)
  await replay.openCompared(after)
  const seen = async (name: string): Promise<number> => {
    viewer = name
    const { total } = await notes().frame('compared')
    expect((await notes().page(0, 'compared')).annotations.length).toBe(total)
    return total
  }
  expect([await seen('Ada'), await seen('ben'), await seen('Cy')]).toEqual([1, 0, 0])
})

it('the class of every trial is that of the re-execution asked for', async () => {
  const { head } = await replay.open(before)
  expect([...replay.classes(head.verifications[0]!.id)]).toEqual([0, 0, 0, 1, 0, 2, 0, 0, 3, 0, 1, 0, 0])
  expect(() => replay.classes('0'.repeat(26))).toThrow('There is no re-execution')
  await replay.write(recorder => recorder.append({ kind: 'verification', executor: 'wasm', device: 'CPU', trials: 13, classes: { 'bit-exact': 13, 'ulp': 0, 'same-decision': 0, 'different': 0 }, maxUlp: 0 }, 0))
  const old = replay.session.head.verifications[1]!
  expect(() => replay.classes(old.id)).toThrow('earlier version')
  await replay.openCompared(before)
  expect(replay.classes(head.verifications[0]!.id, 'compared')[8]).toBe(3)
  replay.close()
})
