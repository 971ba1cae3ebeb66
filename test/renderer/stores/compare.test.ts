/** A second session beside the first, as the stores hold it: where it lies, what is seen of it, and when it goes. */
import { expect, it } from 'vitest'
import { useAnnotations } from '../../../renderer/stores/annotations'
import { useCompare } from '../../../renderer/stores/compare'
import { useComparedNotes } from '../../../renderer/stores/comparedNotes'
import { useReplay } from '../../../renderer/stores/replay'
import { useTiers } from '../../../renderer/stores/tiers'
import { useVerified } from '../../../renderer/stores/verified'
import { openBeside, soon } from '../besideHost'

const S = 1e9

it('lies with its first trial on the first’s, and the playhead may go wherever either has something', async () => {
  const { after } = await openBeside()
  const [replay, compare] = [useReplay(), useCompare()]
  expect(await compare.open(after)).toBe(true)
  // First trials at 2 s and at 7 s.
  expect(compare.offset).toBe(-5 * S)
  expect(compare.tracks!.trialTimes.length).toBe(12)
  expect(compare.title).toBe('After the operation')
  expect(replay.extent).toEqual({ from: -5 * S, to: replay.duration })
  replay.seek(-3 * S)
  expect([replay.t, compare.t]).toEqual([-3 * S, 2 * S])
  compare.align('beginnings')
  expect(compare.offset).toBe(0)
  await soon(() => expect(replay.extent.from).toBe(0))
  expect(replay.t).toBe(0)
  compare.align('first stimulations')
  expect(compare.offset).toBe(-5 * S)
})

it('shows its finds, its instrument and what its mapping came to', async () => {
  const { after } = await openBeside()
  const compare = useCompare()
  await compare.open(after)
  expect(compare.tracks!.finds).toMatchObject([{ from: 5 * S }])
  expect(compare.tracks!.finds[0].to).toBeLessThanOrEqual(compare.duration)
  expect(compare.tracks!.instrument.map(({ what }) => what)).toEqual(['engine-lost'])
  expect(compare.tracks!.marks).toMatchObject([{ what: 'negative' }])
})

it('has its own annotations on its own tiers, as far as whoever sits here may see them', async () => {
  const { after, sitDown } = await openBeside()
  const [compare, notes, tiers] = [useCompare(), useComparedNotes(), useTiers()]
  await compare.open(after)
  await soon(() => expect(notes.list.length).toBe(1))
  expect(notes.lineOf(notes.list[0])).toBe('speech arrest')
  expect(notes.scheme.tiers.map(({ name }) => name)).toEqual(['Speech'])
  // The first's are what they were.
  await soon(() => expect(useAnnotations().list.length).toBe(2))
  expect(tiers.tierOf('speech')).toBeUndefined()
  // Somebody else sits down: asked anew.
  sitDown('Ben')
  await tiers.refresh()
  expect(notes.list).toEqual([])
  await soon(() => expect(notes.list.length).toBe(1))
  await compare.close()
  await soon(() => expect(notes.list).toEqual([]))
})

it('the open session beside itself shows what is written into it', async () => {
  const { before } = await openBeside()
  const [compare, notes, annotations] = [useCompare(), useComparedNotes(), useAnnotations()]
  await compare.open(before, 3 * S)
  expect(compare.offset).toBe(3 * S)
  await soon(() => expect(notes.list.length).toBe(2))
  await annotations.write(() => ({ from: { t: S, step: 40 }, to: { t: S, step: 40 }, tier: 'notes', text: 'once more', sites: [], trials: [] }))
  expect(notes.list.map(({ text }) => text)).toContain('once more')
})

it('swapped, the playhead stays at the same moment of what is now the second', async () => {
  const { before, after } = await openBeside()
  const [replay, compare] = [useReplay(), useCompare()]
  await compare.open(after)
  replay.seek(12 * S)
  await compare.swap()
  expect(replay.summary?.path).toBe(after)
  await soon(() => expect(compare.session?.summary.path).toBe(before))
  expect(compare.offset).toBe(5 * S)
  expect([replay.t, compare.t]).toEqual([17 * S, 12 * S])
})

it('goes with the first, and comes back with it when that is opened anew', async () => {
  const { before, after, tell } = await openBeside()
  const [replay, compare] = [useReplay(), useCompare()]
  await compare.open(after)
  compare.offset = 11 * S
  replay.seek(20 * S)
  const first = compare.tracks
  tell.sessionDiffers(before)
  await soon(() => expect(compare.tracks !== first && compare.session !== undefined).toBe(true))
  expect(compare.offset).toBe(11 * S)
  expect(replay.t).toBe(20 * S)
  // Another first has no second.
  await replay.open(after)
  await soon(() => expect(compare.session).toBeUndefined())
  expect(replay.extent.to).toBe(replay.duration)
})

it('one that cannot be opened leaves what there was, and says why', async () => {
  const { after } = await openBeside()
  const compare = useCompare()
  await compare.open(after)
  expect(await compare.open('/nowhere.session')).toBe(false)
  expect(compare.title).toBe('After the operation')
  expect(compare.opening).toBeUndefined()
})

it('of both is known which trials departed', async () => {
  const { before } = await openBeside()
  const [compare, verified] = [useCompare(), useVerified()]
  await soon(() => expect(verified.replayed).toBeDefined())
  expect([...verified.replayed!.near]).toEqual([3, 5, 10])
  expect([...verified.replayed!.different]).toEqual([8])
  expect(verified.shown).toMatchObject({ executor: 'tensorflow' })
  await compare.open(before)
  await soon(() => expect(verified.compared?.different.length).toBe(1))
  await compare.close()
  await soon(() => expect(verified.compared).toBeUndefined())
})
