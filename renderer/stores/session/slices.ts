/** Goes through a long list a few milliseconds at a time, so that nothing on the screen waits for it. Returns what stops it. */

/** Half a frame at 60 Hz, and a little. */
const SLICE_MS = 6

export function inSlices<T>(list: readonly T[], visit: (one: T) => void): () => void {
  let at = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const slice = (): void => {
    const end = performance.now() + SLICE_MS
    while (at < list.length && performance.now() < end) {
      for (const stop = Math.min(list.length, at + 50); at < stop; at++)
        visit(list[at])
    }
    timer = at < list.length ? setTimeout(slice) : undefined
  }
  timer = setTimeout(slice)
  return () => clearTimeout(timer)
}
