import { beforeEach, describe, expect, it } from 'vitest'
import { createPlayhead } from '../../../../renderer/stores/session/playhead'
import { Tracks } from '../../../../renderer/stores/session/tracks'
import { pageOf } from '../../sessionFixture'

const S = 1e9

/** Frames handed out by the test. */
function handFrames() {
  let now = 0
  let waiting: (() => void) | undefined
  return {
    frames: {
      now: () => now,
      request: (callback: () => void) => {
        waiting = callback
        return () => { waiting = undefined }
      },
    },
    /** Time goes by without a frame. */
    pass(ms: number): void { now += ms },
    frame(ms: number): void {
      now += ms
      const callback = waiting
      waiting = undefined
      callback?.()
    },
    get asked(): boolean { return waiting !== undefined },
  }
}

describe('playhead', () => {
  let hand: ReturnType<typeof handFrames>
  let playhead: ReturnType<typeof createPlayhead>
  const tracks = new Tracks()
  tracks.append(pageOf({ times: [1, 1.5, 2, 20, 20.5, 21].map(s => s * S), trialTimes: [1.5 * S, 20.5 * S] }))

  beforeEach(() => {
    hand = handFrames()
    playhead = createPlayhead(hand.frames)
    playhead.load(tracks, 22 * S)
  })

  it('is where the clock says between two frames, as a key that is pressed there needs it', () => {
    playhead.play()
    hand.frame(100)
    hand.pass(40)
    expect(playhead.t.value).toBe(0.1 * S)
    expect(playhead.now()).toBe(0.14 * S)
    playhead.setIn()
    hand.pass(60)
    playhead.setOut()
    expect(playhead.selection.value).toEqual({ from: 0.14 * S, to: 0.2 * S })
    playhead.pause()
    hand.pass(50)
    expect(playhead.now()).toBe(0.2 * S)
  })

  it('plays at its rate and stops at the end', () => {
    playhead.play()
    hand.frame(100)
    expect(playhead.t.value).toBe(0.1 * S)
    playhead.setSpeed(20)
    hand.frame(50)
    expect(playhead.t.value).toBe(1.1 * S)
    playhead.seek(21.9 * S)
    hand.frame(50)
    expect(playhead.t.value).toBe(22 * S)
    expect(playhead.playing.value).toBe(false)
    expect(hand.asked).toBe(false)
  })

  it('starts over when played at the end', () => {
    playhead.seek(22 * S)
    playhead.toggle()
    hand.frame(16)
    expect(playhead.t.value).toBe(16e6)
  })

  it('skips idle time only when told to', () => {
    playhead.seek(2.2 * S)
    playhead.play()
    hand.frame(200)
    expect(playhead.t.value).toBe(2.4 * S)
    playhead.skipIdle.value = true
    hand.frame(100)
    // Idle from 2.25 to 19.75: it stood inside, so it goes on from the end.
    expect(playhead.t.value).toBe(19.85 * S)
  })

  it('steps by event and by trial, and pauses to do so', () => {
    playhead.play()
    playhead.step('trialTimes', 1)
    expect([playhead.t.value, playhead.playing.value]).toEqual([1.5 * S, false])
    playhead.step('times', 1)
    expect(playhead.t.value).toBe(2 * S)
    playhead.step('trialTimes', 1, 10)
    expect(playhead.t.value).toBe(20.5 * S)
    playhead.step('trialTimes', 1)
    expect(playhead.t.value).toBe(22 * S)
    playhead.step('times', -1, 100)
    expect(playhead.t.value).toBe(1 * S)
  })

  it('loops what lies between in and out', () => {
    playhead.seek(3 * S)
    playhead.setIn()
    playhead.setOut(4 * S)
    playhead.toggleLoop()
    playhead.play()
    for (let i = 0; i < 11; i++)
      hand.frame(100)
    expect(playhead.t.value).toBeCloseTo(3.1 * S, -2)
    playhead.select(undefined)
    expect(playhead.looping.value).toBe(false)
  })

  it('an out before the in starts a new selection', () => {
    playhead.setIn(10 * S)
    expect(playhead.selection.value).toEqual({ from: 10 * S, to: 22 * S })
    playhead.setOut(5 * S)
    expect(playhead.selection.value).toEqual({ from: 0, to: 5 * S })
  })

  it('shuttles backwards, and space turns forwards again', () => {
    playhead.seek(10 * S)
    playhead.shuttle(-1)
    hand.frame(100)
    expect(playhead.t.value).toBe(9.9 * S)
    playhead.shuttle(-1)
    hand.frame(100)
    expect(playhead.t.value).toBe(9.7 * S)
    playhead.pause()
    playhead.toggle()
    hand.frame(100)
    expect(playhead.t.value).toBe(9.9 * S)
  })
})
