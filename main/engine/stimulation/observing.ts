/** Unstimulated values of hooks for chosen items. One program per set of hooks; never more rows at once than memory likes. */
import type { Items } from '../../../preload/contract/engine'
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Values } from './knowledge'
import { runAndRead } from '../executor/executor'
import { gatherInputs } from '../task/items'
import { chunkOf } from './knowledge'

export interface Observed {
  /** [rows · positions · classes]. */
  outputs: Float32Array
  /** Of hooks [rows · positions · width], of patterns [rows · heads · query · key]. */
  values: Values
}

export class Observer {
  readonly #executor: Executor
  readonly #model: Model
  readonly #parameters: Value[]
  readonly #programs = new Map<string, Program>()

  constructor(executor: Executor, model: Model, parameters: Value[]) {
    this.#executor = executor
    this.#model = model
    this.#parameters = parameters
  }

  /** Of all rows, a chunk at a time. */
  async observe(items: Items, rows: Int32Array, names: readonly string[]): Promise<Observed> {
    const chunk = chunkOf(this.#model)
    let whole: Float32Array[] | undefined
    for (let at = 0; at < rows.length; at += chunk) {
      const part = rows.subarray(at, at + chunk)
      const read = await this.#run(items, part, names)
      if (part.length === rows.length) {
        whole = read
        break
      }
      whole ??= read.map(values => new Float32Array(values.length / part.length * rows.length))
      read.forEach((values, i) => whole![i].set(values, at * values.length / part.length))
    }
    const [outputs, ...values] = whole ?? []
    return { outputs: outputs ?? new Float32Array(), values: Object.fromEntries(names.map((name, i) => [name, values[i] ?? new Float32Array()])) }
  }

  /** Rows at once. */
  get chunk(): number {
    return chunkOf(this.#model)
  }

  async #run(items: Items, rows: Int32Array, names: readonly string[]): Promise<Float32Array[]> {
    const inputs = this.#executor.upload(gatherInputs(items, rows), [rows.length, ...this.#model.inputs])
    try {
      return await runAndRead(this.#executor, this.#programFor(names), [...this.#parameters, inputs])
    }
    finally {
      this.#executor.free(inputs)
    }
  }

  #programFor(names: readonly string[]): Program {
    const key = names.join()
    let program = this.#programs.get(key)
    if (!program) {
      const count = this.#model.parameters.length
      program = this.#executor.compile((inputs) => {
        const { outputs, observed } = this.#model.forward(inputs.slice(0, count), inputs[count], { observe: names })
        return [outputs, ...observed]
      })
      this.#programs.set(key, program)
    }
    return program
  }
}
