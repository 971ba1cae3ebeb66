/**
 * The unstimulated values that runs begin at, computed once for a set of rows and kept on the device: the next strength of a
 * slider finds them there. Nothing stimulated is ever kept here.
 */
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Beginning } from './beginning'

export interface Prefix {
  /** At the hook, then of the stream that runs past it. */
  values: Value[]
  /** Of the first row, by hook: what is wanted of the hooks before the beginning. */
  observed: Record<string, Float32Array>
}

/** Prefixes kept, and the scalars they may take together; the newest stays whatever its size. */
const KEPT = 2
const KEPT_SCALARS = 32e6

export class Prefixes {
  readonly #executor: Executor
  readonly #model: Model
  readonly #parameters: Value[]
  readonly #observe: readonly string[]
  readonly #programs = new Map<string, Program>()
  readonly #kept = new Map<string, Prefix>()

  /** @param observe hooks whose values are wanted for the first row */
  constructor(executor: Executor, model: Model, parameters: Value[], observe: readonly string[]) {
    this.#executor = executor
    this.#model = model
    this.#parameters = parameters
    this.#observe = observe
  }

  /** @param inputs gives those of the rows, to be freed here; not called where the values are at hand */
  async at(begin: Beginning, rows: Int32Array, inputs: () => Value): Promise<Prefix> {
    const key = `${begin.hook}/${rows.join()}`
    const prefix = this.#kept.get(key) ?? await this.#compute(begin, inputs())
    const twin = this.#kept.get(key)
    // Two that asked at once: the one that came second brought its own.
    if (twin && twin !== prefix) this.#executor.free(...twin.values)
    this.#kept.delete(key)
    this.#kept.set(key, prefix)
    this.#makeRoom()
    return prefix
  }

  dispose(): void {
    for (const { values } of this.#kept.values()) this.#executor.free(...values)
    this.#kept.clear()
  }

  async #compute(begin: Beginning, inputs: Value): Promise<Prefix> {
    const names = this.#before(begin)
    try {
      const outputs = await this.#programFor(begin, names)([...this.#parameters, inputs])
      const [values, firsts] = [outputs.slice(0, outputs.length - names.length), outputs.slice(outputs.length - names.length)]
      const observed: Prefix['observed'] = {}
      for (const [i, first] of firsts.entries()) observed[names[i]] = await this.#executor.download(first)
      this.#executor.free(...firsts)
      return { values, observed }
    }
    finally {
      this.#executor.free(inputs)
    }
  }

  #before({ hook }: Beginning): string[] {
    const order = this.#model.hooks.map(({ name }) => name)
    return this.#observe.filter(name => order.indexOf(name) < order.indexOf(hook))
  }

  #programFor({ hook, stream }: Beginning, names: readonly string[]): Program {
    const known = this.#programs.get(hook)
    if (known) return known
    const model = this.#model
    const kept = stream === undefined ? [hook] : [hook, stream]
    const program = this.#executor.compile((inputs) => {
      const count = model.parameters.length
      const { outputs, observed } = model.forward(inputs.slice(0, count), inputs[count], { observe: [...kept, ...names] })
      outputs.dispose()
      return observed.map((value, i) => i < kept.length ? value : value.slice([0, 1]))
    })
    this.#programs.set(hook, program)
    return program
  }

  #makeRoom(): void {
    for (const [key, { values }] of this.#kept) {
      const scalars = [...this.#kept.values()].flatMap(prefix => prefix.values).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0)
      if (this.#kept.size === 1 || (this.#kept.size <= KEPT && scalars <= KEPT_SCALARS)) return
      this.#executor.free(...values)
      this.#kept.delete(key)
    }
  }
}
