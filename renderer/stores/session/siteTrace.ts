/**
 * What was monitored of one site between trials too, as far as it is in view: asked for anew when the view has left what is there, or
 * shows it finer. The last answer stays until the next has come.
 */
import type { Trace } from '../../../preload/contract/timeline'
import type { Span } from './spans'
import type { Stretch, Tracks } from './tracks'
import { TRACE_STRETCHES } from '../../../preload/contract/timeline'
import { Latest } from './latest'

type Wish = Stretch & { stretches: number }

export class SiteTrace {
  readonly #tracks: Tracks
  readonly #questions: Latest<Wish, Trace>
  #asked: Wish | undefined
  #trace: Trace | undefined
  /** Of all that has been seen, so that the scale does not jump while panning. */
  #span: Span | undefined

  /** `arrived` is called whenever more is known. */
  constructor(tracks: Tracks, fetch: (wish: Wish) => Promise<Trace>, arrived: () => void) {
    this.#tracks = tracks
    this.#questions = new Latest({
      ask: fetch,
      answered: (_wish, trace) => {
        this.#trace = trace
        this.#span = widened(this.#span, trace)
        arrived()
      },
      // A host that was restarted: the next view asks again. What the log lost is no failure.
      failed: () => { this.#asked = undefined },
    })
  }

  /** Undefined while nothing is known of it. */
  get shown(): { trace: Trace, span: Span } | undefined {
    return this.#trace === undefined || this.#span === undefined ? undefined : { trace: this.#trace, span: this.#span }
  }

  /** Asks for a stretch shown over so many pixels, and for as much on either side. */
  want({ from, to }: Stretch, pixels: number): void {
    const view = { from: Math.max(0, from), to }
    if (view.to <= view.from || pixels < 1 || !this.#anythingIn(view) || (this.#asked !== undefined && serves(this.#asked, view, pixels)))
      return
    const length = to - from
    this.#asked = { from: Math.max(0, from - length), to: to + length, stretches: Math.min(TRACE_STRETCHES, Math.ceil(3 * pixels)) }
    this.#questions.want(this.#asked)
  }

  #anythingIn({ from, to }: Stretch): boolean {
    const { signalFrom, signalTo } = this.#tracks
    const last = signalFrom.lowerBound(to) - 1
    return last >= 0 && signalTo.at(last) > from
  }
}

function serves(asked: Wish, view: Stretch, pixels: number): boolean {
  return asked.from <= view.from && asked.to >= view.to && (asked.to - asked.from) / asked.stretches <= 2 * (view.to - view.from) / pixels
}

function widened(span: Span | undefined, { low, high }: Trace): Span | undefined {
  let [min, max] = [span?.min ?? Number.POSITIVE_INFINITY, span?.max ?? Number.NEGATIVE_INFINITY]
  for (let i = 0; i < low.length; i++) {
    // NaN, where nothing was monitored, is neither less nor greater.
    if (low[i] < min)
      min = low[i]
    if (high[i] > max)
      max = high[i]
  }
  return min <= max ? { min, max } : undefined
}
