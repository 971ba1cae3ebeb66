/** Refuses what a page could ask of Electron: permissions, other pages, new windows, embedded views. */
import type { WebContents } from 'electron'
import { app, session, shell } from 'electron'
import { ALLOWED_PERMISSIONS, isOurPage, mayOpenOutside } from './security'

/** Once the app is ready, before the first window. */
export function guard(log: (line: string) => void): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_, permission, decide) => decide(ALLOWED_PERMISSIONS.includes(permission)))
  defaultSession.setPermissionCheckHandler((_, permission) => ALLOWED_PERMISSIONS.includes(permission))
  defaultSession.setDevicePermissionHandler(() => false)
  app.on('web-contents-created', (_, contents) => guardContents(contents, log))
}

function guardContents(contents: WebContents, log: (line: string) => void): void {
  const refuseOthers = (event: { preventDefault: () => void, url: string }): void => {
    if (isOurPage(event.url))
      return
    event.preventDefault()
    openOutside(event.url, log)
  }
  contents.on('will-navigate', refuseOthers)
  contents.on('will-frame-navigate', refuseOthers)
  contents.on('will-redirect', refuseOthers)
  contents.on('will-attach-webview', event => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url, log)
    return { action: 'deny' }
  })
}

function openOutside(url: string, log: (line: string) => void): void {
  if (mayOpenOutside(url))
    void shell.openExternal(url)
  else
    log(`refused to open ${url.slice(0, 200)}`)
}
