/** The executor of every machine: jax-js' SIMD kernels in WebAssembly, on the CPU. */
import type { Executor } from './executor'
import { cpus } from 'node:os'
import process from 'node:process'
import { threads } from './jax'
import { createJaxExecutor, jaxVersion } from './jaxExecutor'

export function createWasmExecutor(): Executor {
  return createJaxExecutor('wasm', {
    device: cpus()[0]?.model.trim() || `${process.arch} CPU`,
    threads,
    versions: { 'node': process.versions.node, 'v8': process.versions.v8, '@jax-js/jax': jaxVersion() },
  })
}
