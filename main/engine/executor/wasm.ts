/** The executor of every machine: jax-js' SIMD kernels in WebAssembly, on the CPU. */
import type { Executor, Program, PureFunction, Value } from './executor'
import type { NdArray } from './jax'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import process from 'node:process'
import { blockUntilReady, jit, np, threads } from './jax'

class WasmValue implements Value {
  array: NdArray
  constructor(array: NdArray) { this.array = array }
  get shape(): number[] { return this.array.shape }
}

export function createWasmExecutor(): Executor {
  const alive = new Set<WasmValue>()

  const hold = (array: NdArray): WasmValue => {
    const value = new WasmValue(array)
    alive.add(value)
    return value
  }

  const arrayOf = (value: Value): NdArray => {
    if (!(value instanceof WasmValue) || !alive.has(value)) throw new Error('a value of another executor, or one already freed')
    return value.array
  }

  const compile = (fn: PureFunction): Program => {
    const compiled = jit((...inputs: NdArray[]) => fn(inputs))
    return async (inputs) => {
      const outputs = compiled(...inputs.map(input => arrayOf(input).ref))
      // Un-awaited steps queue their memory until the heap is full.
      await blockUntilReady(outputs)
      return outputs.map(hold)
    }
  }

  return {
    name: 'wasm',
    device: cpus()[0]?.model.trim() || `${process.arch} CPU`,
    threads,
    versions: { 'node': process.versions.node, 'v8': process.versions.v8, '@jax-js/jax': jaxVersion() },
    upload: (data, shape) => hold(np.array(data).reshape(shape)),
    download: async value => await arrayOf(value).ref.data() as Float32Array,
    free: (...values) => {
      for (const value of values) {
        arrayOf(value).dispose()
        alive.delete(value as WasmValue)
      }
    },
    compile,
    alive: () => alive.size,
  }
}

function jaxVersion(): string {
  try {
    const require = createRequire(import.meta.url)
    // Its exports hide package.json; the folder is three levels above the entry.
    const entry = require.resolve('@jax-js/jax')
    return (require(entry.replace(/dist[\\/].*$/, 'package.json')) as { version: string }).version
  }
  catch {
    return 'unknown'
  }
}
