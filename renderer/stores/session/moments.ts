/** Neighbours in an ascending column of times. */

/** The next time after `t` (or before it), or undefined at either end. Equal times count as one. */
export function neighbour(times: { length: number, at: (index: number) => number, lowerBound: (value: number) => number }, t: number, direction: 1 | -1, count = 1): number | undefined {
  let at = t
  for (let i = 0; i < count; i++) {
    const index = direction === 1 ? times.lowerBound(at + 1) : times.lowerBound(at) - 1
    if (index < 0 || index >= times.length)
      return i === 0 ? undefined : at
    at = times.at(index)
  }
  return at
}
