/** The interface of an executor over kernels of TensorFlow.js; which kernels, and on what device, is in `load.ts`. */
import type { Executor, Program, PureFunction, Value } from '../executor'
import type { Kernels, Tensor } from './kernels'
import type { Prepared } from './program'
import { lower } from './lower'
import { prepare } from './program'
import { trace } from './trace'

export interface TensorflowExecutor extends Executor {
  readonly name: 'tensorflow'
  /** Like `compile`, ready for these shapes, to be looked into. */
  prepare: (fn: PureFunction, shapes: number[][]) => Prepared
}

class TensorValue implements Value {
  readonly shape: number[]
  readonly tensor: Tensor
  constructor(tensor: Tensor, shape: number[]) {
    this.tensor = tensor
    this.shape = shape
  }
}

/** A program nobody can call any more gives back the constants it held. */
const forgotten = new FinalizationRegistry<Map<string, Prepared>>((known) => {
  for (const program of known.values()) program.dispose()
})

export function createExecutor(kernels: Kernels, about: Pick<Executor, 'device' | 'threads' | 'versions'>): TensorflowExecutor {
  const alive = new Set<TensorValue>()
  const hold = (tensor: Tensor): TensorValue => {
    const value = new TensorValue(tensor, tensor.shape)
    alive.add(value)
    return value
  }
  const tensorOf = (value: Value): Tensor => {
    if (!(value instanceof TensorValue) || !alive.has(value)) throw new Error('a value of another executor, or one already freed')
    return value.tensor
  }
  const prepared = (fn: PureFunction, shapes: number[][]): Prepared => prepare(lower(trace(fn, shapes)), kernels)

  const compile = (fn: PureFunction): Program => {
    const known = new Map<string, Prepared>()
    const run: Program = async (inputs) => {
      const tensors = inputs.map(tensorOf)
      const shapes = inputs.map(({ shape }) => shape)
      const key = shapes.join(';')
      let program = known.get(key)
      if (!program) {
        program = prepared(fn, shapes)
        known.set(key, program)
      }
      return program.run(tensors).map(hold)
    }
    forgotten.register(run, known)
    return run
  }

  return {
    name: 'tensorflow',
    ...about,
    upload: (data, shape) => hold(kernels.upload(data, shape, 'float32')),
    download: value => kernels.read(tensorOf(value)),
    free: (...values) => {
      for (const value of values) {
        kernels.free(tensorOf(value))
        alive.delete(value as TensorValue)
      }
    },
    compile,
    prepare: prepared,
    alive: () => alive.size,
  }
}
