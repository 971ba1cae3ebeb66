/** The user's settings: one small JSON file in their home. Settings never stop the program from starting. */
import type { Settings } from '../../preload/contract/rpc'
import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { writeAtomic } from './atomic'
import { isMissing } from './fileErrors'
import { readJson } from './json'

export const defaultSettings: Settings = { tourSeen: false, theme: 'dark', operator: '' }

/** Fields that are absent take their default, so that an older file stays valid. */
const settingsSchema: z.ZodType<Settings> = z.object({
  tourSeen: z.boolean().default(defaultSettings.tourSeen),
  theme: z.enum(['dark', 'light', 'contrast']).default(defaultSettings.theme),
  operator: z.string().max(200).default(defaultSettings.operator),
})

/** @param home the root of the user's data. `notice` says what was wrong and where the damaged file is now. */
export async function readSettings(home: string): Promise<{ settings: Settings, notice?: string }> {
  const path = join(home, 'settings.json')
  try {
    return { settings: await readJson(path, settingsSchema) }
  }
  catch (error) {
    if (!(error instanceof UserError))
      throw error
    if (error.code === 'file-missing' || error.code === 'not-a-folder')
      return { settings: { ...defaultSettings } }
    return { settings: { ...defaultSettings }, notice: `${error.message} Default settings are used. ${await moveAside(path)}` }
  }
}

/** Atomic. Throws `UserError` where settings are not valid or cannot be written. */
export async function writeSettings(home: string, settings: Settings): Promise<void> {
  const path = join(home, 'settings.json')
  const { data, error } = settingsSchema.safeParse(settings)
  if (error) {
    const [{ path: field, message }] = error.issues
    throw new UserError({ code: 'settings-invalid', message: `The setting "${field.join('.')}" was not saved: ${message}.`, remedy: 'Choose another value.', path })
  }
  await writeAtomic(path, [`${JSON.stringify(data, undefined, 2)}\n`])
}

async function moveAside(path: string): Promise<string> {
  try {
    const aside = await freeName(path)
    await rename(path, aside)
    return `The damaged file was kept as ${aside}.`
  }
  catch {
    return 'It could not be moved aside and will be replaced when settings are saved.'
  }
}

async function freeName(path: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = path.replace(/\.json$/, n === 1 ? '.damaged.json' : `.damaged-${n}.json`)
    if (await stat(name).then(() => false, isMissing))
      return name
  }
}
