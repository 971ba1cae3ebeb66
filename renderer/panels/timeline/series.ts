/** What of a series falls into which pixel. Cost depends on the width, not on how long the series is. No drawing. */
import type { Series } from '../../stores/session/monitors'
import type { Span, Spans } from '../../stores/session/spans'
import type { Range } from './timeScale'
import { tOf } from './timeScale'

/** Values one by one: indices [first, end). */
export interface Points { kind: 'points', first: number, end: number }
/** Per pixel with values: the least and the greatest, and of those without stimulation where there are any. */
interface Envelope { kind: 'envelope', pixels: { x: number, value?: Span, rest?: Span }[] }

/** Values in view one by one where they are at least `least` pixels apart on average, else their extremes per pixel. */
export function marksOf({ times, values, rest }: Series, range: Range, width: number, least = 3): Points | Envelope {
  const first = times.lowerBound(range.from)
  const end = times.lowerBound(range.to)
  if ((end - first) * least <= width)
    // One more on either side, so that a line runs out of the view where it goes on.
    return { kind: 'points', first: Math.max(0, first - 1), end: Math.min(times.length, end + 1) }
  const pixels: Envelope['pixels'] = []
  let start = first
  for (let x = 0; x < width; x++) {
    const next = times.lowerBound(tOf(x + 1, range, width))
    if (next > start) {
      const [value, without] = [values.range(start, next), rest?.range(start, next)]
      if (value !== undefined || without !== undefined)
        pixels.push({ x, ...(value === undefined ? {} : { value }), ...(without === undefined ? {} : { rest: without }) })
    }
    start = next
  }
  return { kind: 'envelope', pixels }
}

/** What a series' whole height stands for: all of its values, 0 among them where it lies close; one value alone gets room either side. */
export function scaleOf({ values, rest, watched }: Series): Span | undefined {
  const found = [...[values, rest].map((spans: Spans | undefined) => spans?.range(0, spans.length)), watched?.span].filter(span => span !== undefined)
  if (found.length === 0)
    return undefined
  let min = Math.min(...found.map(span => span.min))
  let max = Math.max(...found.map(span => span.max))
  if (min > 0 && min < max - min)
    min = 0
  if (max < 0 && -max < max - min)
    max = 0
  return min === max ? { min: min - Math.max(1e-6, Math.abs(min)), max: max + Math.max(1e-6, Math.abs(max)) } : { min, max }
}

/** Of the last value at or before `t`, or undefined: what a monitor reads at the playhead. */
export function valueAt({ times, values, rest }: Series, t: number): { value: number, rest?: number, t: number } | undefined {
  const index = times.lowerBound(t + 1) - 1
  if (index < 0 || Number.isNaN(values.at(index)))
    return undefined
  const without = rest?.at(index)
  return { value: values.at(index), t: times.at(index), ...(without === undefined || Number.isNaN(without) ? {} : { rest: without }) }
}

/** As many digits as tell values of this scale apart; of a `count` none. */
export function figureText(value: number, scale: Span | undefined, count = false): string {
  const span = scale === undefined ? Math.abs(value) : Math.max(Math.abs(scale.min), Math.abs(scale.max))
  const digits = count || span >= 100 ? 0 : span >= 10 ? 1 : span >= 0.1 ? 2 : 4
  return value.toFixed(digits).replace('-', '−')
}
