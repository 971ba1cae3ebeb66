/**
 * The nearest point whose absolute values sum to no more than a bound: a soft threshold (Duchi et al. 2008), found by leaving out what
 * lies under it until nothing does (Michelot 1986), which for hundreds of thousands of weights is far quicker than sorting them.
 */

/** A new array where the point lay outside. */
export function projectedOntoL1(point: Float64Array, bound: number): Float64Array {
  const sizes = point.map(Math.abs)
  let count = sizes.length
  let threshold = 0
  for (;;) {
    let sum = 0
    for (let i = 0; i < count; i++) sum += sizes[i]
    const next = (sum - bound) / count
    if (!(next > threshold)) break
    threshold = next
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (sizes[i] > threshold) sizes[kept++] = sizes[i]
    }
    // A bound of 0 leaves nothing.
    if (kept === 0 || kept === count) break
    count = kept
  }
  return threshold === 0 ? point : point.map(value => Math.sign(value) * Math.max(0, Math.abs(value) - threshold))
}
