import type { Track } from '../../../../renderer/panels/timeline/lanes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lanesOf, wantedHeight } from '../../../../renderer/panels/timeline/lanes'

const track = (kind: Exclude<Track['kind'], 'monitor'>, of: Track['of'] = 'replayed'): Track => ({ kind, of })
const monitor = (of: Track['of'] = 'replayed'): Track => ({ kind: 'monitor', of, monitor: { kind: 'trial', of: 'effect' } })
const usual = [track('stimulation'), track('trials'), track('annotations'), track('overview')]
const anyTrack = fc.oneof(fc.constantFrom(...(['stimulation', 'trials', 'mapping', 'divider', 'overview'] as const)).map(kind => track(kind)), fc.constant(monitor()))

describe('lanes', () => {
  it('lie below each other in order, never over each other, and all within the height told', () => {
    fc.assert(fc.property(fc.array(anyTrack, { minLength: 1, maxLength: 14 }), fc.boolean(), fc.integer({ min: 100, max: 900 }), (tracks, annotated, height) => {
      const lanes = lanesOf(height, annotated ? [...tracks, track('annotations')] : tracks)
      let bottom = lanes.ruler.height
      for (const { lane } of lanes.tracks) {
        expect(lane.top).toBeGreaterThan(bottom)
        expect(lane.height).toBeGreaterThanOrEqual(14)
        bottom = lane.top + lane.height
      }
      expect(lanes.height).toBeGreaterThanOrEqual(Math.max(height, bottom))
    }))
  })

  it('at the height they want take just that, and what is over goes to the annotations', () => {
    const exact = lanesOf(wantedHeight(usual), usual)
    expect(exact.height).toBe(wantedHeight(usual))
    expect(exact.annotations.replayed!.height).toBe(38)
    expect(exact.annotations.replayed!.rows).toBe(2)
    const more = lanesOf(wantedHeight(usual) + 57, usual)
    expect(more.annotations.replayed!.rows).toBe(5)
    expect(more.tracks.filter(({ kind }) => kind !== 'annotations').map(({ lane }) => lane.height)).toEqual(exact.tracks.filter(({ kind }) => kind !== 'annotations').map(({ lane }) => lane.height))
    expect(more.overview!.top).toBe(exact.overview!.top + 57)
  })

  it('without annotations it goes to the monitors, alike', () => {
    const tracks = [track('trials'), monitor(), monitor(), track('overview')]
    expect(lanesOf(wantedHeight(tracks) + 40, tracks).tracks.map(({ lane }) => lane.height)).toEqual([16, 58, 58, 24])
  })

  it('where there is too little, all shrink to what can be read and the rest is scrolled', () => {
    const tracks = [...usual, ...Array.from({ length: 6 }, () => monitor())]
    const lanes = lanesOf(176, tracks)
    expect(lanes.tracks.map(({ lane }) => lane.height)).toEqual([30, 14, 19, 20, 28, 28, 28, 28, 28, 28])
    expect(lanes.height).toBeGreaterThan(176)
    expect(lanes.annotations.replayed!.rows).toBe(1)
  })

  it('of two sessions each has its own annotations', () => {
    const tracks = [track('annotations'), track('divider', 'compared'), track('annotations', 'compared')]
    const { annotations } = lanesOf(wantedHeight(tracks) + 38, tracks)
    expect([annotations.replayed!.rows, annotations.compared!.rows]).toEqual([3, 3])
    expect(annotations.compared!.top).toBeGreaterThan(annotations.replayed!.top + annotations.replayed!.height)
    expect(lanesOf(200, usual).annotations.compared).toBeUndefined()
  })
})
