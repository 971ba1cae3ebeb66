/** Takes in a bundle that was exported elsewhere. */
import type { Command } from '../command'
import { join, resolve } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { importBundle } from '../../session/exports/unbundle'
import { Interrupted } from '../command'

export const importCommand: Command = {
  summary: 'import a session from a bundle; what is not what it says is refused',
  usage: 'FILE.zip [--out NAME.session]',
  options: { out: { type: 'string' } },
  positionals: { min: 1, max: 1 },
  run: async ({ positionals: [file], options: { out }, workstation, progress, signal, say }) => {
    const imported = await importBundle(resolve(file), {
      into: join(workstation.places.home, 'sessions'),
      ...(typeof out === 'string' ? { out: resolve(out) } : {}),
    }, { progress: progress.update, signal }).catch((error: unknown) => {
      if (error instanceof UserError && error.code === 'cancelled') throw new Interrupted(error.message)
      throw error
    }).finally(progress.end)
    for (const note of imported.notes) say(note)
    return { json: imported, text: `${imported.out}\n  ${imported.title}: ${imported.files.toLocaleString('en')} files, ${imported.bytes.toLocaleString('en')} bytes` }
  },
}
