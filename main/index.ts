/** Electron's entry: compose, nothing else. */
import type { Application } from './shell/application'
import { join } from 'node:path'
import { app, dialog } from 'electron'
import { UserError } from '../preload/contract/errors'
import { createWorkstation } from './cli/workstation'
import { utilityEngine } from './host/utilityProcess'
import { ViewHub } from './host/viewHub'
import { runApplication } from './shell/application'
import { chooseFolder } from './shell/dialogs'
import { registerScreenScheme } from './shell/screenProtocol'
import { createTheatre } from './theatre/theatre'

const here = import.meta.dirname

async function start(): Promise<void> {
  const log = (line: string): void => console.error(line)
  const workstation = await createWorkstation({ here, start: utilityEngine, log })
  // The window that comes and goes; the theatre is there before it.
  let hub: ViewHub | undefined
  let application: Application | undefined
  const theatre = createTheatre({
    ...workstation.places,
    engine: workstation.engine(),
    appVersion: workstation.version,
    surface: 'desktop',
    lockFile: workstation.lockFile,
    useExecutor: workstation.useExecutor,
    chooseFolder: purpose => chooseFolder(application?.window(), purpose),
    tell: (event, ...args) => hub?.broadcast(event, ...args),
    log,
  })
  hub = new ViewHub(theatre.functions, log)
  application = await runApplication({
    hub,
    rendererFolder: join(here, '../renderer'),
    preload: join(here, '../preload/index.cjs'),
    log,
    dispose: async () => {
      await theatre.close()
      await workstation.close()
    },
  })
}

function giveUp(error: unknown): void {
  console.error(error)
  dialog.showErrorBox('Symbiote could not start', error instanceof UserError ? error.line : String(error))
  app.exit(1)
}

registerScreenScheme()
// Electron becomes ready only after this module has run, so it must not wait here.
if (app.requestSingleInstanceLock())
  app.whenReady().then(start).catch(giveUp)
else
  app.quit()
