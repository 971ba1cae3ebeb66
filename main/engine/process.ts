/** Entry of the engine process: the same bundle under Electron's utilityProcess and under a plain Node fork. */
import type { EngineEvents, EngineFunctions } from '../../preload/contract/engine'
import process from 'node:process'
import { createBirpc } from 'birpc'
import { openErrors, sealErrors } from '../lib/rpcMessage'
import { createEngine } from './engine'
import { createWasmExecutor } from './executor/wasm'

/** Electron's port to the main process; typed here because this file must not import electron. */
interface ParentPort {
  on: (event: 'message', listener: (event: { data: unknown }) => void) => void
  postMessage: (message: unknown) => void
}

const parentPort = (process as { parentPort?: ParentPort }).parentPort

const host = createBirpc<EngineEvents, EngineFunctions>(createEngine(createWasmExecutor(), {
  progress: progress => tell('progress', progress),
  sweeping: progress => tell('sweeping', progress),
  checkpoint: (run, checkpoint) => tell('checkpoint', run, checkpoint),
}), {
  post: message => parentPort ? parentPort.postMessage(message) : process.send?.(message),
  on: receive => parentPort ? parentPort.on('message', event => receive(event.data)) : process.on('message', receive),
  serialize: sealErrors,
  deserialize: openErrors,
  // Training takes as long as it takes.
  timeout: -1,
})

function tell<K extends keyof EngineEvents>(event: K, ...args: Parameters<EngineEvents[K]>): void {
  void host.$callEvent(event, ...args)
}

// The host is gone: nobody will ever ask again.
process.on('disconnect', () => process.exit(0))
