/** Connects a window's page to the hub: the one message the main process listens to, and only from our own page. */
import type { WebContents } from 'electron'
import type { ViewHub } from '../host/viewHub'
import { ipcMain } from 'electron'
import { PORT_MESSAGE } from '../../preload/contract/transport'
import { portChannel } from '../host/portChannel'
import { isOurPage } from './security'

export function connectPages(hub: ViewHub, log: (line: string) => void): void {
  const detach = new WeakMap<WebContents, () => void>()
  ipcMain.on(PORT_MESSAGE, ({ ports, sender, senderFrame }) => {
    const [port] = ports
    const from = senderFrame?.url ?? 'a frame that is gone'
    if (port === undefined || senderFrame?.parent != null || !isOurPage(from)) {
      log(`refused a connection from ${from.slice(0, 200)}`)
      return port?.close()
    }
    // A page that was loaded again is not another screen that takes over: its earlier port died with the earlier page.
    detach.get(sender)?.()
    detach.set(sender, hub.attach(portChannel(port)))
  })
}
