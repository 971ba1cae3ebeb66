/** The one window: how it looks, and what happens when its page dies. The host's state is not in it, so a reload loses nothing. */
import { BrowserWindow, dialog } from 'electron'
import { PAGE_URL, WEB_PREFERENCES } from './security'

/** Reloads within a minute after which it is asked instead. */
const RELOADS = 3
const RELOAD_WINDOW_MS = 60_000

export interface MainWindowOptions {
  /** The preload's bundle, absolute. */
  preload: string
  log: (line: string) => void
}

export function openMainWindow({ preload, log }: MainWindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 1100,
    minHeight: 700,
    title: 'Symbiote',
    // The theatre's ground, so that nothing flashes before the first frame.
    backgroundColor: '#0b0f12',
    show: false,
    autoHideMenuBar: true,
    webPreferences: { ...WEB_PREFERENCES, preload },
  })
  window.once('ready-to-show', () => window.show())
  survive(window, log)
  window.loadURL(PAGE_URL).catch((error: Error) => log(`the page could not be loaded: ${error.message}`))
  return window
}

function survive(window: BrowserWindow, log: (line: string) => void): void {
  const reloads: number[] = []
  const reload = async (why: string): Promise<void> => {
    log(why)
    const now = performance.now()
    reloads.push(now)
    const recent = reloads.filter(time => now - time < RELOAD_WINDOW_MS).length
    if (recent <= RELOADS || await agrees(window, `${why} It happened ${recent} times within a minute.`))
      window.isDestroyed() || window.webContents.reload()
  }
  window.webContents.on('render-process-gone', (_, { reason }) => {
    if (reason !== 'clean-exit')
      void reload(`The window's page ended (${reason}).`)
  })
  window.on('unresponsive', () => void (async () => {
    const why = 'The window does not respond.'
    log(why)
    if (await agrees(window, why) && !window.isDestroyed())
      window.webContents.reload()
  })())
  window.webContents.on('preload-error', (_, path, error) => log(`${path}: ${error.stack}`))
}

async function agrees(window: BrowserWindow, message: string): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message,
    detail: 'Recording and training go on outside the window; reloading it loses nothing.',
    buttons: ['Reload the window', 'Wait'],
    defaultId: 0,
    cancelId: 1,
  })
  return response === 0
}
