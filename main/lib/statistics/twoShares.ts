/** Two independent shares compared. */
import { logChoose } from './binomial'

interface Share { items: number, lost: number }

/** P(the first loses so many or more | the losses of both, no difference): Fisher 1935, one-sided. */
export function fisherGreater(a: Share, b: Share): number {
  const losses = a.lost + b.lost
  const all = logChoose(a.items + b.items, losses)
  let p = 0
  for (let k = a.lost; k <= Math.min(a.items, losses); k++) {
    if (losses - k <= b.items) p += Math.exp(logChoose(a.items, k) + logChoose(b.items, losses - k) - all)
  }
  return Math.min(1, p)
}

/** Interval of the difference of the shares, first less second: hybrid score method without continuity correction (Newcombe 1998, method 10). */
export function newcombe(a: Share, b: Share, confidence = 0.95): [number, number] {
  const [[l1, u1], [l2, u2]] = [wilson(a, confidence), wilson(b, confidence)]
  const [p1, p2] = [a.lost / a.items, b.lost / b.items]
  return [p1 - p2 - Math.hypot(p1 - l1, u2 - p2), p1 - p2 + Math.hypot(u1 - p1, p2 - l2)]
}

/** Wilson 1927. */
export function wilson({ items: n, lost }: Share, confidence = 0.95): [number, number] {
  const z = normalQuantile((1 + confidence) / 2)
  const p = lost / n
  const middle = p + z * z / (2 * n)
  const half = z * Math.sqrt((p * (1 - p) + z * z / (4 * n)) / n)
  return [(middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)]
}

/** By Newton's method on the error function's series and continued fraction: Marsaglia 2004's sum for the distribution. */
export function normalQuantile(p: number): number {
  let z = 0
  for (let i = 0; i < 60; i++) {
    const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI)
    const step = (normalDistribution(z) - p) / density
    z -= Math.max(-1, Math.min(1, step))
    if (Math.abs(step) < 1e-13) break
  }
  return z
}

/** P(Z ≤ z): ½ + φ(z) Σ z^(2k+1) / (1·3·5…(2k+1)), for |z| up to 8 to some 15 digits. */
export function normalDistribution(z: number): number {
  if (z < -8) return 0
  if (z > 8) return 1
  let [sum, term] = [z, z]
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= z * z / k
    sum += term
  }
  return 0.5 + sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI)
}
