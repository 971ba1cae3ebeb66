/** A primary under fixed gates: logits of many circuits over the same items. What certificates and judging measure with. */
import type { Items } from '../../../preload/contract/engine'
import type { Baseline } from '../../../preload/contract/intervention'
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Baselines } from './baselines'
import type { Gated } from './gated'
import type { Slots } from './slots'
import { performance } from 'node:perf_hooks'
import { runAndRead } from '../executor/executor'
import { vmap } from '../executor/jax'
import { chunkOf } from '../stimulation/knowledge'
import { gatherInputs } from '../task/items'
import { openBaselines } from './baselines'
import { checkBaseline, gatedModel } from './gated'
import { gatesOfSlots } from './slots'

export interface Circuits {
  readonly model: Model
  readonly slots: Slots
  readonly gated: Gated
  readonly baselines: Baselines
  readonly parameters: Value[]
  /** Circuits that share a run: asking for fewer costs as much. */
  readonly together: number
  /**
   * Of each circuit the logits of the rows, [rows · positions · classes].
   * @param circuits gates of the candidates, [candidates] each
   */
  logits: (items: Items, rows: Int32Array, circuits: readonly ArrayLike<number>[]) => Promise<Float32Array[]>
  dispose: () => void
}

/** Candidates that can be taken out one by one, at most; a transformer's passes are dear. */
export const FEW = { mlp: 8192, cnn: 1024, transformer: 512 } as const

/** So many candidates that none of them can be looked at by itself: each is worth next to nothing, and seeds agree on few. */
export function isMany({ model: { architecture: { kind } }, slots: { addresses } }: Pick<Circuits, 'model' | 'slots'>): boolean {
  return addresses.length > FEW[kind]
}

/** Longest that measuring keeps the engine from anything else. */
const TURN_MS = 30
/** Circuits in one program run; a transformer's passes are large already. */
const TOGETHER = { mlp: 16, cnn: 2, transformer: 4 } as const
/** Rows at once beside as many circuits. */
const ROWS = { mlp: 512, cnn: 128, transformer: 16 } as const

/** Leaves `parameters` alive. */
export async function openCircuits(executor: Executor, model: Model, parameters: Value[], slots: Slots, baseline: Baseline, train: Items): Promise<Circuits> {
  checkBaseline(slots, baseline)
  const gated = gatedModel(model, slots, baseline)
  const baselines = await openBaselines(executor, model, parameters, gated.baselineHooks, baseline, train)
  const program = compile(executor, model, gated)
  const { kind } = model.architecture
  const together = Math.max(1, Math.min(TOGETHER[kind], Math.floor(4e6 / slots.count)))
  const rowsAtOnce = Math.min(ROWS[kind], Math.max(1, chunkOf(model)))

  const runChunk = async (items: Items, rows: Int32Array, circuits: readonly ArrayLike<number>[], width: number): Promise<Float32Array> => {
    const gates = new Float32Array(width * slots.count)
    for (let k = 0; k < width; k++) gates.set(gatesOfSlots(slots, circuits[Math.min(k, circuits.length - 1)]), k * slots.count)
    const { values, release } = await baselines.valuesFor(items, rows)
    const data = [executor.upload(gatherInputs(items, rows), [rows.length, ...model.inputs]), executor.upload(gates, [width, slots.count])]
    try {
      return (await runAndRead(executor, program, [...parameters, ...data, ...values]))[0]
    }
    finally {
      executor.free(...data)
      release()
    }
  }

  return {
    model,
    slots,
    gated,
    baselines,
    parameters,
    together,
    logits: async (items, rows, circuits) => {
      const each = model.outputs.positions * model.outputs.classes
      const rest = rests()
      // One alone, or always as many, so that few programs serve; what fills up repeats the last.
      const width = circuits.length === 1 ? 1 : together
      const found = circuits.map(() => new Float32Array(rows.length * each))
      for (let c = 0; c < circuits.length; c += together) {
        const some = circuits.slice(c, c + together)
        for (let at = 0; at < rows.length; at += rowsAtOnce) {
          const part = rows.subarray(at, at + rowsAtOnce)
          const logits = await runChunk(items, part, some, width)
          await rest()
          some.forEach((_, k) => found[c + k].set(logits.subarray(k * part.length * each, (k + 1) * part.length * each), at * each))
        }
      }
      return found
    },
    dispose: () => baselines.dispose(),
  }
}

/** [parameters, inputs, gates [circuits, slots], baselines] → [circuits, items · positions, classes]. */
function compile(executor: Executor, model: Model, gated: Gated): Program {
  const count = model.parameters.length
  return executor.compile((inputs) => {
    const [items, gates, ...baselines] = inputs.slice(count)
    const one = (own: typeof gates, input: typeof items, values: typeof gates[], parameters: typeof gates[]): typeof gates => gated.forward(parameters, input, own, values)
    return [vmap(one, [0, null, null, null])(gates, items, baselines, inputs.slice(0, count))]
  })
}

/** Thousands of circuits are measured in one call; a stimulation or a cancel gets its turn in between. */
function rests(): () => Promise<void> {
  let rested = performance.now()
  return async () => {
    if (performance.now() - rested < TURN_MS) return
    await new Promise<void>(resolve => setImmediate(resolve))
    rested = performance.now()
  }
}
