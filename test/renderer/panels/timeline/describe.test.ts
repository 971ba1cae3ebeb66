import { describe, expect, it } from 'vitest'
import { happeningAt } from '../../../../renderer/panels/timeline/describe'
import { Tracks } from '../../../../renderer/stores/session/tracks'
import { stimulation, trial } from '../../sessionFixture'

const word = (index: number): string => `digit ${index}`

describe('what happened there', () => {
  const tracks = new Tracks()
  tracks.addStimulation(stimulation(1e9, { op: 'drive', strength: -2.5 }), 3e9)
  tracks.addTrial(trial(1.1e9, { focus: 141, target: 3, response: 8, correct: false, changed: 61, effects: { targetLogProbability: { mean: -1.371, se: 0.094, n: 256 } } }))
  tracks.addInstrument({ t: 5e9, what: 'engine-lost', message: 'out of memory' })
  for (const t of [1e9, 1.1e9, 3e9, 5e9])
    tracks.times.push(t)

  it('names site, strength, answer, effect and n', () => {
    expect(happeningAt(tracks, 1.12e9, 0.05e9, word)).toEqual({
      stimulation: 'drive −2.5 σ on layers.0.unit[37]',
      sham: false,
      trial: { text: 'item 141 · answer digit 8, wrong: it is digit 3', tone: 'wrong', effect: '61 of 256 answers changed · Δ log p −1.371 ± 0.094 nats' },
    })
  })

  it('counts what cannot be told apart', () => {
    expect(happeningAt(tracks, 1.05e9, 0.2e9, word).events).toBe(2)
  })

  it('names the symbiote that was at work, also one without an end', () => {
    const asked = { sites: 'heads', objective: 'sufficient', family: 'free', baseline: 'mean', budget: 0.1, seeds: 1, seed: 1, certificate: 'fast' } as const
    const found = new Tracks()
    found.beginFind('a', 1e9, asked)
    found.endFind('a', 2e9)
    found.beginFind('b', 3e9, asked)
    expect(happeningAt(found, 1.5e9, 0.1e9, word).symbiote?.replaceAll('\u00A0', ' ')).toBe('symbiote at work: sufficient · heads · free · 1 seed · to mean · budget 10 %')
    expect(happeningAt(found, 2.5e9, 0.1e9, word).symbiote).toBeUndefined()
    expect(happeningAt(found, 9e9, 0.1e9, word).symbiote).toBeDefined()
  })

  it('says nothing where nothing was', () => {
    expect(happeningAt(tracks, 4e9, 0.1e9, word)).toEqual({})
    expect(happeningAt(tracks, 5e9, 0.1e9, word).instrument).toBe('Engine lost: out of memory')
  })
})
