import { afterEach, expect, it } from 'vitest'
import { keyLabel } from '../../../renderer/commands/keys'
import { allCommands, commandForKey, registerCommands, runCommand } from '../../../renderer/commands/registry'

const undos: (() => void)[] = []
afterEach(() => undos.splice(0).forEach(undo => undo()))
const add = (...commands: Parameters<typeof registerCommands>[0]): void => void undos.push(registerCommands(commands))

it('a command runs by its id, as the native menu asks for it, and not while it is unavailable', () => {
  const ran: string[] = []
  let ready = false
  add({ id: 'one', title: 'One', group: 'View', run: () => ran.push('one') }, { id: 'two', title: 'Two', group: 'View', when: () => ready, run: () => ran.push('two') })
  expect(runCommand('one')).toBe(true)
  expect(runCommand('two')).toBe(false)
  ready = true
  expect(runCommand('two')).toBe(true)
  expect(runCommand('three')).toBe(false)
  expect(ran).toEqual(['one', 'two'])
})

it('a key belongs to the command registered last among those available: Space stimulates, and plays while replaying', () => {
  let replaying = false
  add({ id: 'stimulate', title: '', group: 'Stimulate', keys: ['Space'], run: () => {} })
  add({ id: 'play', title: '', group: 'Replay', keys: ['Space'], when: () => replaying, run: () => {} })
  const space = (key: string): boolean => key === 'Space'
  expect(commandForKey(space)?.command.id).toBe('stimulate')
  replaying = true
  expect(commandForKey(space)?.command.id).toBe('play')
  expect(commandForKey(key => key === 'x')).toBeUndefined()
})

it('registering is undone by what it returned, and an id cannot be used twice', () => {
  const undo = registerCommands([{ id: 'once', title: '', group: 'View', run: () => {} }])
  expect(() => registerCommands([{ id: 'once', title: '', group: 'View', run: () => {} }])).toThrow('once')
  undo()
  expect(allCommands().some(({ id }) => id === 'once')).toBe(false)
})

it('keys are printed as they stand on the keyboard of either kind of machine', () => {
  expect(keyLabel('$mod+KeyK', false)).toBe('Ctrl K')
  expect(keyLabel('$mod+Shift+KeyZ', true)).toBe('⌘ ⇧ Z')
  expect(keyLabel('Shift+?', false)).toBe('?')
  expect(keyLabel('[Shift]+ArrowLeft', false)).toBe('←')
  expect(keyLabel('t', false)).toBe('T')
  expect(keyLabel('Escape', false)).toBe('Esc')
})
