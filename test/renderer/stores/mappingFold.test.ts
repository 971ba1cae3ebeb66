import type { MappingEvent } from '../../../preload/contract/mappingScreen'
import type { Architecture } from '../../../preload/contract/primary'
import type { EventOf } from '../../../preload/contract/session'
import { describe, expect, it } from 'vitest'
import { recordedMapping } from '../../../main/theatre/mapping/recorded'
import { emptyFold, FoldAt, take } from '../../../renderer/stores/mapping/fold'
import { pictureOf } from '../../../renderer/stores/mapping/picture'

const MAPPING = 'M'.repeat(26)
let ids = 0
const id = (): string => String(++ids).padStart(26, '0')

function trial(t: number, change: Partial<EventOf<'mapping.trial'>>): EventOf<'mapping.trial'> {
  return { id: id(), t, step: 0, kind: 'mapping.trial', mapping: MAPPING, trial: id(), number: 1, phase: 'map', site: 'layers.0.unit[1]', strength: 0, sham: false, repetition: 1, items: 8, lost: 0, gained: 0, shownLost: false, logProbability: { mean: 0, se: 0 }, spread: [], stateSame: true, ...change }
}

function verdict(t: number, change: Partial<EventOf<'verdict'>>): EventOf<'verdict'> {
  return { id: id(), t, step: 0, kind: 'verdict', mapping: MAPPING, site: 'layers.0.unit[1]', verdict: 'positive', reason: '', k: 1, n: 1, items: 8, lost: 8, gained: 0, p: 0, adjusted: 0, absentP: 1, absentAdjusted: 1, test: 'e-process', correction: 'holm', effect: 1, interval: [0.7, 1], logProbability: { mean: -3, se: 0.1 }, strength: 0, largest: true, ...change }
}

function folded(events: MappingEvent[]): ReturnType<typeof emptyFold> {
  const fold = emptyFold()
  events.forEach(event => take(fold, event))
  return fold
}

describe('a mapping read off its events', () => {
  it('counts trials of a site, and keeps shams, staircases and lesions of several sites out of them', () => {
    const fold = folded([
      trial(1, { phase: 'calibrate', strength: 0.5, lost: 2 }),
      trial(2, { lost: 6, shownLost: true, logProbability: { mean: -2, se: 0 } }),
      trial(3, { lost: 2, gained: 1, items: 4, logProbability: { mean: -5, se: 0 } }),
      trial(4, { sham: true, identical: true, lost: 0 }),
      trial(5, { sham: true, identical: false, lost: 1 }),
      trial(6, { phase: 'verify', site: 'layers.0.unit[1];layers.0.unit[2]', lost: 8 }),
    ])
    expect(fold.sites.get('layers.0.unit[1]')).toMatchObject({ n: 2, k: 1, items: 12, lost: 8, gained: 1, logProbability: -3, steps: [{ strength: 0.5, items: 8, lost: 2 }] })
    expect(fold.shams).toEqual({ done: 2, identical: 1 })
    expect(fold.trials).toHaveLength(6)
    expect([...fold.sites.keys()]).toEqual(['layers.0.unit[1]'])
  })

  it('stands still after an interrupt and goes on', () => {
    const at = (t: number, what: 'begin' | 'interrupt' | 'resume'): MappingEvent => ({ id: id(), t, step: 0, kind: 'mapping.transition', mapping: MAPPING, from: 'map', to: 'map', what, ...(what === 'interrupt' ? { interrupt: 'seizure', reason: 'norm 300' } : {}) })
    expect(folded([at(1, 'begin'), at(2, 'interrupt')]).standing).toEqual({ what: 'interrupt', interrupt: 'seizure', reason: 'norm 300' })
    expect(folded([at(1, 'begin'), at(2, 'interrupt'), at(3, 'resume')])).not.toHaveProperty('standing')
  })

  it('is the same at a moment whichever way the playhead came', () => {
    const events = [trial(10, { lost: 1 }), trial(20, { lost: 2 }), verdict(30, {})]
    const going = new FoldAt(events)
    const lost = (t: number): number | undefined => going.to(t).fold.sites.get('layers.0.unit[1]')?.lost
    expect([lost(5), lost(20), lost(30)]).toEqual([undefined, 3, 3])
    expect(going.to(30).fold.sites.get('layers.0.unit[1]')?.verdict?.verdict).toBe('positive')
    expect([lost(10), going.to(10).fold.sites.get('layers.0.unit[1]')?.verdict]).toEqual([1, undefined])
  })

  it('takes the last mapping of a session, in the order of its events', () => {
    const none = { transitions: [], scores: [], ramps: [], unblindings: [], findings: [] }
    const one = { ...none, mappings: [{ id: id(), t: 1, step: 0, kind: 'mapping', mapping: MAPPING } as EventOf<'mapping'>], mappingTrials: [trial(3, {}), trial(2, { mapping: 'N'.repeat(26) })], verdicts: [verdict(2.5, {})] }
    expect(recordedMapping(one).map(({ kind, t }) => [kind, t])).toEqual([['mapping', 1], ['verdict', 2.5], ['mapping.trial', 3]])
  })
})

describe('the map as a picture', () => {
  const architecture: Architecture = { kind: 'mlp', inputs: 4, hidden: [3], outputs: 2, activation: 'relu' }

  it('colours what was tested by its effect and leaves the rest hollow', () => {
    const fold = folded([trial(1, { site: 'layers.0.unit[0]', lost: 0, logProbability: { mean: 0, se: 0 } }), verdict(2, { site: 'layers.0.unit[2]' }), verdict(3, { site: 'layers.0.unit[1]', verdict: 'not-tested', n: 0, items: 0, logProbability: { mean: 0, se: 0 } })])
    const { perSheet, opacity, tested } = pictureOf(fold.sites.values(), architecture)
    expect(Array.from(perSheet[1]!)).toEqual([0, 0, -3])
    expect(Array.from(opacity[1]!, one => one > 0.99)).toEqual([true, false, true])
    expect([opacity[0], opacity[2], tested]).toEqual([undefined, undefined, 2])
  })
})
