/** The workstation in a browser. Stays until Ctrl-C. */
import type { Command } from '../command'
import { join } from 'node:path'
import process from 'node:process'
import { ViewHub } from '../../host/viewHub'
import { openBrowser } from '../../serve/openBrowser'
import { startServer } from '../../serve/server'
import { createTheatre } from '../../theatre/theatre'
import { integerOption } from '../command'

export const serve: Command = {
  summary: 'the workstation in a browser; prints its URL',
  usage: '[--port 0] [--host 127.0.0.1 [--remote]] [--no-open]',
  options: {
    'port': { type: 'string' },
    'host': { type: 'string' },
    'remote': { type: 'boolean' },
    'no-open': { type: 'boolean' },
  },
  positionals: { min: 0, max: 0 },
  run: async (invocation) => {
    const { workstation, options, signal, say } = invocation
    const { here, places, version, lockFile } = workstation
    const engine = workstation.engine()
    // The screen that comes and goes; the theatre is there before it.
    let hub: ViewHub | undefined
    const theatre = createTheatre({
      ...places,
      engine,
      appVersion: version,
      surface: 'browser',
      lockFile,
      useExecutor: workstation.useExecutor,
      // A page cannot open the host's dialogs: the screen asks for a path instead.
      chooseFolder: async () => undefined,
      tell: (event, ...args) => hub?.broadcast(event, ...args),
      log: say,
    })
    hub = new ViewHub(theatre.functions, say)
    const port = integerOption(invocation, 'port', { max: 65535 })
    const served = await startServer({
      rendererFolder: join(here, '../renderer'),
      hub,
      log: say,
      ...(typeof options.host === 'string' ? { host: options.host } : {}),
      allowRemote: options.remote === true,
      ...(port === undefined ? {} : { port }),
    })
    process.stdout.write(`${served.url}\n`)
    if (!options['no-open']) openBrowser(served.url, process.platform, process.env)
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    hub.close()
    await served.close()
    await theatre.close()
    return undefined
  },
}
