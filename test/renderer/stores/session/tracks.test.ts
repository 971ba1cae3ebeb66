import { describe, expect, it } from 'vitest'
import { heightOf } from '../../../../preload/contract/timeline'
import { density, stimulationBars, trialMarks } from '../../../../renderer/panels/timeline/bins'
import { neighbour } from '../../../../renderer/stores/session/moments'
import { idleStretches, Tracks } from '../../../../renderer/stores/session/tracks'
import { pageOf, stimulation, trial } from '../../sessionFixture'

const S = 1e9

describe('tracks', () => {
  it('take a recorded session in page by page', () => {
    const tracks = new Tracks({ stimulation: () => undefined, trial: () => undefined })
    tracks.append(pageOf({
      times: [1 * S, 1.1 * S, 2 * S, 3 * S],
      stimulationTimes: [1 * S, 3 * S],
      stimulationHeight: [1, 0.5],
      stimulationPolarity: [0, 0],
      endOf: [0],
      endTimes: [2 * S],
      trialTimes: [1.1 * S],
      trialKind: [1],
      stepTimes: [0, 1.5 * S],
      steps: [2000, 2010],
    }, ['layers.0.unit[37]']))
    // The second page ends a stimulation of the first.
    tracks.append(pageOf({
      times: [3.1 * S, 4 * S, 5 * S, 5.1 * S],
      stimulationTimes: [5 * S],
      stimulationHeight: [0.25],
      stimulationPolarity: [1],
      endOf: [1],
      endTimes: [4 * S],
      trialTimes: [3.1 * S, 5.1 * S],
      trialKind: [0, 2],
    }))
    expect([...tracks.to.view()]).toEqual([2 * S, 4 * S, Number.POSITIVE_INFINITY])
    tracks.complete({ instrument: [], finds: [], duration: 8 * S })
    expect([...tracks.from.view()]).toEqual([1 * S, 3 * S, 5 * S])
    expect([...tracks.to.view()]).toEqual([2 * S, 4 * S, 8 * S])
    expect([...tracks.height.view()]).toEqual([1, 0.5, 0.25])
    expect(tracks.tallest.map(pyramid => pyramid.max(0, 3))).toEqual([1, 0.25, 0, 0])
    expect([...tracks.polarity.view()]).toEqual([0, 0, 1])
    expect(tracks.countTrials('right')).toBe(1)
    expect(tracks.countTrials('wrong')).toBe(1)
    expect(tracks.countTrials('sham')).toBe(1)
    expect([...tracks.times.view()]).toEqual([1, 1.1, 2, 3, 3.1, 4, 5, 5.1].map(s => s * S))
    expect([0, 1.4, 1.5, 9].map(s => tracks.stepAt(s * S))).toEqual([2000, 2000, 2010, 2010])
  })

  it('knows which stimulation is on', () => {
    const tracks = new Tracks()
    tracks.addStimulation(stimulation(1 * S))
    expect(tracks.stimulationAt(0.5 * S)).toBeUndefined()
    expect(tracks.stimulationAt(1 * S)).toBe(0)
    expect(tracks.stimulationAt(1e6 * S)).toBe(0)
    tracks.release(2 * S)
    expect(tracks.stimulationAt(1.999 * S)).toBe(0)
    expect(tracks.stimulationAt(2 * S)).toBeUndefined()
  })

  it('a gate of 1 has no height, one of 0 the full height', () => {
    expect(heightOf({ site: 'layers.0.unit[1]', op: 'gate', strength: 1, baseline: 'zero' })).toBe(0)
    expect(heightOf({ site: 'layers.0.unit[1]', op: 'gate', strength: 0, baseline: 'zero' })).toBe(1)
    expect(heightOf({ site: 'layers.0.unit[1]', op: 'drive', strength: -60 })).toBe(1)
  })

  it('finds idle stretches and leaves a margin round events', () => {
    expect(idleStretches([1 * S, 1.5 * S, 10 * S], 20 * S, 2 * S, 0.5 * S)).toEqual([
      { from: 2 * S, to: 9.5 * S },
      { from: 10.5 * S, to: 19.5 * S },
    ])
  })
})

describe('neighbours', () => {
  it('are stepped to, equal times as one', () => {
    const { times } = new Tracks()
    for (const t of [1, 1.2, 2, 2, 3, 3.2])
      times.push(t * S)
    expect(neighbour(times, 0, 1)).toBe(1 * S)
    expect(neighbour(times, 1 * S, 1)).toBe(1.2 * S)
    expect(neighbour(times, 1.1 * S, -1)).toBe(1 * S)
    expect(neighbour(times, 1 * S, -1)).toBeUndefined()
    expect(neighbour(times, 0, 1, 3)).toBe(2 * S)
    expect(neighbour(times, 0, 1, 99)).toBe(3.2 * S)
  })
})

describe('pixels', () => {
  const many = new Tracks()
  for (let i = 0; i < 1_000_000; i++) {
    const t = i * 1e6
    many.addStimulation(stimulation(t, { op: 'gate', strength: i === 654_321 ? 8 : 0.5, baseline: 'zero' }), t + 0.5e6)
    many.addTrial(trial(t, { correct: i % 4 !== 0 }))
    many.times.push(t)
  }
  const range = { from: 0, to: 1e12 }

  it('keep the one tall stimulation among a million', () => {
    const bars = stimulationBars(many, range, 1000)
    const tall = bars.filter(bar => bar.height === 1)
    expect(tall.map(({ x }) => x)).toEqual([654])
    expect(bars.length).toBe(1001)
  })

  it('count every trial once', () => {
    const shares = trialMarks(many, range, 1000)
    if (shares.kind !== 'shares')
      throw new Error('A million trials cannot be drawn one by one.')
    const totals = [0, 1].map(kind => shares.pixels.reduce((sum, { counts }) => sum + counts[kind], 0))
    expect(totals).toEqual([750_000, 250_000])
    expect(density(many, range, 1000).counts.reduce((a, b) => a + b)).toBe(1_000_000)
  })

  it('become spans again when zoomed in', () => {
    const close = { from: 100e6, to: 110e6 }
    const bars = stimulationBars(many, close, 1000)
    expect(bars.filter(bar => bar.width > 49 && bar.width < 51).length).toBe(10)
    expect(trialMarks(many, close, 1000)).toEqual({ kind: 'dots', first: 100, end: 110 })
  })
})
