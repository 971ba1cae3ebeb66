/**
 * The steering vector, a rival of gates: v = mean of a layer's values over items of the target class − mean over the items to be
 * steered, added α times (difference of means; Turner et al. 2023, Rimsky et al. 2024). One layer at a time, the best is kept.
 */
import type { Measured } from '../../../preload/contract/steering'
import type { Executor, Program, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Chosen, Yardstick } from './steering'
import { runAndRead } from '../executor/executor'
import { hookNamed } from '../primary/model'
import { Observer } from '../stimulation/observing'
import { gatherMask, gatherTargets } from '../task/items'
import { leastBetween } from './steering'

export interface SteeringVector {
  hook: string
  /** [width]; added at the positions that answer. */
  vector: Float64Array
  /** α. */
  strength: number
  /** On the items it was chosen with. */
  train: Measured
}

/** Strengths tried for the first that is enough: doubled from here, this many times. */
const FIRST = 1 / 16
const DOUBLINGS = 12

/** The hidden layers' values, and a transformer's stream after each block. */
export function vectorHooks({ architecture, cuts }: Model): string[] {
  const outputs = architecture.kind === 'transformer' ? undefined : `layers.${architecture.hidden.length}`
  return cuts.filter(name => architecture.kind === 'transformer' ? name.endsWith('resid_post') : name !== outputs)
}

/**
 * At each layer the least strength with which at least as many training items are answered with the target as `success`; of the
 * layers where there is one, that with the least KL on the others.
 */
export async function bestVector(executor: Executor, model: Model, parameters: Value[], yardstick: Yardstick, success: number, ready: () => Promise<void>): Promise<{ best?: SteeringVector, layers: SteeringVector[] }> {
  const layers: SteeringVector[] = []
  for (const hook of vectorHooks(model)) {
    const layer = new VectorLayer(executor, model, parameters, hook)
    const vector = await layer.difference(yardstick.examples, yardstick.steer, yardstick.target)
    const steered = await layer.at(yardstick.steer)
    const strength = await leastStrength(async (strength) => {
      await ready()
      return yardstick.success(await steered(vector, strength)) >= success
    })
    if (strength === undefined) continue
    layers.push({ hook, vector, strength, train: await (await layer.on(yardstick))(vector, strength) })
  }
  const [best] = [...layers].sort((a, b) => a.train.klOthers.mean - b.train.klOthers.mean)
  return { ...(best ? { best } : {}), layers }
}

/** The same vector on other items, at shares of its strength. */
export async function vectorResponse(executor: Executor, model: Model, parameters: Value[], { hook, vector, strength }: SteeringVector, yardstick: Yardstick, shares: readonly number[]): Promise<(Measured & { share: number })[]> {
  const measure = await new VectorLayer(executor, model, parameters, hook).on(yardstick)
  const points: (Measured & { share: number })[] = []
  for (const share of shares) points.push({ share, ...await measure(vector, share * strength) })
  return points
}

/** Undefined where none is enough. */
async function leastStrength(enough: (strength: number) => Promise<boolean>): Promise<number | undefined> {
  if (await enough(0)) return 0
  let [low, high] = [0, FIRST]
  for (let i = 0; !await enough(high); i++) {
    if (i === DOUBLINGS) return undefined
    low = high
    high *= 2
  }
  return leastBetween(low, high, enough)
}

type WithVector = (vector: Float64Array, strength: number) => Promise<Float32Array>

/** One hook that cuts the computation in two: values before it are found once, and what follows runs for each strength. */
class VectorLayer {
  readonly #executor: Executor
  readonly #model: Model
  readonly #parameters: Value[]
  readonly #hook: string
  readonly #observer: Observer
  readonly #rest: Program

  constructor(executor: Executor, model: Model, parameters: Value[], hook: string) {
    this.#executor = executor
    this.#model = model
    this.#parameters = parameters
    this.#hook = hook
    this.#observer = new Observer(executor, model, parameters)
    const count = parameters.length
    this.#rest = executor.compile(inputs => [model.forward(inputs.slice(0, count), inputs[count], { from: { hook, value: inputs[count + 1] } }).outputs])
  }

  /** Of examples the answers of the class, of the others those that are not. */
  async difference(examples: readonly Chosen[], steer: Chosen, target: number): Promise<Float64Array> {
    const wanted = new Mean(hookNamed(this.#model, this.#hook).width)
    const unwanted = new Mean(wanted.sums.length)
    for (const chosen of examples) await this.#add(wanted, chosen, of => of === target)
    await this.#add(unwanted, steer, of => of !== target)
    const [to, from] = [wanted.mean(), unwanted.mean()]
    return to.map((value, c) => value - from[c])
  }

  async on({ steer, others, success, spared }: Yardstick): Promise<(vector: Float64Array, strength: number) => Promise<Measured>> {
    const steered = await this.at(steer)
    const spare: WithVector[] = []
    for (const chosen of others) spare.push(await this.at(chosen))
    return async (vector, strength) => {
      const logits: Float32Array[] = []
      for (const of of spare) logits.push(await of(vector, strength))
      return { success: success(await steered(vector, strength)), ...spared(logits) }
    }
  }

  async at(chosen: Chosen): Promise<WithVector> {
    const values = await this.#values(chosen)
    return (vector, strength) => this.#from(values, chosen.rows.length, vector, strength)
  }

  async #from(values: Float32Array, rows: number, vector: Float64Array, strength: number): Promise<Float32Array> {
    const { outputs, inputs } = this.#model
    const { shape } = hookNamed(this.#model, this.#hook)
    const size = values.length / rows
    const each = outputs.positions * outputs.classes
    const logits = new Float32Array(rows * each)
    for (let at = 0; at < rows; at += this.#observer.chunk) {
      const n = Math.min(this.#observer.chunk, rows - at)
      const changed = values.slice(at * size, (at + n) * size)
      for (let i = 0; i < n; i++) {
        for (const position of this.#answering()) vector.forEach((v, c) => { changed[i * size + position * vector.length + c] += strength * v })
      }
      // Not read: the computation begins after them.
      const data = [this.#executor.upload(new Float32Array(n * inputs.reduce((a, b) => a * b, 1)), [n, ...inputs]), this.#executor.upload(changed, [n, ...shape])]
      try {
        const [part] = await runAndRead(this.#executor, this.#rest, [...this.#parameters, ...data])
        logits.set(part, at * each)
      }
      finally {
        this.#executor.free(...data)
      }
    }
    return logits
  }

  /** Positions of the hook that an answer is read at: every one, or the last. */
  #answering(): number[] {
    const { positions } = hookNamed(this.#model, this.#hook)
    return this.#model.outputs.positions === positions ? Array.from({ length: positions }, (_, t) => t) : [positions - 1]
  }

  async #add(mean: Mean, chosen: Chosen, wanted: (target: number) => boolean): Promise<void> {
    const values = await this.#values(chosen)
    const targets = gatherTargets(chosen.items, chosen.rows)
    const mask = gatherMask(chosen.items, chosen.rows)
    const answering = this.#answering()
    const { positions } = hookNamed(this.#model, this.#hook)
    targets.forEach((target, j) => {
      const item = Math.floor(j / answering.length)
      if (mask[j] > 0 && wanted(target)) mean.add(values, item * positions + answering[j % answering.length])
    })
  }

  async #values({ items, rows }: Chosen): Promise<Float32Array> {
    return (await this.#observer.observe(items, rows, [this.#hook])).values[this.#hook]
  }
}

class Mean {
  readonly sums: Float64Array
  #count = 0

  constructor(width: number) {
    this.sums = new Float64Array(width)
  }

  add(values: Float32Array, row: number): void {
    this.#count++
    this.sums.forEach((_, c) => { this.sums[c] += values[row * this.sums.length + c] })
  }

  mean(): Float64Array {
    return this.sums.map(sum => sum / this.#count)
  }
}
