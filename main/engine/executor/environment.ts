/** The executors of this process: how each is started, and what says whether an earlier measurement still holds. */
import type { ChoiceOptions, ExecutorName } from './choose'
import type { Executor } from './executor'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import process from 'node:process'
import { threads } from './jax'
import { packageVersion } from './jaxExecutor'
import { createWasmExecutor } from './wasm'

/** The others are loaded when they are started: TensorFlow alone takes a second and 300 MB. */
export const starters: Record<ExecutorName, () => Promise<Executor>> = {
  wasm: async () => createWasmExecutor(),
  webgpu: async () => (await import('./webgpu')).createWebgpuExecutor(),
  tensorflow: async () => (await import('./tensorflow/load')).createTensorflowExecutor(),
}

/** From the environment of the engine process: SYMBIOTE_EXECUTOR, SYMBIOTE_EXECUTOR_NOTE, SYMBIOTE_EXECUTOR_REASON, SYMBIOTE_EXECUTOR_MEASURE. */
export function choiceOptions(env: NodeJS.ProcessEnv, now: () => number): ChoiceOptions {
  return {
    wanted: env.SYMBIOTE_EXECUTOR || 'auto',
    start: starters,
    key: environmentKey(),
    note: env.SYMBIOTE_EXECUTOR_NOTE,
    because: env.SYMBIOTE_EXECUTOR_REASON,
    measure: env.SYMBIOTE_EXECUTOR_MEASURE === '1',
    now,
  }
}

function environmentKey(): string {
  const packages = ['@jax-js/jax', 'webgpu', '@tensorflow/tfjs-node-gpu'].map(name => `${name} ${packageVersion(name) ?? 'absent'}`)
  return [process.platform, process.arch, process.versions.node, cpus()[0]?.model.trim(), `${cpus().length} cores`, `${threads} threads`, ...packages, addonIsBuilt() ? 'addon built' : 'no addon'].join(' · ')
}

/** The package is there before its addon is, which is built or fetched later. */
function addonIsBuilt(): boolean {
  try {
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node')
    return true
  }
  catch {
    return false
  }
}
