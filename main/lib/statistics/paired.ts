/**
 * Paired right–wrong outcomes of one site. `lost`: right without stimulation, wrong with it; `gained`: the other way round. Pairs
 * whose sides agree say nothing about a difference (McNemar 1947): if stimulation does nothing, a pair that disagrees was lost
 * or gained with equal probability, whatever the error rate is. One-sided: a map looks for interference.
 *
 * Two tests of it. McNemar's exact one is for a number of trials fixed beforehand. The e-process may be looked at after every
 * trial: its expectation is at most 1 at any stopping time under the null, so that 1/E is a p-value wherever one stops (Ville 1939;
 * Ramdas, Grünwald, Vovk & Shafer 2023). It costs some power, which trials of several items pay for.
 */
import { binomialLower, binomialUpper, bisect, logFactorial } from './binomial'

/** P(so many lost or more | as many pairs that disagree, a fair coin). */
export function mcNemar(lost: number, gained: number): number {
  return binomialUpper(lost, lost + gained, 0.5)
}

/**
 * ln of the e-process of interference: the likelihood of the pairs that disagree with their probability of being lost uniform on
 * ½ … 1, over that of a fair coin: ∫ 2 (2θ)^b (2 − 2θ)^c dθ.
 */
export function logInterference(lost: number, gained: number): number {
  const n = lost + gained
  // The integral of a beta density over ½ … 1 is a binomial tail: P(Bin(n + 1, ½) ≤ b).
  return (n + 1) * Math.LN2 + logBeta(lost, gained) + Math.log(binomialLower(lost, n + 1, 0.5))
}

/**
 * ln of the e-process of absence, against a loss of a share `below` or more: the likelihood with the probability of a loss uniform on
 * 0 … below, over that at `below`.
 */
export function logAbsence(lost: number, items: number, below: number): number {
  const kept = items - lost
  return logBeta(lost, kept) + Math.log(binomialUpper(lost + 1, items + 1, below)) - Math.log(below) - lost * Math.log(below) - kept * Math.log1p(-below)
}

/** The p-value of an e-process, at most 1. */
export function alwaysValid(logE: number): number {
  return Math.min(1, Math.exp(-logE))
}

/** P(so few lost or fewer | a share `below` is lost). */
export function absent(lost: number, items: number, below: number): number {
  return binomialLower(lost, items, below)
}

/**
 * Interval of a share at every number of items at once: the shares against which uniform mixing has not gathered evidence 1/α
 * (Robbins 1970). Wider than Clopper and Pearson's, and true wherever one stopped.
 */
export function confidenceSequence(k: number, n: number, confidence = 0.95): [number, number] {
  const limit = -Math.log(1 - confidence)
  const evidence = (p: number): number => logBeta(k, n - k) - (k === 0 ? 0 : k * Math.log(p)) - (k === n ? 0 : (n - k) * Math.log1p(-p))
  const middle = n === 0 ? 0.5 : k / n
  return [
    k === 0 ? 0 : middle * bisect(x => evidence(middle * x) >= limit),
    k === n ? 1 : 1 - (1 - middle) * bisect(x => evidence(1 - (1 - middle) * x) >= limit),
  ]
}

/** ln B(a + 1, b + 1) = ln ∫ θ^a (1 − θ)^b dθ. */
function logBeta(a: number, b: number): number {
  return logFactorial(a) + logFactorial(b) - logFactorial(a + b + 1)
}
