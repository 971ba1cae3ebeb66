import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defaultSettings, readSettings, writeSettings } from '../../main/files/settings'

let home: string
let path: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'symbiote-settings-'))
  path = join(home, 'settings.json')
})
afterEach(() => rmSync(home, { recursive: true }))

it('are the defaults, without a word, where there are none yet', async () => {
  expect(await readSettings(home)).toEqual({ settings: { tourSeen: false, theme: 'dark', operator: '' } })
  expect(await readSettings(join(home, 'not', 'yet'))).toEqual({ settings: defaultSettings })
  expect(readdirSync(home)).toEqual([])
})

it('are read as they were written, and an older file is filled up', async () => {
  const settings = { tourSeen: true, theme: 'contrast' as const, operator: 'Ada' }
  await writeSettings(join(home, 'new'), settings)
  expect(await readSettings(join(home, 'new'))).toEqual({ settings })
  writeFileSync(path, '{"theme":"light"}')
  expect(await readSettings(home)).toEqual({ settings: { tourSeen: false, theme: 'light', operator: '' } })
})

it('are not written where they could not be read again', async () => {
  await writeSettings(home, defaultSettings)
  const before = readFileSync(path, 'utf8')
  await expect(writeSettings(home, { ...defaultSettings, theme: 'pink' as 'dark' })).rejects.toMatchObject({ name: 'UserError', code: 'settings-invalid', message: expect.stringContaining('"theme"') as string })
  expect(readFileSync(path, 'utf8')).toBe(before)
})

it.each(['{"theme":', '{"theme":"pink"}', '[]', ''])('are the defaults where the file is %j, which is kept', async (text) => {
  writeFileSync(path, text)
  const { settings, notice } = await readSettings(home)
  expect(settings).toEqual(defaultSettings)
  expect(notice).toContain(join(home, 'settings.damaged.json'))
  expect(readFileSync(join(home, 'settings.damaged.json'), 'utf8')).toBe(text)
  expect(await readSettings(home)).toEqual({ settings: defaultSettings })

  writeFileSync(path, 'again')
  expect((await readSettings(home)).notice).toContain('settings.damaged-2.json')
  expect(readdirSync(home).sort()).toEqual(['settings.damaged-2.json', 'settings.damaged.json'])
})

it('never stop the start, even where the file is a folder', async () => {
  mkdirSync(path)
  const { settings, notice } = await readSettings(home)
  expect(settings).toEqual(defaultSettings)
  expect(notice).toMatch(/folder/)
})
