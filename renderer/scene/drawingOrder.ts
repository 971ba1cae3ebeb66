/** Sorts sites far to near by distance in buckets: linear time, fast enough to run while the camera turns around 100,000 sites. Pure. */
import type { Vector } from './fit'

const BUCKETS = 4096
const counts = new Uint32Array(BUCKETS + 1)

/** `places` is [site][4], x y z first; indices `from`…`to` are written to `out`, farthest from `camera` first. */
export function drawingOrder(places: Float32Array, from: number, to: number, camera: Vector, out: Uint32Array): void {
  const n = to - from
  const distances = new Float64Array(n)
  let near = Number.POSITIVE_INFINITY
  let far = 0
  for (let i = 0; i < n; i++) {
    const at = 4 * (from + i)
    const d = Math.hypot(places[at]! - camera[0], places[at + 1]! - camera[1], places[at + 2]! - camera[2])
    distances[i] = d
    near = Math.min(near, d)
    far = Math.max(far, d)
  }
  const toBucket = (BUCKETS - 1) / Math.max(1e-9, far - near)
  counts.fill(0)
  for (let i = 0; i < n; i++)
    counts[bucket(distances[i]!) + 1]!++
  for (let i = 0; i < BUCKETS; i++)
    counts[i + 1]! += counts[i]!
  for (let i = 0; i < n; i++)
    out[counts[bucket(distances[i]!)]!++] = from + i

  function bucket(d: number): number {
    return Math.max(0, Math.min(BUCKETS - 1, Math.floor((far - d) * toBucket)))
  }
}
