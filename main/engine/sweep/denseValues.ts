/** The unstimulated dense layers (an mlp, or the head of a cnn) over the swept items, before and after each activation. */
import type { Tensor } from '../../../preload/contract/engine'
import type { SweepSubject } from './subject'
import { gatherInputs } from '../task/items'

export class DenseValues {
  readonly items: number
  /** Units per layer. */
  readonly sizes: number[]
  /** [layer][item · units + unit], before the activation; the logits for the last. */
  readonly pre: Float32Array[]
  /** [layer][item · units + unit], after it. */
  readonly value: Float32Array[]
  readonly #inputs: Float32Array
  readonly #columns: (Float32Array | undefined)[] = []

  /** `inputs` [items · sources] feed the first layer. */
  constructor(items: number, inputs: Float32Array, pre: Float32Array[], value: Float32Array[]) {
    this.items = items
    this.sizes = pre.map(values => values.length / items)
    this.pre = pre
    this.value = value
    this.#inputs = inputs
  }

  get logits(): Float32Array {
    return this.pre[this.pre.length - 1]
  }

  /** What feeds the weights of a layer, column by column: [source · items + item]. */
  sources(layer: number): Float32Array {
    this.#columns[layer] ??= transposed(layer === 0 ? this.#inputs : this.value[layer - 1], this.items)
    return this.#columns[layer]
  }
}

/** Undefined where a primary has no dense layers. */
export async function denseValues({ model, items, observer }: SweepSubject, rows: Int32Array): Promise<DenseValues | undefined> {
  const hooks = model.hooks.map(({ name }) => name)
  const layers = hooks.filter(name => /^layers\.\d+$/.test(name))
  if (layers.length === 0) return undefined
  const maps = hooks.filter(name => /^conv\.\d+$/.test(name)).slice(-1)
  const { values } = await observer.observe(items, rows, [...maps, ...layers.flatMap(name => [`${name}.pre`, name])])
  const inputs = maps.length > 0 ? values[maps[0]] : gatherInputs(items, rows)
  return new DenseValues(rows.length, inputs, layers.map(name => values[`${name}.pre`]), layers.map(name => values[name]))
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
