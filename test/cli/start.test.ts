/** What `npm start` decides, on made-up machines and real folders. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isBuilt } from '../../main/cli/built'
import { electronBinary, windowObstacle } from '../../main/cli/desktop'

let root: string
beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'symbiote-start-')) })
afterEach(() => rm(root, { recursive: true }))

async function file(path: string, second: number): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), path)
  await utimes(join(root, path), second, second)
}

async function checkout(builtAt: number): Promise<void> {
  for (const path of ['main/index.ts', 'preload/index.ts', 'renderer/main.ts', 'electron.vite.config.ts', 'package.json'])
    await file(path, 1000)
  for (const path of ['out/main/index.js', 'out/main/engine.js', 'out/main/cli.js', 'out/preload/index.cjs', 'out/renderer/index.html'])
    await file(path, builtAt)
  for (const path of ['main', 'preload', 'renderer'])
    await utimes(join(root, path), 1000, 1000)
}

it('builds once', async () => {
  await checkout(2000)
  expect(isBuilt(root)).toBe(true)
})

it('builds again when a source changed, came or went', async () => {
  await checkout(2000)
  await file('renderer/panels/deep/New.vue', 1500)
  await utimes(join(root, 'renderer/panels/deep'), 1500, 1500)
  await utimes(join(root, 'renderer/panels'), 1500, 1500)
  await utimes(join(root, 'renderer'), 1500, 1500)
  expect(isBuilt(root)).toBe(true)
  await utimes(join(root, 'renderer/panels/deep/New.vue'), 2500, 2500)
  expect(isBuilt(root)).toBe(false)
  await utimes(join(root, 'renderer/panels/deep/New.vue'), 1500, 1500)
  await rm(join(root, 'renderer/panels/deep/New.vue'))
  expect(isBuilt(root)).toBe(false)
})

it('builds when a part is missing', async () => {
  await checkout(2000)
  await rm(join(root, 'out/preload/index.cjs'))
  expect(isBuilt(root)).toBe(false)
})

it('says why there is no window', () => {
  const on = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv, uid = 1000) => windowObstacle({ platform, env, uid })
  expect(on('linux', {})).toContain('display')
  expect(on('linux', { DISPLAY: '' })).toContain('display')
  expect(on('linux', { DISPLAY: ':0' }, 0)).toContain('root')
  expect(on('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBeUndefined()
  expect(on('darwin', {})).toBeUndefined()
})

it('finds the binary where the electron package says it is', async () => {
  expect(electronBinary(root, {})).toBeUndefined()
  await file('node_modules/electron/path.txt', 1)
  await writeFile(join(root, 'node_modules/electron/path.txt'), 'electron')
  expect(electronBinary(root, {})).toBeUndefined()
  await file('node_modules/electron/dist/electron', 1)
  expect(electronBinary(root, {})).toBe(join(root, 'node_modules/electron/dist/electron'))
  await file('elsewhere/electron', 1)
  expect(electronBinary(root, { ELECTRON_OVERRIDE_DIST_PATH: join(root, 'elsewhere') })).toBe(join(root, 'elsewhere/electron'))
})
