/** Commands of the window itself: modes, theme, palette, undo. */
import type { Command } from './registry'
import { useConnection } from '../stores/connection'
import { MODES, useUi } from '../stores/ui'
import { registerCommands } from './registry'
import { undoStack } from './undoStack'

export function workstationCommands(): () => void {
  const ui = useUi()
  const connection = useConnection()
  const step = (way: 'undo' | 'redo') => async (): Promise<void> => {
    const label = await connection.attempt(() => undoStack[way]())
    if (label)
      ui.announce(`${way === 'undo' ? 'Undone' : 'Redone'}: ${label}`)
  }
  const commands: Command[] = [
    { id: 'palette.open', title: 'Find a command', group: 'Workstation', keys: ['$mod+KeyK'], keyOnly: true, run: () => ui.dialog = 'palette' },
    { id: 'help.keys', title: 'All keys', group: 'Workstation', keys: ['Shift+?', '?'], run: () => ui.dialog = 'keys' },
    { id: 'undo', title: 'Undo', group: 'Workstation', keys: ['$mod+KeyZ'], when: () => undoStack.next.undo !== undefined, run: step('undo') },
    { id: 'redo', title: 'Redo', group: 'Workstation', keys: ['$mod+Shift+KeyZ', '$mod+KeyY'], when: () => undoStack.next.redo !== undefined, run: step('redo') },
    { id: 'help.tour', title: 'Show the tour', group: 'Workstation', run: () => ui.tourOpen = true },
    ...MODES.map((mode): Command => ({ id: `mode.${mode.id}`, title: `Go to ${mode.title}`, group: 'Workstation', when: () => ui.mode !== mode.id, run: () => ui.mode = mode.id })),
    ...(['dark', 'light', 'contrast'] as const).map((theme): Command => ({
      id: `view.theme.${theme}`,
      title: theme === 'contrast' ? 'High-contrast theme' : `${theme === 'dark' ? 'Dark' : 'Light'} theme`,
      group: 'View',
      when: () => connection.settings.theme !== theme,
      run: () => void connection.saveSettings({ theme }),
    })),
  ]
  return registerCommands(commands)
}
