/** Times and spans of a session in words. All of them are nanoseconds. */

const MS = 1e6
const SECOND = 1e9
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** `2:05`, `1:02:05`, with as many decimals of a second as `precision` (ns) calls for; `−0:12` before the beginning. */
export function timeText(t: number, precision = SECOND): string {
  if (t < 0)
    return `−${timeText(-t, precision)}`
  const decimals = precision >= SECOND ? 0 : Math.ceil(-Math.log10(precision / SECOND) - 1e-9)
  // Rounded down: a clock shows a second once it is over.
  const unit = SECOND / 10 ** decimals
  const units = Math.floor(Math.max(0, t) / unit + 1e-6)
  const perSecond = 10 ** decimals
  const seconds = Math.floor(units / perSecond)
  const fraction = decimals === 0 ? '' : `.${String(units % perSecond).padStart(decimals, '0')}`
  const tail = `${String(seconds % 60).padStart(2, '0')}${fraction}`
  const minutes = Math.floor(seconds / 60) % 60
  const hours = Math.floor(seconds / 3600)
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

/** `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 4 min`. */
export function spanText(ns: number): string {
  if (ns < MS)
    return `${Math.round(ns / 1e3)} µs`
  if (ns < SECOND)
    return `${Math.round(ns / MS)} ms`
  if (ns < MINUTE)
    return `${(ns / SECOND).toFixed(ns < 10 * SECOND ? 1 : 0)} s`
  const seconds = Math.round(ns / SECOND)
  if (ns < HOUR)
    return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
}
