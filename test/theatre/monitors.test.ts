/** When what is monitored is written: in chunks, less often while nothing changes, up to a gap in which nothing ran, again where it could not be. */
import type { Presentation } from '../../preload/contract/engine'
import { describe, expect, it } from 'vitest'
import { Monitors } from '../../main/theatre/monitors'

const ARCHITECTURE = { kind: 'mlp' as const, inputs: 4, hidden: [3], outputs: 2, activation: 'relu' as const }
const SITE = 'layers.0.unit[1]'
const shown = (value: number): Presentation => ({ item: 0, target: 0, input: new Float32Array(4), activations: [Float32Array.of(0, value, 0), new Float32Array(2)], probabilities: Float32Array.of(1, 0) })

function bench() {
  let now = 0
  let full = false
  const written: { from: number, samples: number, values: number[] }[] = []
  const monitors = new Monitors()
  monitors.begin({
    now: () => now,
    write: ({ t0, samples }, data) => {
      if (full)
        throw new Error('full')
      written.push({ from: t0 / 1e9, samples, values: [...new Set(data)] })
    },
  })
  monitors.choose([SITE], ARCHITECTURE)
  const tick = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      now += 1e9
      monitors.keepUp()
    }
  }
  return { monitors, written, tick, sleep: (seconds: number) => void (now += seconds * 1e9), fill: (so: boolean) => void (full = so) }
}

describe('what is monitored', () => {
  it('is written every five seconds where it changes, every minute where it does not', () => {
    const { monitors, written, tick } = bench()
    monitors.show(shown(1))
    tick(5)
    expect(written).toEqual([{ from: 0, samples: 100, values: [1] }])
    tick(59)
    expect(written).toHaveLength(1)
    tick(1)
    expect(written[1]).toEqual({ from: 5, samples: 1200, values: [1] })
    tick(2)
    monitors.stimulated(shown(1), shown(7))
    tick(1)
    monitors.released()
    tick(2)
    expect(written[2]).toEqual({ from: 65, samples: 100, values: [1, 7] })
  })

  it('ends where the machine fell asleep and goes on where it woke, whichever comes first then', () => {
    for (const first of ['a tick', 'an item']) {
      const { monitors, written, tick, sleep } = bench()
      monitors.show(shown(1))
      tick(3)
      sleep(7200)
      if (first === 'an item')
        monitors.show(shown(2))
      tick(1)
      monitors.end()
      const woke = first === 'an item' ? 7203 : 7204
      expect(written[0], first).toEqual({ from: 0, samples: 60, values: [1] })
      if (first === 'an item')
        expect(written[1]).toEqual({ from: woke, samples: 20, values: [2] })
    }
  })

  it('is kept while it cannot be written, and written with what came since', () => {
    const { monitors, written, tick, fill } = bench()
    monitors.show(shown(1))
    fill(true)
    tick(4)
    expect(() => tick(1)).toThrow('full')
    fill(false)
    monitors.show(shown(2))
    tick(1)
    expect(written).toEqual([{ from: 0, samples: 120, values: [1, 2] }])
  })
})
