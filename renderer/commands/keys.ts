/** Turns key presses into commands, and key names into what is printed on a key. */
import { matchKeybindingPress, parseKeybinding, tinykeys } from 'tinykeys'
import { watch } from 'vue'
import { allCommands, commandForKey } from './registry'

/** Listens on the window until undone. Keys inside text fields and open dialogs belong to them. */
export function listenForKeys(target: Window, listening: () => boolean = () => true): () => void {
  let stop = (): void => {}
  const unwatch = watch(allCommands, (commands) => {
    stop()
    const keys = new Set(commands.flatMap(command => command.keys ?? []))
    stop = tinykeys(target, Object.fromEntries([...keys].map(key => [key, press])), { ignore: event => event.isComposing || !listening() })
  }, { immediate: true })
  return () => {
    unwatch()
    stop()
  }
}

/** Two commands may write one key differently (`ArrowLeft`, `[Shift]+ArrowLeft`), so the event decides, not the notation that heard it. */
function press(event: KeyboardEvent): void {
  const found = commandForKey(key => matchKeybindingPress(event, parseKeybinding(key)[0]!))
  if (!found || event.defaultPrevented || (event.repeat && !found.command.repeats) || belongsToTarget(found.key, event))
    return
  const { command } = found
  event.preventDefault()
  command.run(event)
  if (command.release)
    onceReleased(event, command.release)
}

/** Also when the window is left with the key held: nobody hears it go up elsewhere. */
function onceReleased({ code, timeStamp }: KeyboardEvent, release: (heldMs: number) => void): void {
  const done = new AbortController()
  const over = (event: Event): void => {
    if (event instanceof KeyboardEvent && event.code !== code)
      return
    done.abort()
    release(event.timeStamp - timeStamp)
  }
  window.addEventListener('keyup', over, { capture: true, signal: done.signal })
  window.addEventListener('blur', over, { signal: done.signal })
}

/** Whether the focused element has its own use for the key. */
function belongsToTarget(key: string, event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : undefined
  if (!target)
    return false
  if (target.closest('[role="dialog"], [role="listbox"], [role="menu"]'))
    return true
  // While typing only ⌘K and the like reach us; undo stays the text's own.
  if (target.matches('input:not([type=range]), select, textarea, [contenteditable]'))
    return !key.startsWith('$mod') || /z$/i.test(key)
  return ownsKey(target, event.key)
}

function ownsKey(target: Element, key: string): boolean {
  if (key.startsWith('Arrow') || key === 'Home' || key === 'End')
    return target.closest('[role="slider"], [role="radiogroup"], [role="tablist"], [role="grid"]') !== null
  if (key === ' ' || key === 'Enter')
    return target.closest('button, a, [role="button"], [role="radio"], [role="tab"], summary') !== null
  return false
}

const NAMES: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Space: 'Space',
  Period: '.',
  Comma: ',',
}

/** Keys given as patterns cover keyboards on which a sign sits elsewhere; they are not shown. */
export const isShown = (key: string): boolean => !/[()]/.test(key)

/** `$mod+Shift+KeyZ` as it is printed: `Ctrl Shift Z`, or `⌘ ⇧ Z` on a Mac. */
export function keyLabel(key: string, mac: boolean): string {
  // What is in brackets may be held and need not be.
  const parts = key.split(/(?<=[\w\]])\+/).filter(part => !part.startsWith('['))
  return parts.map((part) => {
    if (part === '$mod')
      return mac ? '⌘' : 'Ctrl'
    if (part === 'Shift')
      return mac ? '⇧' : 'Shift'
    if (part === 'Alt')
      return mac ? '⌥' : 'Alt'
    const plain = part.replace(/^(?:Key|Digit)(?=.$)/, '')
    return NAMES[plain] ?? (plain.length === 1 ? plain.toUpperCase() : plain)
  }).filter((part, _, all) => !(part === 'Shift' || part === '⇧') || all.at(-1) !== '?').join(' ')
}

export const isMac = typeof navigator === 'object' && /Mac|iPhone|iPad/.test(navigator.platform)
