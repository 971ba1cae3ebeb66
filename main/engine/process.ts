/** Entry of the engine process: the same bundle under Electron's utilityProcess and under a plain Node fork. */
import type { EngineEvents, EngineFunctions } from '../../preload/contract/engine'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createBirpc } from 'birpc'
import { openErrors, sealErrors } from '../lib/rpcMessage'
import { createEngine } from './engine'
import { chooseExecutor } from './executor/choose'
import { choiceOptions } from './executor/environment'

/** Electron's port to the main process; typed here because this file must not import electron. */
interface ParentPort {
  on: (event: 'message', listener: (event: { data: unknown }) => void) => void
  postMessage: (message: unknown) => void
}

const parentPort = (process as { parentPort?: ParentPort }).parentPort

/** Messages are heard at once; they wait while the executor starts and, where there is a choice, is timed. */
const engine = startEngine()
// Whoever calls gets the failure; until somebody does, it is nobody's unhandled rejection.
engine.catch(() => {})

const host = createBirpc<EngineEvents, EngineFunctions>({} as EngineFunctions, {
  // The wait belongs into the call, where its failure is an answer.
  resolver: name => (async (...args: never[]) => ((await engine)[name as keyof EngineFunctions] as (...args: never[]) => unknown)(...args)) as never,
  post: message => parentPort ? parentPort.postMessage(message) : process.send?.(message),
  on: receive => parentPort ? parentPort.on('message', event => receive(event.data)) : process.on('message', receive),
  serialize: sealErrors,
  deserialize: openErrors,
  // Training takes as long as it takes.
  timeout: -1,
})

async function startEngine(): Promise<EngineFunctions> {
  const choice = await chooseExecutor(choiceOptions(process.env, () => performance.now()))
  return createEngine(choice, {
    progress: progress => tell('progress', progress),
    sweeping: progress => tell('sweeping', progress),
    judging: progress => tell('judging', progress),
    reading: progress => tell('reading', progress),
    matching: progress => tell('matching', progress),
    finding: progress => tell('finding', progress),
    checkpoint: (run, checkpoint) => tell('checkpoint', run, checkpoint),
  })
}

function tell<K extends keyof EngineEvents>(event: K, ...args: Parameters<EngineEvents[K]>): void {
  void host.$callEvent(event, ...args)
}

// The host is gone: nobody will ever ask again.
process.on('disconnect', () => process.exit(0))
