/** Whether the desktop app can run here, and its binary. Plain Node runs this; see `built.ts`. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/** Long enough for 120 MB on a slow line; where it is blocked, the answer comes at once. */
const FETCH_LIMIT_MS = 180_000

export interface Surroundings {
  platform: NodeJS.Platform
  env: NodeJS.ProcessEnv
  /** User id, where there is such a thing. */
  uid: number | undefined
}

export const here = (): Surroundings => ({ platform: process.platform, env: process.env, uid: process.getuid?.() })

/** Why no window can be opened here, as the end of a sentence; undefined when one can. */
export function windowObstacle({ platform, env, uid }: Surroundings): string | undefined {
  if (platform !== 'linux')
    return undefined
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY)
    return 'there is no display'
  return uid === 0 ? 'Electron does not run as root' : undefined
}

/** The electron package's own record of where its binary is; it fetches that only when first asked. */
export function electronBinary(root: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = join(root, 'node_modules/electron')
  const record = join(folder, 'path.txt')
  if (!existsSync(record))
    return undefined
  const binary = join(env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), readFileSync(record, 'utf8'))
  return existsSync(binary) ? binary : undefined
}

/** Fetches the binary once. True when it is there afterwards. */
export async function fetchElectron(root: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<boolean> {
  const installer = join(root, 'node_modules/electron/install.js')
  if (env.ELECTRON_SKIP_BINARY_DOWNLOAD || !existsSync(installer))
    return false
  say(`Fetching Electron, about 120 MB, for at most ${FETCH_LIMIT_MS / 60_000} minutes; \`npm start -- --browser\` does without…`)
  await new Promise<void>((resolve) => {
    const child = spawn(process.execPath, [installer], { stdio: 'ignore', timeout: FETCH_LIMIT_MS, killSignal: 'SIGKILL', env })
    child.on('error', () => resolve())
    child.on('close', () => resolve())
  })
  return electronBinary(root, env) !== undefined
}

export interface DesktopRun {
  code: number
  /** It ended at once, which is how Electron says that this system does not suit it. */
  refused: boolean
}

/** Runs the app until it ends. */
export function runDesktop(binary: string, root: string, args: string[], env: NodeJS.ProcessEnv): Promise<DesktopRun> {
  const began = performance.now()
  const { ELECTRON_RUN_AS_NODE: _, ...clean } = env
  return new Promise((resolve) => {
    const child = spawn(binary, [root, ...args], { stdio: 'inherit', env: clean })
    const stop = (signal: NodeJS.Signals): void => void child.kill(signal)
    process.on('SIGINT', stop).on('SIGTERM', stop)
    const ended = (code: number): void => resolve({ code, refused: code !== 0 && performance.now() - began < 5000 })
    child.on('error', () => ended(1))
    child.on('close', (code, signal) => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      ended(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1))
    })
  })
}
