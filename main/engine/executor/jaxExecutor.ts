/** An executor over one of jax-js' own devices: its kernels, its memory. Which device, and what it is, is said by `wasm.ts` and `webgpu.ts`. */
import type { Executor, Program, PureFunction, Value } from './executor'
import type { NdArray } from './jax'
import { createRequire } from 'node:module'
import { blockUntilReady, jit, np } from './jax'

class JaxValue implements Value {
  array: NdArray
  constructor(array: NdArray) { this.array = array }
  get shape(): number[] { return this.array.shape }
}

export function createJaxExecutor(device: 'wasm' | 'webgpu', about: Pick<Executor, 'device' | 'threads' | 'versions'>): Executor {
  const alive = new Set<JaxValue>()

  const hold = (array: NdArray): JaxValue => {
    const value = new JaxValue(array)
    alive.add(value)
    return value
  }

  const arrayOf = (value: Value): NdArray => {
    if (!(value instanceof JaxValue) || !alive.has(value)) throw new Error('a value of another executor, or one already freed')
    return value.array
  }

  const compile = (fn: PureFunction): Program => {
    const compiled = jit((...inputs: NdArray[]) => fn(inputs))
    return async (inputs) => {
      // Inputs are committed to the device, so that what the function makes by itself follows them there.
      const outputs = compiled(...inputs.map(input => arrayOf(input).ref))
      // Un-awaited steps queue their memory until the heap is full.
      await blockUntilReady(outputs)
      return outputs.map(hold)
    }
  }

  return {
    name: device,
    ...about,
    upload: (data, shape) => hold(np.array(data, { device }).reshape(shape)),
    download: async value => await arrayOf(value).ref.data() as Float32Array,
    free: (...values) => {
      for (const value of values) {
        arrayOf(value).dispose()
        alive.delete(value as JaxValue)
      }
    },
    compile,
    alive: () => alive.size,
  }
}

export function jaxVersion(): string {
  return packageVersion('@jax-js/jax') ?? 'unknown'
}

/** Of an installed package; undefined where it is not installed. */
export function packageVersion(name: string): string | undefined {
  try {
    const require = createRequire(import.meta.url)
    // Exports often hide package.json; the package's folder is above its entry.
    const entry = require.resolve(name).replaceAll('\\', '/')
    const root = entry.slice(0, entry.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length)
    return (require(`${root}package.json`) as { version: string }).version
  }
  catch {
    return undefined
  }
}
