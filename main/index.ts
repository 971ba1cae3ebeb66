/** Electron's entry: compose, nothing else. */
import type { Application } from './shell/application'
import { join } from 'node:path'
import { app, dialog } from 'electron'
import { UserError } from '../preload/contract/errors'
import { EngineClient } from './host/engineClient'
import { noTheatre } from './host/noTheatre'
import { utilityEngine } from './host/utilityProcess'
import { ViewHub } from './host/viewHub'
import { runApplication } from './shell/application'
import { chooseFolder } from './shell/dialogs'
import { registerScreenScheme } from './shell/screenProtocol'

const here = import.meta.dirname

async function start(): Promise<void> {
  const log = (line: string): void => console.error(line)
  let application: Application | undefined
  const engine = new EngineClient({ start: () => utilityEngine({ file: join(here, 'engine.js'), env: process.env, log }), log })
  const theatre = noTheatre({ chooseFolder: purpose => chooseFolder(application?.window(), purpose) })
  const hub = new ViewHub(theatre, log)
  engine.onState(state => hub.broadcast('engine', state))
  application = await runApplication({
    hub,
    rendererFolder: join(here, '../renderer'),
    preload: join(here, '../preload/index.cjs'),
    log,
    dispose: () => engine.dispose(),
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
