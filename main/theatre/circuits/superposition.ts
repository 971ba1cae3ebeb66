/**
 * Superposition: as features grow sparse, a toy model with two dimensions represents two of its five features, then more,
 * then all five, in directions that share the units. The place where a unit is the wrong site and a direction the right one.
 */
import type { EngineFunctions, Tensor } from '../../../preload/contract/engine'
import type { CircuitCheck } from './circuit'
import { verdict } from './circuit'

export const SPARSITIES = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99]
const FEATURES = 5
const DIMENSIONS = 2

export async function checkSuperposition(engine: EngineFunctions, seed: number, steps = 10_000): Promise<CircuitCheck> {
  const { weights } = await engine.superposition({ features: FEATURES, dimensions: DIMENSIONS, sparsities: SPARSITIES, steps, batch: 1024, seed })
  const counts = SPARSITIES.map((_, model) => represented(weights, model))
  const shared = sharing(weights, SPARSITIES.length - 1)
  return verdict({
    ...Object.fromEntries(SPARSITIES.map((sparsity, i) => [`featuresRepresented/${sparsity}`, counts[i]])),
    featuresPerUnit: shared,
  }, [
    { holds: counts[0] === DIMENSIONS, text: `dense features: ${counts[0]} of ${FEATURES} are represented (as many as there are dimensions)` },
    { holds: counts.at(-1) === FEATURES, text: `features absent 99 % of the time: ${counts.at(-1)} of ${FEATURES} are represented` },
    // Not "never falls": a single model may settle a feature short of its best, as seed 1 does at 0.9 after 10,000 steps (2 4 4 5 4 5
    // 5; that one feature's direction has the squared length 0.16, the other four 1.0). The best of several models a sparsity
    // might never fall; of one each, the trend is what can be asked for.
    { holds: counts.every((count, i) => i === 0 || count > counts[0]) && total(counts.slice(-3)) > total(counts.slice(0, 3)), text: `the number grows with sparsity: ${counts.map((count, i) => `${SPARSITIES[i]}: ${count}`).join(', ')}` },
    { holds: shared > 1.5, text: `then each unit serves ${shared.toFixed(1)} features on average, so that ablating a unit is no ablation of a feature` },
  ])
}

function total(counts: number[]): number {
  return counts.reduce((a, b) => a + b)
}

/** Features whose direction in W [models, dimensions, features] is longer than √½: more of them kept than lost. */
export function represented(weights: Tensor, model: number): number {
  return columns(weights, model).filter(column => column.reduce((sum, v) => sum + v * v, 0) > 0.5).length
}

/** Features per unit: of the represented ones, those of which a unit carries more than a tenth. */
export function sharing(weights: Tensor, model: number): number {
  const kept = columns(weights, model).filter(column => column.reduce((sum, v) => sum + v * v, 0) > 0.5)
  const units = weights.shape[1]
  let pairs = 0
  for (const column of kept) {
    const length = column.reduce((sum, v) => sum + v * v, 0)
    pairs += column.filter(v => v * v > 0.1 * length).length
  }
  return pairs / units
}

function columns({ shape: [, dimensions, features], data }: Tensor, model: number): number[][] {
  return Array.from({ length: features }, (_, f) => Array.from({ length: dimensions }, (_, d) => data[(model * dimensions + d) * features + f]))
}
