/**
 * The one place that loads jax-js, so that a version bump touches this folder and the thread pool is set up first.
 * Arrays are reference-counted: passing one to a function gives it away; `.ref` keeps it.
 */
import type { Array as JaxArray } from '@jax-js/jax'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { installWorkers } from './workerThreads'

/**
 * Threads of the wasm kernels. Half the cores by default: a kernel split over threads costs a message each way, which
 * small kernels never earn back (a digits training step: 5 ms on one thread, 10 ms on two, same machine), and the
 * screen needs a core too.
 */
export const threads = Number(process.env.SYMBIOTE_THREADS) || Math.max(1, Math.min(8, availableParallelism() >> 1))

installWorkers(threads)

// A static import would be evaluated before the line above.
// eslint-disable-next-line antfu/no-top-level-await
export const { blockUntilReady, getWebGPUDevice, init, jit, makeJaxpr, nn, numpy: np, valueAndGrad, vmap } = await import('@jax-js/jax')

export type NdArray = JaxArray
