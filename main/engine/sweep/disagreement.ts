/** How far estimates are from exact effects. */
import type { Disagreement } from '../../../preload/contract/sweep'

export function disagreementOf(estimates: ArrayLike<number>, exact: ArrayLike<number>): Disagreement {
  let maxError = 0
  for (let i = 0; i < exact.length; i++) maxError = Math.max(maxError, Math.abs(estimates[i] - exact[i]))
  const rank = correlation(ranks(estimates), ranks(exact))
  return { sites: exact.length, ...(rank === undefined ? {} : { rank }), maxError }
}

/** 1 for the smallest; equal values share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b])
  const result = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to]] === values[order[from]]) to++
    for (let i = from; i < to; i++) result[order[i]] = (from + 1 + to) / 2
    from = to
  }
  return result
}

/** Pearson's; undefined where one side does not vary. */
function correlation(a: Float64Array, b: Float64Array): number | undefined {
  const middle = (values: Float64Array): number => values.reduce((x, y) => x + y, 0) / values.length
  const [ma, mb] = [middle(a), middle(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb)
    aa += (a[i] - ma) ** 2
    bb += (b[i] - mb) ** 2
  }
  return aa === 0 || bb === 0 ? undefined : ab / Math.sqrt(aa * bb)
}
