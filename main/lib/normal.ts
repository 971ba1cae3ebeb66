/** The standard normal distribution, as far as tests need it. */

/** P(Z ≥ z). Abramowitz & Stegun 1964, 26.2.17; absolute error below 7.5e-8. */
export function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z)
  const t = 1 / (1 + 0.2316419 * z)
  const polynomial = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return polynomial * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI)
}
