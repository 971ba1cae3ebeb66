/** What of a monitored signal is asked for, and when: only where there is any, with its surroundings, and anew when they do not serve. */
import type { Trace } from '../../../../preload/contract/timeline'
import { beforeEach, describe, expect, it } from 'vitest'
import { drawMonitor } from '../../../../renderer/panels/timeline/drawMonitor'
import { scaleOf } from '../../../../renderer/panels/timeline/series'
import { SiteTrace } from '../../../../renderer/stores/session/siteTrace'
import { Spans } from '../../../../renderer/stores/session/spans'
import { Tracks } from '../../../../renderer/stores/session/tracks'

const S = 1e9

interface Wish { from: number, to: number, stretches: number }
let tracks: Tracks
let asked: Wish[]
let trace: SiteTrace
const settled = () => new Promise(resolve => setTimeout(resolve, 0))

beforeEach(() => {
  tracks = new Tracks()
  // Monitored from 100 s to 200 s.
  tracks.signalFrom.push(100 * S)
  tracks.signalTo.push(200 * S)
  asked = []
  trace = new SiteTrace(tracks, async (wish): Promise<Trace> => {
    asked.push(wish)
    const low = Float32Array.from({ length: wish.stretches }, (_, i) => i === 0 ? Number.NaN : i === 1 ? -3 : 1)
    return { from: wish.from, to: wish.to, low, high: low.map(x => x + 1) }
  }, () => {})
})

describe('a monitored site', () => {
  it('is not asked for where nothing was monitored', async () => {
    trace.want({ from: 0, to: 100 * S }, 500)
    trace.want({ from: 200 * S, to: 300 * S }, 500)
    await settled()
    expect(asked).toEqual([])
    expect(trace.shown).toBeUndefined()
  })

  it('is asked for with as much on either side, never before the beginning', async () => {
    trace.want({ from: 90 * S, to: 150 * S }, 500)
    await settled()
    expect(asked).toEqual([{ from: 30 * S, to: 210 * S, stretches: 1500 }])
    trace.want({ from: 50 * S, to: 350 * S }, 500)
    await settled()
    expect(asked[1]).toEqual({ from: 0, to: 650 * S, stretches: 1500 })
  })

  it('is not asked for again while panning within what is there, and is when the view leaves it or is much finer', async () => {
    trace.want({ from: 110 * S, to: 120 * S }, 500)
    trace.want({ from: 115 * S, to: 125 * S }, 500)
    trace.want({ from: 111 * S, to: 117 * S }, 500)
    await settled()
    expect(asked.length).toBe(1)
    trace.want({ from: 125 * S, to: 135 * S }, 500)
    await settled()
    expect(asked.length).toBe(2)
    trace.want({ from: 126 * S, to: 127 * S }, 500)
    await settled()
    expect(asked[2]).toEqual({ from: 125 * S, to: 128 * S, stretches: 1500 })
  })

  it('widens what the height stands for by all that was seen; what was not monitored counts for nothing', async () => {
    const none = { times: tracks.trialTimes, values: new Spans() }
    expect(scaleOf(none)).toBeUndefined()
    trace.want({ from: 110 * S, to: 120 * S }, 500)
    await settled()
    expect(trace.shown!.span).toEqual({ min: -3, max: 2 })
    expect(scaleOf({ ...none, watched: trace.shown! })).toEqual({ min: -3, max: 2 })
  })
})

it('is drawn over the stretches that have it, joined where one follows another', () => {
  const boxes: number[][] = []
  const pen = { fillRect: (...box: number[]) => boxes.push(box.map(x => Math.round(x * 100) / 100)) } as unknown as CanvasRenderingContext2D
  const palette = new Proxy({}, { get: () => '#000' }) as never
  // Ten stretches of 1 s over 100 pixels; the third is a jump from 0 to 4, the fifth was not monitored.
  const low = Float32Array.from([0, 0, 4, 4, Number.NaN, 4, 4, 4, 4, 4])
  const watched = { trace: { from: 0, to: 10 * S, low, high: low }, span: { min: 0, max: 4 } }
  drawMonitor(pen, { times: tracks.trialTimes, values: new Spans(), watched }, { range: { from: 0, to: 10 * S }, width: 100, lane: { top: 0, height: 24 }, palette, joined: false })
  // 4 lies at y 2, 0 at y 22; the jump reaches from one to the other.
  expect(boxes.slice(1, 5)).toEqual([[0, 21.25, 10, 1.5], [10, 21.25, 10, 1.5], [20, 1.25, 10, 21.5], [30, 1.25, 10, 1.5]])
  expect(boxes[5]).toEqual([50, 1.25, 10, 1.5])
  expect(boxes.length).toBe(10)
})
