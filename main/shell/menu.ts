/** Makes the system's menu of `menuItems.ts`. */
import type { MenuItemConstructorOptions } from 'electron'
import type { MenuEntry } from './menuItems'
import { Menu } from 'electron'
import { menuGroups } from './menuItems'

/** `choose` gets the id of the command. */
export function setMenu(platform: NodeJS.Platform, choose: (command: string) => void): void {
  const template = menuGroups(platform).map(({ label, entries }): MenuItemConstructorOptions => ({
    label,
    submenu: entries.map(entry => item(entry, choose)),
  }))
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}

function item(entry: MenuEntry, choose: (command: string) => void): MenuItemConstructorOptions {
  switch (entry.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'role':
      return { role: entry.role }
    case 'command':
      return {
        id: entry.id,
        label: entry.label,
        click: () => choose(entry.id),
        // Shown only: the screen listens for the key itself, and two listeners would run the command twice.
        ...(entry.accelerator === undefined ? {} : { accelerator: entry.accelerator, registerAccelerator: false }),
      }
    default:
      return entry satisfies never
  }
}
