/** Lists recorded sessions, newest first; those that cannot be opened say why. */
import type { SessionSummary } from '../../../preload/contract/session'
import type { Command } from '../command'
import { join, resolve } from 'node:path'
import { listSessions } from '../../session/library'

export const sessions: Command = {
  summary: 'list recorded sessions',
  usage: '[DIR]',
  options: {},
  positionals: { min: 0, max: 1 },
  run: async ({ workstation, positionals: [folder] }) => {
    const where = folder === undefined ? join(workstation.places.home, 'sessions') : resolve(folder)
    const list = await listSessions(where)
    return { json: { folder: where, sessions: list }, text: list.length === 0 ? `No sessions in ${where}.` : list.map(lineOf).join('\n') }
  },
}

function lineOf({ path, title, startedAt, duration, trials, annotations, primary, state, problem }: SessionSummary): string {
  if (state === 'unreadable') return `${path}\n  cannot be opened: ${problem}`
  return `${path}\n  ${title} · ${startedAt.slice(0, 16).replace('T', ' ')} UTC · ${(duration / 1e9).toFixed(0)} s · ${primary} · ${trials} trials · ${annotations} annotations${state === 'closed' ? '' : ` · ${state}`}`
}
