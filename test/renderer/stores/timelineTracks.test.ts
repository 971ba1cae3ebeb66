/** What the timeline is told to show: tracks hidden, monitors up to the most, the activity of sites read for what is in view. */
import { expect, it } from 'vitest'
import { useCompare } from '../../../renderer/stores/compare'
import { useRecording } from '../../../renderer/stores/recording'
import { useReplay } from '../../../renderer/stores/replay'
import { MOST_MONITORS, useTimelineTracks } from '../../../renderer/stores/timelineTracks'
import { openBeside, soon } from '../besideHost'

/** From one trial of a session to another, the other left out. */
function between(of: 'replayed' | 'compared', first: number, end: number): { from: number, to: number } {
  const times = (of === 'replayed' ? useReplay() : useCompare()).tracks!.trialTimes
  return { from: times.at(first), to: end < times.length ? times.at(end) : times.at(times.length - 1) + 1 }
}
const unit = (n: number) => ({ kind: 'site', site: `layers.0.unit[${n}]` }) as const

it('tracks are hidden and shown again; monitors are added once, and no more than fit', async () => {
  await openBeside()
  const shown = useTimelineTracks()
  expect(shown.isShown('mapping')).toBe(true)
  shown.toggle('mapping')
  expect([shown.isShown('mapping'), shown.isShown('trials')]).toEqual([false, true])
  shown.toggle('mapping')
  expect(shown.isShown('mapping')).toBe(true)

  expect(shown.addMonitor(unit(0))).toBe(true)
  expect(shown.addMonitor({ ...unit(0) })).toBe(true)
  expect(shown.monitors.length).toBe(1)
  for (let n = 1; n < MOST_MONITORS; n++)
    expect(shown.addMonitor(unit(n))).toBe(true)
  expect(shown.addMonitor({ kind: 'trial', of: 'effect' })).toBe(false)
  shown.removeMonitor(unit(3))
  expect(shown.addMonitor({ kind: 'trial', of: 'effect' })).toBe(true)
  expect(shown.isMonitored(unit(3))).toBe(false)
})

it('a figure of the trials is there at once, from the columns, of each session its own', async () => {
  const { after } = await openBeside()
  const shown = useTimelineTracks()
  const effect = { kind: 'trial', of: 'effect' } as const
  const { series } = shown.seriesOf(effect, 'replayed')
  expect(series!.values.at(4)).toBeCloseTo(-0.54, 6)
  expect(shown.seriesOf(effect, 'compared')).toEqual({})
  await useCompare().open(after)
  expect(shown.seriesOf(effect, 'compared').series!.values.at(4)).toBeCloseTo(-0.29, 6)
})

it('the activity of a site is asked for where it is looked at, once, and of each session its own', async () => {
  const { after, asked } = await openBeside()
  const [shown, compare] = [useTimelineTracks(), useCompare()]
  await compare.open(after)
  shown.addMonitor(unit(0))
  shown.want(unit(0), 'replayed', between('replayed', 2, 6), 1000)
  await soon(() => expect(shown.version).toBeGreaterThan(0))
  expect(asked).toEqual([{ site: 'layers.0.unit[0]', trials: [2, 3, 4, 5], of: 'replayed' }])
  const { values, rest } = shown.seriesOf(unit(0), 'replayed').series!
  expect([values.at(5), rest!.at(5), values.at(6)]).toEqual([2.5, 5, Number.NaN])
  shown.want(unit(0), 'replayed', between('replayed', 3, 6), 1000)
  shown.want(unit(0), 'compared', between('compared', 0, 1), 1000)
  await soon(() => expect(asked.length).toBe(2))
  expect(asked[1]).toEqual({ site: 'layers.0.unit[0]', trials: [0], of: 'compared' })
  await soon(() => expect(shown.seriesOf(unit(0), 'compared').series!.values.at(0)).toBe(0))
})

it('a site that no recording holds says why, and nobody asks for it again', async () => {
  const { asked } = await openBeside()
  const shown = useTimelineTracks()
  const weight = { kind: 'site', site: 'layers.0.weight[1,2]' } as const
  expect(shown.seriesOf(weight, 'replayed').problem).toBeUndefined()
  shown.want(weight, 'replayed', between('replayed', 0, 4), 1000)
  await soon(() => expect(shown.seriesOf(weight, 'replayed').problem).toContain('a session records no activity of a weight'))
  shown.want(weight, 'replayed', between('replayed', 4, 8), 1000)
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(asked.length).toBe(1)
})

it('what was read of one session is not shown of the next', async () => {
  const { after } = await openBeside()
  const [shown, replay] = [useTimelineTracks(), useReplay()]
  shown.want(unit(0), 'replayed', between('replayed', 0, 13), 1000)
  await soon(() => expect(shown.seriesOf(unit(0), 'replayed').series!.values.at(12)).toBe(6))
  await replay.open(after)
  await soon(() => expect(shown.seriesOf(unit(0), 'replayed').series!.values.at(0)).toBeNaN())
})

it('what is monitored goes into the recording: as it begins, as it changes, and again into the next', async () => {
  const monitored: string[][] = []
  const { tell } = await openBeside({
    monitor: async (sites) => {
      monitored.push(sites)
      return sites
    },
  })
  const shown = useTimelineTracks()
  const recording = (path: string) => ({ path, title: 'x', elapsed: 0, events: 1, savedAgo: 0 })
  shown.addMonitor(unit(0))
  shown.addMonitor({ kind: 'trial', of: 'effect' })
  tell.recording(recording('/a.session'))
  await soon(() => expect(monitored).toEqual([['layers.0.unit[0]']]))
  // The host tells how long it has recorded every second: nothing new.
  tell.recording(recording('/a.session'))
  shown.addMonitor(unit(1))
  await soon(() => expect(monitored.slice(1)).toEqual([['layers.0.unit[0]', 'layers.0.unit[1]']]))
  shown.removeMonitor(unit(0))
  shown.removeMonitor(unit(1))
  await soon(() => expect(monitored.slice(2)).toEqual([[]]))
  tell.recording(undefined)
  await soon(() => expect(useRecording().info).toBeUndefined())
  shown.addMonitor(unit(2))
  tell.recording(recording('/b.session'))
  await soon(() => expect(monitored.slice(3)).toEqual([['layers.0.unit[2]']]))
})
