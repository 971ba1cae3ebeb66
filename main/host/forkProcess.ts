/** The engine under plain Node: server, command line and tests. The desktop app uses `utilityProcess.ts`. */
import type { ChildProcess } from 'node:child_process'
import type { EngineExit, EngineProcess, EngineProcessOptions } from './engineProcess'
import { fork } from 'node:child_process'
import { listen } from './channel'
import { ENGINE_SERVICE, followOutput, scrubbedEnvironment } from './engineProcess'

export function forkProcess({ file, env, log, execArgv = [] }: EngineProcessOptions): EngineProcess {
  const child = fork(file, [], {
    // Structured clone: typed arrays cross as they are.
    serialization: 'advanced',
    // Its stdout is not ours: `--json` prints exactly one object there.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: scrubbedEnvironment(env),
    // Not this process's flags: a debugger's port or a loader is for this process alone.
    execArgv: [`--title=${ENGINE_SERVICE}`, ...execArgv],
  })
  const lastWords = followOutput(child, log)

  const exits = new Set<(exit: EngineExit) => void>()
  onceGone(child, (exit) => {
    exits.forEach(listener => listener({ ...exit, lastWords: lastWords() }))
    exits.clear()
  })
  return {
    get pid() { return child.exitCode === null && child.signalCode === null ? child.pid : undefined },
    // A message to a process that is just ending fails; its exit says more.
    postMessage: message => void (child.connected && child.send(message as object, () => {})),
    onMessage: (listener) => {
      child.on('message', listener)
      return () => { child.off('message', listener) }
    },
    onExit: listener => listen(exits, listener),
    kill: signal => child.kill(signal ?? 'SIGTERM'),
  }
}

/** Once, after its last line has been read: `close` follows `exit`. A process that could not start only gives `error`. */
function onceGone(child: ChildProcess, gone: (exit: EngineExit) => void): void {
  let told = false
  const tell = (exit: EngineExit): void => {
    if (told)
      return
    told = true
    gone(exit)
  }
  child.on('close', (code, signal) => tell({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }))
  child.on('error', (error) => { if (child.pid === undefined) tell({ lastWords: error.message }) })
}
