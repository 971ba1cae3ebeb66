/** The life of the desktop application: one instance, one window, an orderly end. What it is about lives in the theatre. */
import type { BrowserWindow } from 'electron'
import type { ViewHub } from '../host/viewHub'
import { app } from 'electron'
import { guard } from './guards'
import { openMainWindow } from './mainWindow'
import { setMenu } from './menu'
import { serveScreen } from './screenProtocol'
import { connectPages } from './viewPort'

export interface ApplicationOptions {
  hub: ViewHub
  rendererFolder: string
  preload: string
  log: (line: string) => void
  /** Awaited before the process ends. */
  dispose: () => Promise<void>
}

export interface Application { window: () => BrowserWindow | undefined }

/** The app must be ready. */
export async function runApplication({ hub, rendererFolder, preload, log, dispose }: ApplicationOptions): Promise<Application> {
  let window: BrowserWindow | undefined
  const open = (): void => {
    window = openMainWindow({ preload, log })
    window.on('closed', () => { window = undefined })
  }
  guard(log)
  await serveScreen(rendererFolder)
  connectPages(hub, log)
  setMenu(process.platform, command => hub.broadcast('command', command))
  app.on('child-process-gone', (_, { type, reason, name }) => log(`${name ?? type} process gone (${reason})`))
  app.on('second-instance', () => {
    if (window === undefined)
      return open()
    if (window.isMinimized())
      window.restore()
    window.focus()
  })
  app.on('activate', () => window ?? open())
  app.on('window-all-closed', () => { if (process.platform !== 'darwin') app.quit() })
  endOrderly(hub, dispose, log)
  open()
  return { window: () => window }
}

/** Sessions are safe on disk without this; it spares the next start a repair. */
function endOrderly(hub: ViewHub, dispose: () => Promise<void>, log: (line: string) => void): void {
  let disposed = false
  app.on('will-quit', (event) => {
    if (disposed)
      return
    event.preventDefault()
    hub.close()
    dispose().catch((error: Error) => log(`while ending: ${error.stack}`)).finally(() => {
      disposed = true
      app.quit()
    })
  })
}
