/** The built desktop app under a test: Playwright's `_electron` where the binary is, else the double. One interface for both. */
import type { ElectronApplication, Page } from '@playwright/test'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { _electron } from '@playwright/test'
import { electronBinary } from '../../main/cli/desktop'
import { findChromium } from '../config/chromium'

export interface Desktop {
  kind: Driver['kind']
  page: Page
  /** Errors the page logged or threw, from its first line on. */
  errors: () => string[]
  /** What the app printed. */
  output: () => string
  /** By the id of its command. */
  clickMenu: (command: string) => Promise<void>
  /** What the next folder dialog answers; undefined cancels it. */
  chooseNext: (folder: string | undefined) => Promise<void>
  close: () => Promise<void>
}

export type Driver = { kind: 'electron', binary: string } | { kind: 'double', folder: string }

/** What of the double's interface is used here. */
interface DoubleApp {
  firstWindow: () => Promise<Page>
  nextDialog: (name: string, result: unknown) => Promise<void>
  clickMenu: (key: string) => Promise<void>
  output: () => string
  close: () => Promise<number>
}

export function desktopDriver(root: string): Driver | undefined {
  const binary = electronBinary(root, process.env)
  const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  if (binary !== undefined && display)
    return { kind: 'electron', binary }
  const folder = process.env.ELECTRON_DOUBLE
  return folder ? { kind: 'double', folder: resolve(root, folder) } : undefined
}

export function launchDesktop(driver: Driver, root: string, home: string): Promise<Desktop> {
  const args = [`--user-data-dir=${join(home, 'electron')}`]
  const env = { ...process.env, SYMBIOTE_HOME: home } as Record<string, string>
  switch (driver.kind) {
    case 'electron':
      return onElectron(driver.binary, [root, ...args, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])], env)
    case 'double':
      return onDouble(driver.folder, root, args, { ...env, ...chromium() })
    default:
      return driver satisfies never
  }
}

async function onDouble(folder: string, root: string, args: string[], env: Record<string, string>): Promise<Desktop> {
  const { launch } = await import(pathToFileURL(join(folder, 'launch.mjs')).href) as { launch: (options: object) => Promise<DoubleApp> }
  const app = await launch({ main: 'out/main/index.js', args, cwd: root, env })
  try {
    const page = await app.firstWindow()
    return {
      kind: 'double',
      page,
      errors: () => app.output().split('\n').filter(line => /^\[page\]|^electron-double:/.test(line)),
      output: app.output,
      clickMenu: app.clickMenu,
      chooseNext: folder => app.nextDialog('showOpenDialog', answer(folder)),
      close: async () => void await app.close(),
    }
  }
  catch (error) {
    await app.close()
    throw error
  }
}

async function onElectron(executablePath: string, args: string[], env: Record<string, string>): Promise<Desktop> {
  const app: ElectronApplication = await _electron.launch({ executablePath, args, env })
  const errors: string[] = []
  let output = ''
  app.process().stderr?.on('data', (chunk) => { output += String(chunk) })
  app.on('window', (page) => {
    page.on('console', message => void (message.type() === 'error' && errors.push(message.text())))
    page.on('pageerror', error => void errors.push(error.message))
  })
  return {
    kind: 'electron',
    page: await app.firstWindow(),
    errors: () => errors,
    output: () => output,
    clickMenu: command => app.evaluate(({ Menu }, id) => Menu.getApplicationMenu()?.getMenuItemById(id)?.click(), command),
    chooseNext: folder => app.evaluate(({ dialog }, result) => { dialog.showOpenDialog = async () => result }, answer(folder)),
    close: () => app.close(),
  }
}

function answer(folder: string | undefined): { canceled: boolean, filePaths: string[] } {
  return { canceled: folder === undefined, filePaths: folder === undefined ? [] : [folder] }
}

function chromium(): Record<string, string> {
  const path = findChromium()
  return path === undefined ? {} : { CHROMIUM_PATH: path }
}
