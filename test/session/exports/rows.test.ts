/** Trials with their stimulation and its end, walked: the same as when all of them lie side by side and are sorted. */
import type { EventOf } from '../../../preload/contract/session'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, it } from 'vitest'
import { trialSpans } from '../../../main/session/exports/rows'
import { off, stimulation, trial, ulidOf } from '../support'

type Timed = EventOf<'stimulation'> | EventOf<'stimulation.off'> | EventOf<'trial'>

/** Stimulations that overlap, end late, twice or never, and trials while they are on, several of one, or of none that is known. */
function course(seed: number): Timed[] {
  const random = xoroshiro128plus(seed)
  const upTo = (n: number): number => (random.next() >>> 0) % n
  const events: Timed[] = []
  let begun = 0
  let on: number[] = []
  let trials = 0
  for (let i = 0; i < 200; i++) {
    const stamp = { id: String(i), t: i * 1000, step: 0 }
    const which = on[Math.max(0, on.length - 1 - upTo(4))]
    const what = upTo(4)
    if (which === undefined || what === 0) {
      on.push(begun)
      events.push({ ...stamp, ...stimulation(begun++) } as Timed)
    }
    else if (what === 1) {
      // An end may be told twice.
      const end = upTo(6) === 0 ? upTo(begun) : which
      on = on.filter(other => other !== end)
      events.push({ ...stamp, ...off(end) } as Timed)
    }
    else {
      events.push({ ...stamp, ...trial(trials++), stimulation: ulidOf(upTo(20) === 0 ? 999 : which) } as Timed)
    }
  }
  return events
}

/** By its definition, with everything at hand. */
function sorted(events: Timed[]): { trial: string, onset: number, end: number | undefined, stimulation: string | undefined }[] {
  const of = <K extends Timed['kind']>(kind: K, id: string): Extract<Timed, { kind: K }> | undefined => events.find((event): event is Extract<Timed, { kind: K }> => event.kind === kind && event.stimulation === id)
  return events
    .filter(event => event.kind === 'trial')
    .map((event) => {
      const began = of('stimulation', event.stimulation)
      const ended = began && events.find(other => other.kind === 'stimulation.off' && other.stimulation === event.stimulation && other.t > began.t)
      return { trial: event.trial, onset: began?.t ?? event.t, end: ended?.t, stimulation: began?.id }
    })
    .sort((a, b) => a.onset - b.onset)
}

describe('trials walked in the order of their onsets', () => {
  it('are those of the whole, for 300 courses of overlapping stimulations', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const events = course(seed)
      const walked = [...trialSpans(events)].map(({ trial, onset, end, stimulation }) => ({ trial: trial.trial, onset, end, stimulation: stimulation?.id }))
      expect(walked, `seed ${seed}`).toEqual(sorted(events))
    }
  })

  it('have their stimulation and its end where they are told after it', () => {
    const events = [stimulation(1), off(1), trial(1)].map((body, t) => ({ id: String(t), t, step: 0, ...body }) as Timed)
    expect([...trialSpans(events)]).toMatchObject([{ trial: { t: 2 }, stimulation: { t: 0 }, onset: 0, end: 1 }])
  })

  it('are given as soon as they are known', () => {
    let read = 0
    const events = function* (): Generator<Timed> {
      for (const event of Array.from({ length: 1000 }, (_, n) => [stimulation(n), trial(n), off(n)]).flat()) {
        yield { id: String(read), t: read, step: 0, ...event } as Timed
        read++
      }
    }
    const spans = trialSpans(events())
    for (let n = 0; n < 1000; n++) {
      expect(spans.next().value).toMatchObject({ trial: { focus: n }, onset: 3 * n, end: 3 * n + 2 })
      expect(read).toBeLessThan(3 * n + 4)
    }
  })
})
