/**
 * Finds a Chromium for the browser tests: the one CHROMIUM_PATH names, an installed Chromium or Chrome, or else one that
 * it installs (Playwright's own, then Debian's where it may). Run as it is by Node.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { chromium } from 'playwright-core'

/** Starts it on any machine, also without a GPU and as root: WebGL is drawn by the processor. */
export const LAUNCH_ARGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking', '--no-first-run']

const INSTALL_LIMIT_MS = 10 * 60_000

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

const USUAL_PLACES: Partial<Record<NodeJS.Platform, (env: NodeJS.ProcessEnv) => string[]>> = {
  linux: () => ['/usr/lib/chromium/chromium', '/opt/google/chrome/chrome', '/snap/bin/chromium'],
  darwin: ({ HOME = '' }) => ['', HOME].flatMap(top => [`${top}/Applications/Chromium.app/Contents/MacOS/Chromium`, `${top}/Applications/Google Chrome.app/Contents/MacOS/Google Chrome`]),
  win32: env => [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].flatMap(top => top === undefined ? [] : [join(top, 'Google/Chrome/Application/chrome.exe'), join(top, 'Chromium/Application/chrome.exe')]),
}

/** Undefined when there is none; throws when CHROMIUM_PATH names nothing. */
export function findChromium(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string | undefined {
  const named = env.CHROMIUM_PATH
  if (named) {
    if (!existsSync(named))
      throw new Error(`CHROMIUM_PATH is ${named}, which does not exist. Correct it, or unset it to have a browser found.`)
    return named
  }
  const suffix = platform === 'win32' ? '.exe' : ''
  const onPath = (env.PATH ?? '').split(delimiter).filter(folder => folder !== '').flatMap(folder => NAMES.map(name => join(folder, name + suffix)))
  return [...onPath, ...(USUAL_PLACES[platform]?.(env) ?? []), chromium.executablePath()].find(path => existsSync(path))
}

/** Finds or installs one; throws with what to do where neither works. */
export function ensureChromium(say: (line: string) => void): string {
  const found = findChromium()
  if (found !== undefined)
    return found
  for (const [what, ...commands] of installers()) {
    say(`No Chromium found; trying ${what}…`)
    const done = commands.some(command => run(command))
    const installed = done ? findChromium() : undefined
    if (installed !== undefined)
      return installed
  }
  throw new Error('No Chromium found and none could be installed. Install Chromium or Chrome, or set CHROMIUM_PATH to one.')
}

/** Each a name and commands to try in turn until one succeeds. */
function installers(): [string, ...string[][]][] {
  const apt = ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium']
  const playwright: [string, ...string[][]] = ['Playwright’s own', [process.execPath, join(import.meta.dirname, '../../node_modules/playwright/cli.js'), 'install', 'chromium']]
  const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  return mayInstall ? [playwright, ['Debian’s package', apt, ['sh', '-c', `apt-get update && ${apt.join(' ')}`]]] : [playwright]
}

function run([command, ...args]: string[]): boolean {
  const { status } = spawnSync(command!, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: INSTALL_LIMIT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return status === 0
}
