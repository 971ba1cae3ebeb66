/** Student's t. */

/** By bisection of the distribution. 0 degrees of freedom have no quantile: infinity. */
export function studentQuantile(p: number, degrees: number): number {
  if (degrees < 1) return Number.POSITIVE_INFINITY
  if (p < 0.5) return -studentQuantile(1 - p, degrees)
  let [low, high] = [0, 1]
  while (studentDistribution(high, degrees) < p) high *= 2
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (studentDistribution(middle, degrees) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(T ≤ t) for whole degrees of freedom: the finite sums of Abramowitz & Stegun 1964, 26.7.3 and 26.7.4. */
export function studentDistribution(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees))
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)]
  const odd = degrees % 2 === 1
  let [term, sum] = [odd ? cosine : 1, 0]
  for (let k = odd ? 1 : 0; k <= degrees - 2; k += 2) {
    sum += term
    term *= cosine * cosine * (k + 1) / (k + 2)
  }
  const between = odd ? 2 / Math.PI * (theta + (degrees === 1 ? 0 : sine * sum)) : sine * sum
  return (1 + between) / 2
}
