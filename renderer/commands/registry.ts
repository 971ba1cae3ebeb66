/**
 * The one registry of commands. Keys, the native menu and the palette all read it, so that what can be done is said once.
 * Who owns a command registers it and takes it away again.
 */
import { shallowRef } from 'vue'

export interface Command {
  /** Stable: the native menu sends it. */
  id: string
  title: string
  group: 'Stimulate' | 'Map' | 'Select' | 'View' | 'Record' | 'Annotate' | 'Replay' | 'Train' | 'Symbiote' | 'Patient' | 'Workstation'
  /** In tinykeys' notation, `$mod` being Ctrl or ⌘. The first is the one shown. */
  keys?: string[]
  /** Repeats while the key is held, as arrows do. */
  repeats?: boolean
  /** Left out of the palette: only makes sense as a key. */
  keyOnly?: boolean
  /** Where it cannot be run now it is shown greyed and its key does nothing. */
  when?: () => boolean
  run: (event?: KeyboardEvent) => void
  /** The key that ran it was let go, after so many milliseconds. */
  release?: (heldMs: number) => void
}

const registered = shallowRef<readonly Command[]>([])

/** Later registrations win a key over earlier ones whose `when` also holds. Returns its own undo. */
export function registerCommands(commands: Command[]): () => void {
  for (const command of commands) {
    if (registered.value.some(other => other.id === command.id))
      throw new Error(`Two commands are called ${command.id}.`)
  }
  registered.value = [...registered.value, ...commands]
  return () => {
    registered.value = registered.value.filter(command => !commands.includes(command))
  }
}

export function allCommands(): readonly Command[] {
  return registered.value
}

export function isAvailable(command: Command): boolean {
  return command.when?.() ?? true
}

/** By id; true when it ran. The native menu's way in. */
export function runCommand(id: string): boolean {
  const command = registered.value.find(candidate => candidate.id === id)
  if (!command || !isAvailable(command))
    return false
  command.run()
  return true
}

/** The command that a pressed key means now, the last registered first, and the key as that command writes it. */
export function commandForKey(pressed: (key: string) => boolean): { command: Command, key: string } | undefined {
  const command = registered.value.findLast(candidate => candidate.keys?.some(pressed) && isAvailable(candidate))
  const key = command?.keys?.find(pressed)
  return command === undefined || key === undefined ? undefined : { command, key }
}
