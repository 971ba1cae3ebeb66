/**
 * The built application as a person gets it: `served`, the real `symbiote serve` process and a page of a real Chromium;
 * `desktop`, the built desktop app on Electron where its binary is, else on the double that ELECTRON_DOUBLE names.
 */
import type { Page } from '@playwright/test'
import type { ChildProcess } from 'node:child_process'
import type { Desktop } from './desktop'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test as base } from '@playwright/test'
import { desktopDriver, launchDesktop } from './desktop'

const root = join(import.meta.dirname, '../..')
const START_LIMIT_MS = 60_000

export interface Server {
  /** With its token. */
  url: string
  process: ChildProcess
  /** Everything it printed on stderr. */
  log: () => string
  stop: () => Promise<void>
}

export interface Served extends Server {
  page: Page
  /** Errors the page logged or threw. */
  errors: string[]
}

interface Fixtures {
  /** A fresh SYMBIOTE_HOME, removed afterwards. */
  home: string
  served: Served
  desktop: Desktop
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures used from this pattern.
  home: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), 'symbiote-home-'))
    await use(home)
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  },
  served: async ({ home, page }, use) => {
    const server = await startServer(home)
    const errors = errorsOf(page)
    await page.goto(server.url)
    await use({ ...server, page, errors })
    await server.stop()
  },
  desktop: async ({ home }, use, info) => {
    const driver = desktopDriver(root)
    info.skip(driver === undefined, 'Electron’s binary is not installed and ELECTRON_DOUBLE names no stand-in')
    const desktop = await launchDesktop(driver!, root, home)
    info.annotations.push({ type: 'runs on', description: driver!.kind })
    await use(desktop)
    await desktop.close()
  },
})

export { expect } from '@playwright/test'

const SERVE = ['out/main/cli.js', 'serve']
/** What `npm start` runs. */
export const START = ['main/cli/start.ts']

/** Starts `symbiote serve` of the built command line, or what else serves, and waits for its address. */
export async function startServer(home: string, args: string[] = ['--port', '0'], command: string[] = SERVE): Promise<Server> {
  const child = spawn(process.execPath, [...command, '--no-open', ...args], {
    cwd: root,
    env: { ...process.env, SYMBIOTE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk) => { log += String(chunk) })
  const url = await printedAddress(child, () => log)
  return { url, process: child, log: () => log, stop: () => stop(child) }
}

function errorsOf(page: Page): string[] {
  const errors: string[] = []
  page.on('console', message => void (message.type() === 'error' && errors.push(message.text())))
  page.on('pageerror', error => void errors.push(error.stack ?? error.message))
  return errors
}

function printedAddress(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string): void => reject(new Error(`symbiote serve ${why}\n${output}${log()}`))
    const late = setTimeout(fail, START_LIMIT_MS, `printed no address within ${START_LIMIT_MS / 1000} s`)
    child.stdout!.on('data', (chunk) => {
      output += String(chunk)
      const url = /http:\/\/\S+\?token=[\w-]+/.exec(output)?.[0]
      if (url === undefined)
        return
      clearTimeout(late)
      resolve(url)
    })
    child.on('exit', (code) => {
      clearTimeout(late)
      fail(`ended with code ${code}`)
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null)
    return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(late)
}
