/** Wires the window together once: greeting, keys, menu, commands. Called by `App.vue`; returns its undo. */
import { listenForKeys } from '../commands/keys'
import { runCommand } from '../commands/registry'
import { workstationCommands } from '../commands/workstation'
import { useConnection } from '../stores/connection'

export function useTheatre(): () => void {
  const connection = useConnection()
  const undos = [
    workstationCommands(),
    connection.onView('command', id => void runCommand(id)),
    listenForKeys(window),
  ]
  return () => undos.forEach(undo => undo())
}
