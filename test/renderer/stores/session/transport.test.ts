import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, faster, FrameClock, shuttle, slower, SPEEDS } from '../../../../renderer/stores/session/transport'

const S = 1e9

describe('advance', () => {
  it('moves, and stops at both ends', () => {
    expect(advance(2 * S, S, { duration: 10 * S })).toEqual({ t: 3 * S, ended: false })
    expect(advance(9.5 * S, S, { duration: 10 * S })).toEqual({ t: 10 * S, ended: true })
    expect(advance(0.5 * S, -S, { duration: 10 * S })).toEqual({ t: 0, ended: true })
  })

  it('goes round a loop and keeps the remainder', () => {
    const loop = { from: 2 * S, to: 5 * S }
    expect(advance(4.5 * S, S, { duration: 10 * S, loop }).t).toBe(2.5 * S)
    expect(advance(4.5 * S, 7 * S, { duration: 10 * S, loop }).t).toBe(2.5 * S)
    expect(advance(2.5 * S, -S, { duration: 10 * S, loop }).t).toBeCloseTo(4.5 * S, -1)
  })

  it('a playhead outside the loop comes into it', () => {
    const loop = { from: 2 * S, to: 5 * S }
    for (const t of [0, 1 * S, 7 * S]) {
      const next = advance(t, 0.1 * S, { duration: 10 * S, loop }).t
      expect(next).toBeGreaterThanOrEqual(loop.from)
      expect(next).toBeLessThan(loop.to)
    }
  })

  it('leaves idle stretches out, forwards and backwards', () => {
    const idle = [{ from: 2 * S, to: 6 * S }, { from: 7 * S, to: 9 * S }]
    const course = { duration: 12 * S, idle }
    expect(advance(1 * S, 0.5 * S, course).t).toBe(1.5 * S)
    expect(advance(1 * S, 1.5 * S, course).t).toBe(6.5 * S)
    expect(advance(1 * S, 2.5 * S, course).t).toBe(9.5 * S)
    expect(advance(3 * S, 0.5 * S, course).t).toBe(6.5 * S)
    expect(advance(9.5 * S, -1 * S, course).t).toBe(6.5 * S)
    expect(advance(9.5 * S, -2.5 * S, course).t).toBe(1 * S)
    expect(advance(4 * S, -0.5 * S, course).t).toBe(1.5 * S)
  })

  it('forwards then backwards returns, wherever the idle stretches are', () => {
    const stretches = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })), { maxLength: 8 }).map((parts) => {
      let at = 0
      return parts.map(([gap, length]) => {
        const from = at + gap
        at = from + length
        return { from, to: at }
      })
    })
    fc.assert(fc.property(stretches, fc.nat(200), fc.nat(100), (idle, t, step) => {
      const course = { duration: 10_000, idle }
      const awake = (at: number): boolean => !idle.some(({ from, to }) => at >= from && at <= to)
      fc.pre(awake(t))
      const there = advance(t, step, course).t
      fc.pre(awake(there))
      // Independent measure: waking time between the two moments is the step.
      const asleep = idle.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(there, to) - Math.max(t, from)), 0)
      expect(there - t - asleep).toBe(step)
      expect(advance(there, -step, course).t).toBe(t)
    }))
  })
})

describe('rates', () => {
  it('run from 0.05 to 20 and stay there', () => {
    let speed = 1
    for (let i = 0; i < 20; i++)
      speed = faster(speed)
    expect(speed).toBe(20)
    for (let i = 0; i < 30; i++)
      speed = slower(speed)
    expect(speed).toBe(0.05)
    expect(SPEEDS.includes(1)).toBe(true)
  })

  it('shuttle turns round at 1 and doubles on', () => {
    expect(shuttle(1, false, 1)).toBe(1)
    expect(shuttle(1, true, 1)).toBe(2)
    expect(shuttle(5, true, -1)).toBe(-1)
    expect(shuttle(-1, true, -1)).toBe(-2)
  })
})

describe('clock', () => {
  it('ticks with the time between frames, and no more after stop', () => {
    let now = 1000
    let waiting: (() => void) | undefined
    const ticks: number[] = []
    const clock = new FrameClock({
      now: () => now,
      request: (callback) => {
        waiting = callback
        return () => { waiting = undefined }
      },
    }, ms => ticks.push(ms))
    const frame = (ms: number): void => {
      now += ms
      const callback = waiting
      waiting = undefined
      callback?.()
    }
    clock.start()
    frame(16)
    frame(17)
    frame(60_000)
    clock.stop()
    frame(16)
    // A minute without frames is a hidden tab, not a minute of playback.
    expect(ticks).toEqual([16, 17, 250])
    expect(clock.running).toBe(false)
  })

  it('catches up between two frames, and the next counts from there', () => {
    let now = 0
    let frame: (() => void) | undefined
    const ticks: number[] = []
    const clock = new FrameClock({
      now: () => now,
      request: (callback) => {
        frame = callback
        return () => { frame = undefined }
      },
    }, ms => ticks.push(ms))
    clock.catchUp()
    clock.start()
    now = 30
    clock.catchUp()
    now = 40
    frame?.()
    clock.stop()
    now = 50
    clock.catchUp()
    expect(ticks).toEqual([30, 10])
  })

  it('can be stopped from its own tick', () => {
    let waiting: (() => void) | undefined
    let ticks = 0
    const clock: FrameClock = new FrameClock({
      now: () => 0,
      request: (callback) => {
        waiting = callback
        return () => { waiting = undefined }
      },
    }, () => {
      ticks++
      clock.stop()
    })
    clock.start()
    waiting?.()
    expect(waiting).toBeUndefined()
    expect(ticks).toBe(1)
  })
})
