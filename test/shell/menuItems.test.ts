/** The menu, as data. */
import { expect, it } from 'vitest'
import { menuCommands, menuGroups } from '../../main/shell/menuItems'

const platforms = ['linux', 'darwin', 'win32'] as const

it.each(platforms)('has every command once on %s', (platform) => {
  const commands = menuCommands(platform)
  expect(new Set(commands).size).toBe(commands.length)
  expect(commands).toEqual(expect.arrayContaining(['session.record', 'session.stop', 'session.library', 'patient.open', 'patient.openFolder', 'view.frame', 'help.keys', 'palette.open']))
})

it.each(platforms)('can be quit, and text can be edited, on %s', (platform) => {
  const roles = menuGroups(platform).flatMap(group => group.entries).flatMap(entry => entry.kind === 'role' ? [entry.role] : [])
  expect(roles).toEqual(expect.arrayContaining(['quit', 'close', 'cut', 'copy', 'paste', 'selectAll', 'minimize', 'toggleDevTools']))
})
