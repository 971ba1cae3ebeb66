import { describe, expect, it } from 'vitest'
import { compareSessions } from '../../../../renderer/stores/session/comparison'
import { Tracks } from '../../../../renderer/stores/session/tracks'
import { stimulation, trial } from '../../sessionFixture'

/** Trials of one site each, with these effects. */
function sessionOf(trials: [site: string, effect: number, sham?: boolean][]): Tracks {
  const tracks = new Tracks()
  trials.forEach(([site, mean, sham = false], i) => {
    tracks.addStimulation({ ...stimulation(10 * i, { site }), sham }, 10 * i + 5)
    tracks.addTrial(trial(10 * i + 1, { sham, effects: { targetLogProbability: { mean, se: 0.1, n: 256 } } }))
  })
  return tracks
}

describe('two sessions side by side', () => {
  it('holds mean effects of sites stimulated in both against each other, shams left out', () => {
    const here = sessionOf([['layers.0.unit[1]', -1], ['layers.0.unit[1]', -3], ['layers.0.unit[2]', -5], ['layers.0.unit[1]', 99, true]])
    const there = sessionOf([['layers.0.unit[1]', -4], ['layers.0.unit[1]', -6], ['layers.0.unit[3]', 1]])
    const { both, onlyHere, onlyThere } = compareSessions(here, there)
    expect(both).toHaveLength(1)
    expect(both[0]).toMatchObject({ site: 'layers.0.unit[1]', polarity: 'inhibits', here: { n: 2, mean: -2 }, there: { n: 2, mean: -5 }, difference: -3 })
    // Two values d apart have a standard deviation of d/√2, and their mean a standard error of d/2.
    expect(both[0]!.here.se).toBeCloseTo(1)
    expect(both[0]!.se).toBeCloseTo(Math.SQRT2)
    expect([onlyHere, onlyThere]).toEqual([1, 1])
  })
})
