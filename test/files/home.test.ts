import { expect, it } from 'vitest'
import { homeFolders } from '../../main/files/home'

const linux = { env: {}, platform: 'linux', userFolder: '/home/ada', workingFolder: '/tmp/here' }

it('is where each platform keeps such data', () => {
  expect(homeFolders(linux)).toEqual({
    root: '/home/ada/.local/share/symbiote',
    primaries: '/home/ada/.local/share/symbiote/primaries',
    sessions: '/home/ada/.local/share/symbiote/sessions',
    settings: '/home/ada/.local/share/symbiote/settings.json',
  })
  expect(homeFolders({ ...linux, platform: 'darwin', userFolder: '/Users/ada' }).root).toBe('/Users/ada/Library/Application Support/Symbiote')
  const windows = { platform: 'win32', userFolder: 'C:\\Users\\ada', workingFolder: 'D:\\work' }
  expect(homeFolders({ ...windows, env: { APPDATA: 'C:\\Users\\ada\\AppData\\Roaming' } }).sessions).toBe('C:\\Users\\ada\\AppData\\Roaming\\Symbiote\\sessions')
  expect(homeFolders({ ...windows, env: {} }).root).toBe('C:\\Users\\ada\\AppData\\Roaming\\Symbiote')
  expect(homeFolders({ ...windows, env: { SYMBIOTE_HOME: 'data' } }).root).toBe('D:\\work\\data')
})

it('is where the environment says, first of all SYMBIOTE_HOME', () => {
  const env = { XDG_DATA_HOME: '/data' }
  expect(homeFolders({ ...linux, env }).root).toBe('/data/symbiote')
  expect(homeFolders({ ...linux, env: { ...env, SYMBIOTE_HOME: '/lab' } }).root).toBe('/lab')
  expect(homeFolders({ ...linux, env: { SYMBIOTE_HOME: 'lab' } }).root).toBe('/tmp/here/lab')
  expect(homeFolders({ ...linux, env: { XDG_DATA_HOME: 'relative', SYMBIOTE_HOME: '' } }).root).toBe('/home/ada/.local/share/symbiote')
})
