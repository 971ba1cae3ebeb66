/** The nearest point whose absolute values sum to no more than a bound (Duchi et al. 2008, figure 1). */

/** A new array where it lay outside. */
export function projectedOntoL1(point: Float64Array, bound: number): Float64Array {
  const sizes = point.map(Math.abs)
  if (sizes.reduce((a, b) => a + b, 0) <= bound) return point
  sizes.sort().reverse()
  let sum = 0
  let threshold = 0
  for (let k = 0; k < sizes.length; k++) {
    sum += sizes[k]
    const next = (sum - bound) / (k + 1)
    if (sizes[k] < next) break
    threshold = next
  }
  return point.map(value => Math.sign(value) * Math.max(0, Math.abs(value) - threshold))
}
