/**
 * TensorFlow itself, through its Node package, which is optional and never bundled: found or not, and on which device it
 * really runs. A build for GPUs runs on the CPU when it finds no CUDA, and says so only on stderr: so it is asked, not believed.
 */
import type { TensorflowExecutor } from './executor'
import type { Binding } from './native'
import { cpus } from 'node:os'
import process from 'node:process'
import util from 'node:util'
import { threads } from '../jax'
import { createExecutor } from './executor'
import { nativeKernels } from './native'

interface NodeTensorFlow {
  version: Record<string, string>
  backend: () => { isUsingGpuDevice?: boolean, binding: Binding }
  getBackend: () => string
  ready: () => Promise<void>
  default?: NodeTensorFlow
}

/** The package is CommonJS and its types want more than is used here. */
const PACKAGE = '@tensorflow/tfjs-node-gpu'

/** Throws where the package or the library under it is missing. */
export async function createTensorflowExecutor(): Promise<TensorflowExecutor> {
  // Removed in Node 23, called by the package.
  const utilities = util as unknown as Record<string, unknown>
  const removed = 'isNullOrUndefined'
  utilities[removed] ??= (value: unknown) => value === null || value === undefined
  // Small products do not earn back the hand-over to a second thread; see `threads`.
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads)
  // TensorFlow's own start-up lines are for its developers; what matters is said by `device`.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  const module = await import(/* @vite-ignore */ PACKAGE) as NodeTensorFlow
  const tf = module.default ?? module
  await tf.ready()
  if (tf.getBackend() !== 'tensorflow') throw new Error(`its backend is ${tf.getBackend()}, not TensorFlow`)
  const backend = tf.backend()
  const cpu = cpus()[0]?.model.trim() || `${process.arch} CPU`
  return createExecutor(nativeKernels(backend.binding), {
    device: backend.isUsingGpuDevice ? 'CUDA GPU' : `${cpu} (on the CPU: this TensorFlow finds no CUDA GPU it can use)`,
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || threads,
    versions: { node: process.versions.node, tensorflow: backend.binding.TF_Version, [PACKAGE]: tf.version['tfjs-node'] ?? tf.version['tfjs-core'] },
  })
}
