/** The engine under Electron: the same bundle as `forkProcess.ts` starts, in a utility process. */
import type { EngineExit, EngineProcess, EngineProcessOptions } from './engineProcess'
import { utilityProcess } from 'electron'
import { listen } from './channel'
import { ENGINE_SERVICE, followOutput, scrubbedEnvironment } from './engineProcess'

export function utilityEngine({ file, env, log, execArgv = [] }: EngineProcessOptions): EngineProcess {
  const child = utilityProcess.fork(file, [], {
    serviceName: ENGINE_SERVICE,
    stdio: 'pipe',
    env: scrubbedEnvironment(env),
    execArgv,
  })
  const lastWords = followOutput(child, log)

  const exits = new Set<(exit: EngineExit) => void>()
  child.on('exit', (code) => {
    exits.forEach(listener => listener({ code, lastWords: lastWords() }))
    exits.clear()
  })
  return {
    get pid() { return child.pid },
    postMessage: message => child.postMessage(message),
    onMessage: (listener) => {
      child.on('message', listener)
      return () => { child.off('message', listener) }
    },
    onExit: listener => listen(exits, listener),
    kill: signal => kill(child, signal),
  }
}

/** Electron's own `kill` asks politely; a process that hangs in a kernel needs the system's. */
function kill(child: { readonly pid?: number | undefined, kill: () => boolean }, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): boolean {
  if (signal === 'SIGTERM')
    return child.kill()
  try {
    return child.pid !== undefined && process.kill(child.pid, 'SIGKILL')
  }
  catch {
    return false
  }
}
