/** Writes a session in a form that others read. */
import type { Exported } from '../../../preload/contract/exports'
import type { Command, Invocation } from '../command'
import { resolve } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { EXPORT_ABOUT, EXPORT_FORMATS, exportFormatSchema } from '../../../preload/contract/exports'
import { exportSession } from '../../session/exports/exports'
import { SessionReader } from '../../session/reader'
import { primaryOf } from '../../theatre/companions'
import { Interrupted, requiredOption, UsageError } from '../command'

export const exportCommand: Command = {
  summary: `write a session for others to read: ${EXPORT_FORMATS.map(format => `${format} (${EXPORT_ABOUT[format].about})`).join('; ')}`,
  usage: `SESSION --to ${EXPORT_FORMATS.join('|')} --out PATH [--with-primary] [--with-blind]`,
  options: { 'to': { type: 'string' }, 'out': { type: 'string' }, 'with-primary': { type: 'boolean' }, 'with-blind': { type: 'boolean' } },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const to = exportFormatSchema.safeParse(requiredOption(invocation, 'to'))
    if (!to.success) throw new UsageError(`--to is ${EXPORT_FORMATS.join(', ').replace(/, (\w+)$/, ' or $1')}, not "${String(invocation.options.to)}".`)
    const out = resolve(requiredOption(invocation, 'out'))
    const withPrimary = invocation.options['with-primary'] === true
    if (withPrimary && to.data !== 'bundle') throw new UsageError('--with-primary goes with --to bundle.')
    const session = await SessionReader.open(resolve(invocation.positionals[0]))
    const exported = await exportSession(session, to.data, out, {
      appVersion: invocation.workstation.version,
      now: new Date(),
      withBlind: invocation.options['with-blind'] === true,
      progress: invocation.progress.update,
      signal: invocation.signal,
      ...(withPrimary ? { companions: await primaryOf(session, invocation.workstation.places) } : {}),
    }).catch((error: unknown) => {
      if (error instanceof UserError && error.code === 'cancelled') throw new Interrupted(error.message)
      throw error
    }).finally(invocation.progress.end)
    tell(exported, invocation)
    return { json: exported, text: inWords(exported) }
  },
}

function tell({ notes }: Exported, { say }: Invocation): void {
  for (const note of notes) say(note)
}

function inWords({ out, files, bytes }: Exported): string {
  return `${out}\n  ${files.toLocaleString('en')} file${files === 1 ? '' : 's'}, ${bytes.toLocaleString('en')} bytes`
}
