/** Measures a primary with and without interventions over many items, a batch at a time, pooled exactly. */
import type { EngineFunctions, Measure } from '../../preload/contract/engine'
import type { InterventionSet } from '../../preload/contract/intervention'
import type { Effect } from '../../preload/contract/session'

export interface Measured { before: number, after: number, effect: Effect }

/** Items per run: bounds the engine's memory, and is large enough that overhead does not count. */
const BATCH = 1000

export async function measureItems(engine: EngineFunctions, set: InterventionSet, items: Int32Array, progress: (done: number) => void = () => {}): Promise<Record<Measure, Measured>> {
  let pooled: Record<Measure, Measured> | undefined
  for (let at = 0; at < items.length; at += BATCH) {
    const battery = items.slice(at, at + BATCH)
    const { measures } = await engine.stimulate({ set, focus: battery[0], battery })
    pooled = pooled ? poolAll(pooled, measures) : measures
    progress(at + battery.length)
  }
  if (!pooled) throw new Error('no items to measure')
  return pooled
}

function poolAll(a: Record<Measure, Measured>, b: Record<Measure, Measured>): Record<Measure, Measured> {
  return Object.fromEntries((Object.keys(a) as Measure[]).map(name => [name, pool(a[name], b[name])])) as Record<Measure, Measured>
}

/** Two samples as one: mean and standard error from each one's mean, standard error and size (Chan et al. 1979). */
export function pool(a: Measured, b: Measured): Measured {
  const n = a.effect.n + b.effect.n
  const weigh = (x: number, y: number): number => (x * a.effect.n + y * b.effect.n) / n
  const squares = ({ se, n: size }: Effect): number => se ** 2 * size * (size - 1)
  const apart = a.effect.mean - b.effect.mean
  const total = squares(a.effect) + squares(b.effect) + apart ** 2 * a.effect.n * b.effect.n / n
  return { before: weigh(a.before, b.before), after: weigh(a.after, b.after), effect: { mean: weigh(a.effect.mean, b.effect.mean), se: Math.sqrt(total / (n - 1) / n), n } }
}
