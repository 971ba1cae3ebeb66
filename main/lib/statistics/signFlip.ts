/**
 * Paired differences against zero: the exact sign-flip test (Fisher 1935) where all signs can be tried, else with so many random
 * ones, those observed among them, which keeps the test exact (Phipson & Smyth 2010).
 */
import { randomStream } from '../random'

const ALL = 14
const RANDOM = 9999

/** Two-sided p of the mean. */
export function signFlip(differences: ArrayLike<number>, seed: number): number {
  const n = differences.length
  const observed = Math.abs(sum(differences, () => 1)) * (1 - 1e-12)
  if (n <= ALL) {
    let extreme = 0
    for (let signs = 0; signs < 2 ** n; signs++) {
      if (Math.abs(sum(differences, i => signs >> i & 1 ? 1 : -1)) >= observed) extreme++
    }
    return extreme / 2 ** n
  }
  const { uniform } = randomStream(seed, 'sign-flip')
  let extreme = 1
  for (let draw = 0; draw < RANDOM; draw++) {
    if (Math.abs(sum(differences, () => uniform() < 0.5 ? 1 : -1)) >= observed) extreme++
  }
  return extreme / (RANDOM + 1)
}

function sum(values: ArrayLike<number>, sign: (i: number) => number): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += sign(i) * values[i]
  return total
}
