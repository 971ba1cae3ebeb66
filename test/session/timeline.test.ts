import type { TimelineColumn, TimelinePage } from '../../preload/contract/timeline'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SessionReader } from '../../main/session/reader'
import { POLARITIES, TRIAL_KINDS } from '../../preload/contract/timeline'
import { create, off, StillTime, stimulation, tag, temporaryFolder, trial, view } from './support'

/** Thousands of trials in a few seconds of session time; every seventh stimulation stays open until the next but one. */
function longSession(trials: number): string {
  const folder = join(temporaryFolder(), 'long.session')
  const time = new StillTime()
  const recorder = create(folder, { time })
  for (let n = 1; n <= trials; n++) {
    for (const body of [stimulation(n), trial(n), ...(n % 7 === 0 ? [] : [off(n)]), ...(n % 7 === 2 && n > 7 ? [off(n - 2)] : []), view(n), ...(n % 500 === 0 ? [tag(n / 500, 'here')] : [])]) {
      recorder.append(body, Math.floor(n / 1000))
      time.pass(0.1)
    }
  }
  recorder.append({ kind: 'training', run: '0'.repeat(26), state: 'progress', step: 5, loss: 0.25 }, 9)
  recorder.close()
  return folder
}

describe('the timeline of a session', () => {
  it('has, page by page, what the tables have', async () => {
    const folder = longSession(6000)
    const reader = await SessionReader.open(folder)
    const pages: TimelinePage[] = []
    for (let n = 0; ; n++) {
      const page = await reader.page(n)
      if (page === undefined)
        break
      pages.push(page)
    }
    expect(pages.length).toBeGreaterThan(1)
    expect(pages.map(({ page }) => page)).toEqual(pages.map((_, i) => i))
    expect(pages.at(-1)!.last).toEqual(reader.head)
    expect(pages.slice(0, -1).every(({ last }) => last === undefined)).toBe(true)
    const all = (name: TimelineColumn): number[] => pages.flatMap(({ columns }) => [...columns[name]])
    const { tables } = reader
    const sites = pages.flatMap(page => page.sites)

    expect(all('stimulationTimes')).toEqual(tables.stimulations.map(({ event }) => event.t))
    expect(all('stimulationSite').map(i => sites[i])).toEqual(tables.stimulations.map(({ event }) => event.interventions[0]!.site))
    expect(new Set(all('stimulationPolarity'))).toEqual(new Set([POLARITIES.indexOf('inhibits')]))
    expect(all('stimulationHeight').every(height => height === 0.75)).toBe(true)
    const ends = new Map(all('endOf').map((index, i) => [index, all('endTimes')[i]]))
    expect(tables.stimulations.filter(({ off }, i) => off?.t !== ends.get(i))).toEqual([])
    expect(all('trialTimes')).toEqual(tables.trials.map(({ t }) => t))
    expect(all('trialKind').every(kind => kind === TRIAL_KINDS.indexOf('wrong'))).toBe(true)
    expect(all('trialStimulation')).toEqual(tables.trials.map(({ stimulation: id }) => tables.stimulations.findIndex(({ event }) => event.stimulation === id)))
    expect(all('trialFocus')).toEqual(tables.trials.map(({ focus }) => focus))
    expect(all('viewTimes')).toEqual(tables.views.map(({ t }) => t))
    expect(all('trainingLoss')).toEqual([0.25])
    expect(all('times')).toEqual([...tables.stimulations.flatMap(({ event, off }) => off === undefined ? [event.t] : [event.t, off.t]), ...tables.trials.map(({ t }) => t), ...tables.tags.map(({ t }) => t), ...tables.training.map(({ t }) => t)].sort((a, b) => a - b))
    expect(reader.head.counts).toEqual({ stimulations: 6000, trials: 6000, views: 6000 })
    expect(reader.head.events).toBe(tables.events)
    expect(reader.head.duration).toBe(tables.duration)
    expect(reader.head.tags).toEqual(tables.tags)

    for (const index of [0, 1, 4000, 5999]) {
      expect(reader.event('trial', index)).toEqual(tables.trials[index])
      expect(reader.event('stimulation', index)).toEqual(tables.stimulations[index]!.event)
      expect(reader.trial(tables.trials[index]!.trial)).toEqual(tables.trials[index])
    }
    expect(reader.event('trial', 6000)).toBeUndefined()
    expect(reader.trial('x'.repeat(26))).toBeUndefined()
  }, 60_000)

  it('begins before the log is read, and says how far it is', async () => {
    const folder = longSession(12_000)
    const reader = await SessionReader.begin(folder)
    const first = await reader.page(0)
    expect(first!.read).toBeLessThan(0.5)
    expect(first!.last).toBeUndefined()
    expect(reader.head.started.title).toBe('Ward round 3')
    expect(reader.head.counts.trials).toBeLessThan(12_000)
    await reader.reach(2.5e9)
    const state = reader.stateAt(2.5e9)
    expect(state.trial!.t).toBeGreaterThan(2.49e9)
    await reader.whole()
    expect(reader.head.counts.trials).toBe(12_000)
    expect(reader.stateAt(2.5e9)).toEqual(state)
  }, 60_000)
})
