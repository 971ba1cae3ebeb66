/** Where the user's data lives. Decides paths; makes no folder. */
import { posix, win32 } from 'node:path'

export interface Home {
  /** Absolute; what other functions call `home`. */
  root: string
  primaries: string
  sessions: string
  settings: string
}

export interface Surroundings {
  env: Record<string, string | undefined>
  platform: string
  /** The user's own folder, from `os.homedir()`. */
  userFolder: string
  /** What a relative `SYMBIOTE_HOME` is relative to. */
  workingFolder: string
}

/** `SYMBIOTE_HOME`, else `XDG_DATA_HOME/symbiote`, else the place the platform has for such data. */
export function homeFolders({ env, platform, userFolder, workingFolder }: Surroundings): Home {
  const { join, resolve, isAbsolute } = platform === 'win32' ? win32 : posix
  const root = (): string => {
    if (env.SYMBIOTE_HOME)
      return resolve(workingFolder, env.SYMBIOTE_HOME)
    // The XDG specification has relative paths ignored.
    if (env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME))
      return join(env.XDG_DATA_HOME, 'symbiote')
    if (platform === 'darwin')
      return join(userFolder, 'Library', 'Application Support', 'Symbiote')
    if (platform === 'win32')
      return join(env.APPDATA || join(userFolder, 'AppData', 'Roaming'), 'Symbiote')
    return join(userFolder, '.local', 'share', 'symbiote')
  }
  const home = root()
  return { root: home, primaries: join(home, 'primaries'), sessions: join(home, 'sessions'), settings: join(home, 'settings.json') }
}
