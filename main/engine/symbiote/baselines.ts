/** What gated sites fall back to, on the device: nothing for zero, one mean for all items, or another item's values. */
import type { Items } from '../../../preload/contract/engine'
import type { Baseline } from '../../../preload/contract/intervention'
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import { randomField } from '../../lib/random'
import { hookNamed } from '../primary/model'
import { Knowledge } from '../stimulation/knowledge'
import { Observer } from '../stimulation/observing'
import { allRows, gatherInputs, itemCount } from '../task/items'

/** Training items that means are taken over, at most. */
const CALIBRATION_ITEMS = 1000

export interface Baselines {
  /** Of the hooks in order, for some rows of some items: [1 or rows, ...shape]. What comes with `release` is freed by it. */
  valuesFor: (items: Items, rows: Int32Array) => Promise<{ values: Value[], release: () => void }>
  dispose: () => void
}

export async function openBaselines(executor: Executor, model: Model, parameters: Value[], hooks: readonly string[], baseline: Baseline, train: Items): Promise<Baselines> {
  if (hooks.length === 0 || baseline === 'zero') return { valuesFor: async () => ({ values: [], release: () => {} }), dispose: () => {} }
  if (baseline === 'mean') return meanBaselines(executor, model, parameters, hooks, train)
  return resampled(executor, model, parameters, hooks, baseline.resample)
}

async function meanBaselines(executor: Executor, model: Model, parameters: Value[], hooks: readonly string[], train: Items): Promise<Baselines> {
  const observer = new Observer(executor, model, parameters)
  const knowledge = new Knowledge({
    model,
    weights: {},
    directions: {},
    calibration: allRows(Math.min(CALIBRATION_ITEMS, itemCount(train))),
    chunk: observer.chunk,
    observe: async (rows, names) => (await observer.observe(train, rows, names)).values,
  })
  const values: Value[] = []
  for (const hook of hooks) values.push(executor.upload(Float32Array.from((await knowledge.statistics(hook)).mean), [1, ...hookNamed(model, hook).shape]))
  return { valuesFor: async () => ({ values, release: () => {} }), dispose: () => executor.free(...values) }
}

/** A row's donor is another row of the same items, the same in any company. */
function resampled(executor: Executor, model: Model, parameters: Value[], hooks: readonly string[], seed: number): Baselines {
  const { integer } = randomField(seed, 'resample')
  const count = model.parameters.length
  const observe: Program = executor.compile((inputs) => {
    const { outputs, observed } = model.forward(inputs.slice(0, count), inputs[count], { observe: hooks })
    outputs.dispose()
    return observed
  })
  return {
    valuesFor: async (items, rows) => {
      const n = itemCount(items)
      const donors = rows.map(row => n === 1 ? row : (row + 1 + integer(row, n - 1)) % n)
      const inputs = executor.upload(gatherInputs(items, donors), [rows.length, ...model.inputs])
      try {
        const values = await observe([...parameters, inputs])
        return { values, release: () => executor.free(...values) }
      }
      finally {
        executor.free(inputs)
      }
    },
    dispose: () => {},
  }
}
