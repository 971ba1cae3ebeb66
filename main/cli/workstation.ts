/** What commands and the desktop app work with: the user's folders, what ships, and an engine that is started when first asked for. */
import type { Places } from '../files/shipped'
import type { EngineProcess, EngineProcessOptions } from '../host/engineProcess'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { homeFolders } from '../files/home'
import { findResources } from '../files/shipped'
import { EngineClient } from '../host/engineClient'
import { forkProcess } from '../host/forkProcess'

export interface Workstation {
  places: Places
  version: string
  lockFile: string
  /** Folder of the built main bundles. */
  here: string
  /** Starts it at the first call. */
  engine: () => EngineClient
  close: () => Promise<void>
}

export interface WorkstationOptions {
  /** Folder of the built main bundles. */
  here: string
  threads?: number
  /** How the engine process is started; the desktop app has its own way. */
  start?: (options: EngineProcessOptions) => EngineProcess
  log: (line: string) => void
}

export async function createWorkstation({ here, threads, start = forkProcess, log }: WorkstationOptions): Promise<Workstation> {
  const resources = await findResources(here)
  const root = dirname(resources)
  const home = homeFolders({ env: process.env, platform: process.platform, userFolder: homedir(), workingFolder: process.cwd() }).root
  const env = threads === undefined ? process.env : { ...process.env, SYMBIOTE_THREADS: String(threads) }
  let engine: EngineClient | undefined
  return {
    here,
    places: { resources, home },
    version: versionIn(root),
    lockFile: join(root, 'package-lock.json'),
    engine: () => {
      if (!engine) {
        engine = new EngineClient({ start: () => start({ file: join(here, 'engine.js'), env, log }), log })
        engine.start()
      }
      return engine
    },
    close: async () => engine?.dispose(),
  }
}

function versionIn(root: string): string {
  try {
    return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version
  }
  catch {
    return 'unknown'
  }
}
