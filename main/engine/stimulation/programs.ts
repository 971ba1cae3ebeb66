/** Runs plans. Which hooks and readings a plan touches makes the program, traced once; what it does to them is its data. */
import type { Span } from '../../../preload/contract/address'
import type { Executor, Program, Value } from '../executor/executor'
import type { NdArray } from '../executor/jax'
import type { Change, Model, ReadChange, Run } from '../primary/model'
import type { AffineStep, DirectionStep, Plan, ReadPlan } from './plan'
import { runAndRead } from '../executor/executor'
import { np } from '../executor/jax'
import { hookNamed } from '../primary/model'
import { positionsOf } from './targets'

/** Programs kept; the least recently used goes first. */
const KEPT = 64

export class Programs {
  readonly #executor: Executor
  readonly #model: Model
  readonly #observe: string[]
  readonly #answers: Span | undefined
  readonly #programs = new Map<string, Program>()

  /**
   * @param observe hooks whose values are wanted for the first item
   * @param answers see `Run`
   */
  constructor(executor: Executor, model: Model, observe: string[], answers?: Span) {
    this.#executor = executor
    this.#model = model
    this.#observe = observe
    this.#answers = answers
  }

  /** Hooks observed in a plan's run: those it comes by. */
  observed({ begin }: Plan): string[] {
    if (!begin) return this.#observe
    const order = this.#model.hooks.map(({ name }) => name)
    return this.#observe.filter(name => order.indexOf(name) >= order.indexOf(begin.hook))
  }

  /**
   * Outputs of all rows, then the observed hooks of the first. Leaves parameters and start alive.
   * @param start the inputs, or what the plan's run begins with
   */
  async run(parameters: Value[], start: Value[], plan: Plan): Promise<Float32Array[]> {
    const data = this.#upload(plan, start[0].shape[0])
    try {
      return await runAndRead(this.#executor, this.#programFor(plan), [...parameters, ...start, ...data])
    }
    finally {
      this.#executor.free(...data)
    }
  }

  #programFor(plan: Plan): Program {
    const key = programKey(plan)
    const program = this.#programs.get(key) ?? this.#compile(plan)
    this.#programs.delete(key)
    this.#programs.set(key, program)
    if (this.#programs.size > KEPT) this.#programs.delete(this.#programs.keys().next().value!)
    return program
  }

  #compile(plan: Plan): Program {
    const { hooks, reads, begin } = plan
    const model = this.#model
    const observe = this.observed(plan)
    const touched = Object.entries(hooks).map(([name, steps]) => [name, steps.map(step => step.kind)] as const)
    const readers = reads.map(({ reader, writers }) => ({ reader, writers: Object.keys(writers) }))
    const count = model.parameters.length
    return this.#executor.compile((inputs) => {
      const rest = inputs.slice(count)
      const take = (): NdArray => rest.shift()!
      const from: Run['from'] = begin && { hook: begin.hook, value: take(), ...(begin.stream === undefined ? {} : { stream: take() }) }
      const items = from ? np.zeros([1, ...model.inputs]) : take()
      const changes = Object.fromEntries(touched.map(([name, kinds]) => [name, kinds.map((kind): Change => kind === 'affine'
        ? { kind, scale: take(), offset: take() }
        : { kind, vector: take(), scale: take(), offset: take() })]))
      const changedReads = readers.map(({ reader, writers }): ReadChange => ({ reader, mask: take(), writers: Object.fromEntries(writers.map(writer => [writer, take()])), shift: take() }))
      const { outputs, observed } = model.forward(inputs.slice(0, count), items, { changes, reads: changedReads, observe, ...(this.#answers ? { answers: this.#answers } : {}), ...(from ? { from } : {}) })
      return [outputs, ...observed.map(value => value.slice([0, 1]))]
    })
  }

  #upload({ hooks, reads }: Plan, rows: number): Value[] {
    return [
      ...Object.entries(hooks).flatMap(([name, steps]) => steps.flatMap(step => this.#uploadStep(name, step, rows))),
      ...reads.flatMap(read => this.#uploadRead(read, rows)),
    ]
  }

  #uploadStep(name: string, step: AffineStep | DirectionStep, rows: number): Value[] {
    const { shape, positions, width } = hookNamed(this.#model, name)
    const upload: Executor['upload'] = (data, shape) => this.#executor.upload(data, shape)
    if (step.kind === 'affine') return [upload(step.scale, [...shape]), upload(step.offset, [step.perItem ? rows : 1, ...shape])]
    return [upload(step.vector, [width]), upload(step.scale, [positions, 1]), upload(step.offset, [rows, positions, 1])]
  }

  #uploadRead({ mask, writers, shift, perItem }: ReadPlan, rows: number): Value[] {
    const upload: Executor['upload'] = (data, shape) => this.#executor.upload(data, shape)
    const positions = positionsOf(this.#model)
    const items = perItem ? rows : 1
    return [
      upload(mask, [mask.length]),
      ...Object.values(writers).map(scale => upload(scale, [positions, scale.length / positions])),
      upload(shift, [items, positions, shift.length / items / positions]),
    ]
  }
}

/** Equal for plans that one program serves. Arrays of another shape are traced again by the executor itself. */
export function programKey({ hooks, reads, begin }: Plan): string {
  return JSON.stringify([begin?.hook, Object.entries(hooks).map(([name, steps]) => [name, steps.map(step => step.kind)]), reads.map(({ reader, writers }) => [reader, Object.keys(writers)])])
}
