/** How a report says numbers, times and sizes. Pure. */

/** Three significant digits; `−` for minus. */
export function figure(value: number | undefined, digits = 3): string {
  if (value === undefined)
    return ''
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(digits - 1).replace(/\.?0+e/, 'e') : String(Number(value.toPrecision(digits)))
  return text.replaceAll('-', '−')
}

export function whole(count: number): string {
  return count.toLocaleString('en')
}

export function plural(count: number, word: string): string {
  return `${whole(count)} ${word}${count === 1 ? '' : 's'}`
}

/** `3:04.250`, `1:02:03.000`. */
export function clock(ns: number): string {
  const ms = Math.round(ns / 1e6)
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000]
  const rest = seconds.toFixed(3).padStart(6, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** Round values that span the range, about so many. */
export function ticks(low: number, high: number, about: number): number[] {
  if (!(high > low))
    return [low]
  const rough = (high - low) / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(size => size >= rough)!
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}
