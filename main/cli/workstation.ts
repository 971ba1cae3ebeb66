/** What commands and the desktop app work with: the user's folders, what ships, and an engine that is started when first asked for. */
import type { EngineDescription } from '../../preload/contract/engine'
import type { Places } from '../files/shipped'
import type { EngineProcess, EngineProcessOptions } from '../host/engineProcess'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { readExecutorNote, writeExecutorNote } from '../files/executorNote'
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
  /**
   * Starts an engine process of its own with one executor, times it and ends it, so that an executor that takes its
   * process down takes nothing else with it.
   */
  tryExecutor: (name: string) => Promise<EngineDescription & { gflops: number }>
  /** Runs the engine on another executor from now on. It is tried beside the present one first, which stays where it fails. */
  useExecutor: (name: string) => Promise<EngineDescription>
  /** Keeps what `auto` is to take from now on, as long as hardware and versions stay; see `EngineDescription.note`. */
  remember: (note: string) => Promise<void>
  close: () => Promise<void>
}

export interface WorkstationOptions {
  /** Folder of the built main bundles. */
  here: string
  threads?: number
  /** `auto` or a name; SYMBIOTE_EXECUTOR where it is not given. */
  executor?: string
  /** How the engine process is started; the desktop app has its own way. */
  start?: (options: EngineProcessOptions) => EngineProcess
  log: (line: string) => void
}

export async function createWorkstation({ here, threads, executor, start = forkProcess, log }: WorkstationOptions): Promise<Workstation> {
  const resources = await findResources(here)
  const root = dirname(resources)
  const home = homeFolders({ env: process.env, platform: process.platform, userFolder: homedir(), workingFolder: process.cwd() }).root
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...(threads === undefined ? {} : { SYMBIOTE_THREADS: String(threads) }),
    ...(executor === undefined ? {} : { SYMBIOTE_EXECUTOR: executor }),
    ...noted(await readExecutorNote(home)),
  }
  const file = join(here, 'engine.js')
  let engine: Engine | undefined
  const started = (): Engine => engine ??= startEngine(pinned => start({ file, env: { ...env, ...pinned }, log }), home, log)
  const tryExecutor: Workstation['tryExecutor'] = async (name) => {
    const client = new EngineClient({ start: () => start({ file, env: { ...env, SYMBIOTE_EXECUTOR: name, SYMBIOTE_EXECUTOR_MEASURE: '1' }, log }), log, delays: [] })
    client.start()
    try {
      const description = await client.ready()
      return { ...description, gflops: await client.functions.benchmark() }
    }
    finally {
      await client.dispose()
    }
  }
  return {
    here,
    places: { resources, home },
    version: versionIn(root),
    lockFile: join(root, 'package-lock.json'),
    engine: () => started().client,
    tryExecutor,
    useExecutor: async (name) => {
      if (name !== 'auto') await tryExecutor(name)
      return started().use(name)
    },
    remember: note => writeExecutorNote(home, note),
    close: async () => engine?.client.dispose(),
  }
}

interface Engine {
  client: EngineClient
  /** Starts it anew on an executor, or on what `auto` finds. */
  use: (name: string) => Promise<EngineDescription>
}

/** After a crash the same executor is started again: results never move to another device unasked. */
function startEngine(start: (env: NodeJS.ProcessEnv) => EngineProcess, home: string, log: (line: string) => void): Engine {
  let pinned: NodeJS.ProcessEnv = {}
  const client = new EngineClient({ start: () => start(pinned), log })
  client.onState((state) => {
    if (state.state !== 'ready') return
    const { executor, note, reason } = state.engine
    // Named from now on; the reason it was chosen for stays the reason.
    pinned = { SYMBIOTE_EXECUTOR: executor, SYMBIOTE_EXECUTOR_REASON: reason }
    // Only a shortcut for the next start.
    if (note !== undefined) void writeExecutorNote(home, note).catch((error: Error) => log(`The choice of executor was not kept: ${error.message}`))
  })
  client.start()
  return {
    client,
    use: (name) => {
      pinned = { SYMBIOTE_EXECUTOR: name }
      return client.restart()
    },
  }
}

function noted(note: string | undefined): NodeJS.ProcessEnv {
  return note === undefined ? {} : { SYMBIOTE_EXECUTOR_NOTE: note }
}

function versionIn(root: string): string {
  try {
    return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version
  }
  catch {
    return 'unknown'
  }
}
