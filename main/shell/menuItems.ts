/** The menu as data: the ids are commands of the screen's registry, the roles are the system's own. */

export type MenuEntry
  = | { kind: 'command', id: string, label: string, accelerator?: string }
    | { kind: 'role', role: MenuRole }
    | { kind: 'separator' }

export type MenuRole = 'about' | 'services' | 'hide' | 'hideOthers' | 'unhide' | 'quit' | 'close' | 'cut' | 'copy' | 'paste' | 'selectAll'
  | 'minimize' | 'zoom' | 'front' | 'togglefullscreen' | 'resetZoom' | 'zoomIn' | 'zoomOut' | 'toggleDevTools'

export interface MenuGroup { label: string, entries: MenuEntry[] }

const separator: MenuEntry = { kind: 'separator' }
const role = (name: MenuRole): MenuEntry => ({ kind: 'role', role: name })
const command = (id: string, label: string, accelerator?: string): MenuEntry =>
  ({ kind: 'command', id, label, ...(accelerator === undefined ? {} : { accelerator }) })

export function menuGroups(platform: NodeJS.Platform): MenuGroup[] {
  const mac = platform === 'darwin'
  const application: MenuGroup = {
    label: 'Symbiote',
    entries: [role('about'), separator, role('services'), separator, role('hide'), role('hideOthers'), role('unhide'), separator, role('quit')],
  }
  return [
    ...(mac ? [application] : []),
    {
      label: 'File',
      entries: [
        command('patient.open', 'Open patient…'),
        command('patient.openFolder', 'Open patient from a folder…'),
        separator,
        command('session.library', 'Sessions…'),
        separator,
        role(mac ? 'close' : 'quit'),
      ],
    },
    {
      label: 'Edit',
      // Undo and redo are the screen's own: they take back tags and interventions, not only typing.
      entries: [command('undo', 'Undo'), command('redo', 'Redo'), separator, role('cut'), role('copy'), role('paste'), role('selectAll')],
    },
    {
      label: 'Session',
      entries: [command('session.record', 'Record'), command('session.stop', 'Stop recording')],
    },
    {
      label: 'View',
      entries: [
        command('palette.open', 'Find a command…', 'CmdOrCtrl+K'),
        command('view.frame', 'Frame the selection'),
        separator,
        role('resetZoom'),
        role('zoomIn'),
        role('zoomOut'),
        role('togglefullscreen'),
        separator,
        role('toggleDevTools'),
      ],
    },
    { label: 'Window', entries: mac ? [role('minimize'), role('zoom'), separator, role('front')] : [role('minimize'), role('close')] },
    { label: 'Help', entries: [command('help.keys', 'All keys')] },
  ]
}

/** Every command the menu can send. */
export function menuCommands(platform: NodeJS.Platform): string[] {
  return menuGroups(platform).flatMap(group => group.entries).flatMap(entry => entry.kind === 'command' ? [entry.id] : [])
}
