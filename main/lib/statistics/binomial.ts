/**
 * The binomial distribution and its intervals, in doubles. Exact but for rounding: sums of terms from log-factorials,
 * bounds by bisection of exact tails.
 */

const logFactorials: number[] = [0]

/** ln n!, remembered. */
export function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i++) logFactorials[i] = logFactorials[i - 1] + Math.log(i)
  return logFactorials[n]
}

/** ln (n over k). */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k)
}

/** P(X = k), X binomial with n trials of probability p. */
export function binomial(k: number, n: number, p: number): number {
  if (p <= 0) return k === 0 ? 1 : 0
  if (p >= 1) return k === n ? 1 : 0
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p))
}

/** P(X ≥ k). */
export function binomialUpper(k: number, n: number, p: number): number {
  let sum = 0
  // From the small end, so that small terms are not lost.
  for (let i = n; i >= k; i--) sum += binomial(i, n, p)
  return Math.min(1, sum)
}

/** P(X ≤ k). */
export function binomialLower(k: number, n: number, p: number): number {
  let sum = 0
  for (let i = 0; i <= k; i++) sum += binomial(i, n, p)
  return Math.min(1, sum)
}

/** Two-sided, at least `confidence` whatever the probability is (Clopper & Pearson 1934). [0, 1] where nothing was tried. */
export function clopperPearson(k: number, n: number, confidence = 0.95): [number, number] {
  const tail = (1 - confidence) / 2
  return [
    k === 0 ? 0 : bisect(p => binomialUpper(k, n, p) < tail),
    k === n ? 1 : bisect(p => binomialLower(k, n, p) > tail),
  ]
}

/** Where a condition that holds from 0 on stops holding, in 0 … 1. */
export function bisect(holds: (x: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}
