/** The unstimulated mlp over the swept items: every layer before and after its activation, and the inputs. Computed once. */
import type { Tensor } from '../../../preload/contract/engine'
import type { Items } from '../../../preload/contract/engine'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { Executor, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import { runAndRead } from '../executor/executor'
import { layerSizes } from '../primary/mlp'
import { gatherInputs, inputSize } from '../task/items'

/** Items per run. The same as where a patient is calibrated, so that the program is compiled already. */
const CHUNK = 500

export class MlpValues {
  readonly items: number
  /** Units per layer. */
  readonly sizes: number[]
  /** [layer][item · units + unit], before the activation; the logits for the last. */
  readonly pre: Float32Array[]
  /** [layer][item · units + unit], after it. */
  readonly value: Float32Array[]
  readonly #inputs: Float32Array
  readonly #columns: (Float32Array | undefined)[] = []

  constructor(architecture: MlpArchitecture, inputs: Float32Array, items: number) {
    this.items = items
    this.sizes = layerSizes(architecture)
    this.pre = this.sizes.map(units => new Float32Array(items * units))
    this.value = this.sizes.map(units => new Float32Array(items * units))
    this.#inputs = inputs
  }

  get logits(): Float32Array {
    return this.pre[this.pre.length - 1]
  }

  /** What feeds weight layer `l`, column by column: [source · items + item]. */
  sources(layer: number): Float32Array {
    this.#columns[layer] ??= transposed(layer === 0 ? this.#inputs : this.value[layer - 1], this.items)
    return this.#columns[layer]
  }
}

export async function mlpValues(executor: Executor, model: Model, architecture: MlpArchitecture, parameters: Value[], items: Items, rows: Int32Array): Promise<MlpValues> {
  const inputs = gatherInputs(items, rows)
  const size = inputSize(items)
  const values = new MlpValues(architecture, inputs, rows.length)
  const observe = values.sizes.flatMap((_, l) => [`layers.${l}.pre`, `layers.${l}`])
  const program = executor.compile((given) => {
    const { outputs, observed } = model.forward(given.slice(0, -1), given[given.length - 1], { observe })
    outputs.dispose()
    return observed
  })
  for (let at = 0; at < rows.length; at += CHUNK) {
    const end = Math.min(rows.length, at + CHUNK)
    const batch = executor.upload(inputs.subarray(at * size, end * size), [end - at, size])
    try {
      const read = await runAndRead(executor, program, [...parameters, batch])
      values.sizes.forEach((units, l) => {
        values.pre[l].set(read[2 * l], at * units)
        values.value[l].set(read[2 * l + 1], at * units)
      })
    }
    finally {
      executor.free(batch)
    }
  }
  return values
}

/** [rows · columns] → [columns · rows]. */
export function transposed(data: ArrayLike<number>, rows: number): Float32Array<ArrayBuffer> {
  const columns = data.length / rows
  const result = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]
  }
  return result
}

export function columnsOf({ shape, data }: Tensor): Float32Array {
  return transposed(data, shape[0])
}
