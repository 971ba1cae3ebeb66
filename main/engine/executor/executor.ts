/**
 * What runs the arithmetic. Models, losses and interventions are written once as pure functions over arrays;
 * an executor traces such a function and runs it. `wasm` is one; `webgpu` and `tensorflow` fill in the same interface.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { NdArray } from './jax'

/** A value held by an executor, on its device. Freed by `free`, never by the garbage collector. */
export interface Value { readonly shape: number[] }

/** Pure, in jax-js terms: takes ownership of its inputs and gives its outputs away. */
export type PureFunction = (inputs: NdArray[]) => NdArray[]

/** Runs on values of the shapes it meets, tracing once per set of shapes. Leaves its inputs alive. */
export type Program = (inputs: Value[]) => Promise<Value[]>

export interface Executor {
  readonly name: 'wasm' | 'webgpu' | 'tensorflow'
  /** The device in words, as true as can be found out. */
  readonly device: string
  readonly threads: number
  readonly versions: Record<string, string>
  /** float32 only: bytes and integers are widened by the caller, who knows the scale. */
  upload: (data: Float32Array<ArrayBuffer>, shape: number[]) => Value
  download: (value: Value) => Promise<Float32Array>
  free: (...values: Value[]) => void
  compile: (fn: PureFunction) => Program
  /** Values alive, for tests that count leaks. */
  alive: () => number
}

export function uploadTensor(executor: Executor, { data, shape }: Tensor): Value {
  return executor.upload(Float32Array.from(data), shape)
}

/** Runs, reads every output back, frees them. */
export async function runAndRead(executor: Executor, program: Program, inputs: Value[]): Promise<Float32Array[]> {
  const outputs = await program(inputs)
  try {
    const read: Float32Array[] = []
    for (const output of outputs) read.push(await executor.download(output))
    return read
  }
  finally {
    executor.free(...outputs)
  }
}
