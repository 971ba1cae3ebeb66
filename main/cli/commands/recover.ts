/** Says what is wrong with a session, and writes a repaired copy of it. The session itself is never touched. */
import type { RecoveryReport } from '../../session/recover'
import type { Command } from '../command'
import { resolve } from 'node:path'
import { examineSession, recoverSession } from '../../session/recover'

export const recover: Command = {
  summary: 'say what is wrong with a session, and write a repaired copy',
  usage: 'SESSION [--out COPY.session]',
  options: { out: { type: 'string' } },
  positionals: { min: 1, max: 1 },
  run: async ({ positionals: [path], options: { out } }) => {
    const folder = resolve(path)
    const report = typeof out === 'string' ? await recoverSession(folder, resolve(out)) : await examineSession(folder)
    return { json: report, text: inWords(report), exitCode: report.whole || report.out !== undefined ? 0 : 1 }
  },
}

function inWords({ session, whole, events, records, log, blobs, index, out }: RecoveryReport): string {
  const lost = [...blobs.missing.map(name => `blob ${name} is missing`), ...blobs.damaged.map(name => `blob ${name} is damaged`)]
  return [
    `${session}: ${events.toLocaleString('en')} whole events, ${blobs.named.toLocaleString('en')} blobs named.`,
    ...(whole ? ['Nothing is wrong with it.'] : []),
    ...(log === undefined ? [] : [log.message]),
    ...records.map(({ file, offset, bytes, what }) => `${file}, byte ${offset.toLocaleString('en')}: ${bytes.toLocaleString('en')} bytes, ${what}`),
    ...lost,
    ...(index === 'old or damaged' ? ['Its index is old or damaged; it is made again when the session is opened.'] : []),
    ...(out === undefined ? whole ? [] : ['The session was not changed; --out COPY.session writes a repaired copy.'] : [`A repaired copy is in ${out}; the session itself was not changed.`]),
  ].join('\n')
}
