/** Curves with points of their own, put over one horizontal axis. */

export interface Curve {
  name: string
  /** Of the vertical axis; empty for a pure number. */
  unit: string
  /** A CSS variable, as `--stimulate`. */
  colour: string
  side: 'left' | 'right'
  dashed?: boolean
  /** A dot at every point; where left out, on few points of the right axis. */
  dots?: boolean
  points: readonly (readonly [number, number])[]
}

/** Row 0 holds every x once, ascending; each further row one curve, undefined where it has no point there. */
export function alignCurves(curves: readonly (readonly (readonly [number, number])[])[]): [number[], ...(number | undefined)[][]] {
  const xs = [...new Set(curves.flatMap(points => points.map(([x]) => x)))].sort((a, b) => a - b)
  const index = new Map(xs.map((x, i) => [x, i]))
  const rows = curves.map((points) => {
    const row: (number | undefined)[] = Array.from({ length: xs.length })
    for (const [x, y] of points)
      row[index.get(x)!] = y
    return row
  })
  return [xs, ...rows]
}

/** Running mean over `window` points, for a curve too noisy to read. */
export function smoothed(points: readonly (readonly [number, number])[], window: number): [number, number][] {
  let sum = 0
  return points.map(([x, y], i) => {
    sum += y - (i >= window ? points[i - window][1] : 0)
    return [x, sum / Math.min(i + 1, window)]
  })
}
