/** Reading and changing values while a forward pass is traced: what the models share. */
import type { NdArray } from '../executor/jax'
import type { Change, Passed, Run } from './model'
import { np } from '../executor/jax'

export class Taps {
  readonly #run: Run
  readonly #seen = new Map<string, NdArray>()
  readonly #used = new Set<string>()

  constructor(run: Run = {}) {
    this.#run = run
  }

  /** The value as the rest of the computation sees it. Takes it. */
  tap(name: string, value: NdArray): NdArray {
    const changed = (this.#run.changes?.[name] ?? []).reduce(apply, value)
    this.#used.add(name)
    return this.observe(name, changed)
  }

  /** Remembers a value that is wanted and passes it on. Takes it. */
  observe(name: string, value: NdArray): NdArray {
    if (this.#run.observe?.includes(name)) this.#seen.set(name, value.ref)
    return value
  }

  wants(name: string): boolean {
    return this.#run.observe?.includes(name) ?? false
  }

  finish(outputs: NdArray): Passed {
    const missed = Object.keys(this.#run.changes ?? {}).find(name => !this.#used.has(name))
    if (missed !== undefined) throw new Error(`no hook ${missed} to change`)
    return {
      outputs,
      observed: (this.#run.observe ?? []).map((name) => {
        const value = this.#seen.get(name)
        if (!value) throw new Error(`nothing named ${name} to observe`)
        return value
      }),
    }
  }
}

function apply(value: NdArray, change: Change): NdArray {
  switch (change.kind) {
    case 'affine': return value.mul(change.scale).add(change.offset)
    case 'direction': {
      const projection = np.dot(value.ref, change.vector.ref).reshape([...value.shape.slice(0, -1), 1])
      return value.add(projection.mul(change.scale.sub(1)).add(change.offset).mul(change.vector))
    }
    default: return change satisfies never
  }
}

/** Parameters by name, each given out once; what nobody asked for is freed at the end. */
export class Parameters {
  readonly #left: Map<string, NdArray>

  constructor(names: readonly (readonly [string, number[]])[], values: NdArray[]) {
    this.#left = new Map(names.map(([name], i) => [name, values[i]]))
  }

  take(name: string): NdArray {
    const value = this.takeIfThere(name)
    if (!value) throw new Error(`no parameter ${name}`)
    return value
  }

  takeIfThere(name: string): NdArray | undefined {
    const value = this.#left.get(name)
    this.#left.delete(name)
    return value
  }

  dispose(): void {
    for (const value of this.#left.values()) value.dispose()
    this.#left.clear()
  }
}
