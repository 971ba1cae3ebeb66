/**
 * A session's annotations: how many on which tier, in and out as CSV, and how far two raters agree. What two rate
 * blind is neither exported nor compared before they are unblinded.
 */
import type { CsvImport } from '../../../preload/contract/annotation'
import type { RaterAgreement } from '../../../preload/contract/rating'
import type { Command, Invocation, Result } from '../command'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { writeAtomic } from '../../files/atomic'
import { withPath } from '../../files/fileErrors'
import { Notes } from '../../theatre/notes'
import { Recording } from '../../theatre/recording'
import { Replay } from '../../theatre/replay'
import { UsageError } from '../command'

export const annotations: Command = {
  summary: 'annotations of a session: list, CSV in and out, agreement of two raters',
  usage: 'SESSION [--import FILE.csv [--good-only]] [--export FILE.csv] [--agreement RATER RATER [--tier TIER]] [--author NAME]',
  options: { 'import': { type: 'string' }, 'good-only': { type: 'boolean' }, 'export': { type: 'string' }, 'agreement': { type: 'string' }, 'tier': { type: 'string' }, 'author': { type: 'string' } },
  positionals: { min: 1, max: 2 },
  run: async (invocation) => {
    const { workstation, positionals: [path, second], options, say } = invocation
    const first = options.agreement
    if ((first === undefined) !== (second === undefined))
      throw new UsageError('--agreement takes two raters: --agreement ADA BEN.')
    const replay = new Replay(workstation.version)
    const { recovery } = await replay.open(resolve(path))
    if (recovery)
      say(recovery.message)
    await replay.session.whole()
    const notes = notesOf(replay, invocation)
    try {
      const imported = typeof options.import === 'string' ? await importFrom(notes, options.import, options['good-only'] === true) : undefined
      const exported = typeof options.export === 'string' ? await exportTo(notes, options.export) : undefined
      const agreement = typeof first === 'string' ? await notes.agreement({ tier: tierOf(replay, options.tier), raters: [first, second] }) : undefined
      return await resultOf(replay, notes, { ...(imported && { imported }), ...(exported && { exported }), ...(agreement && { agreement }) })
    }
    finally {
      replay.close()
    }
  },
}

interface Done { imported?: CsvImport, exported?: { out: string, bytes: number }, agreement?: RaterAgreement }

function notesOf(replay: Replay, { options, workstation }: Invocation): Notes {
  // Nothing is recorded here: the session is the one that was opened.
  const recording = new Recording({ sessionsFolder: '', appVersion: workstation.version, lockFile: '', changed: () => {} })
  const author = typeof options.author === 'string' ? options.author.trim() : ''
  return new Notes({ recording, replay, viewer: async () => author, step: () => 0 })
}

async function importFrom(notes: Notes, path: string, goodOnly: boolean): Promise<CsvImport> {
  const csv = await withPath(path, 'read', () => readFile(resolve(path), 'utf8'))
  const found = await notes.importCsv({ csv, goodOnly })
  if (found.problems.length > 0 && !goodOnly) {
    const lines = found.problems.slice(0, 50).map(({ line, column, message }) => `line ${line}${column === undefined ? '' : `, ${column}`}: ${message}`)
    const more = found.problems.length - lines.length
    throw new UserError({ code: 'csv-malformed', message: `${path}: nothing was imported.\n${lines.join('\n')}${more > 0 ? `\nand ${more} more` : ''}\n`, remedy: `Mend these lines, or import the ${found.good} good rows with --good-only.`, path })
  }
  return found
}

async function exportTo(notes: Notes, path: string): Promise<{ out: string, bytes: number }> {
  const csv = await notes.exportCsv()
  await writeAtomic(resolve(path), [csv])
  return { out: path, bytes: new TextEncoder().encode(csv).length }
}

/** The one that is asked for, else the one that can be compared. */
function tierOf(replay: Replay, asked: string | boolean | undefined): string {
  if (typeof asked === 'string')
    return asked
  const coded = replay.session.notes.scheme.tiers.filter(({ vocabulary }) => vocabulary !== undefined)
  const [only] = coded
  if (only === undefined || coded.length > 1)
    throw new UsageError(only === undefined ? 'No tier of this session has a vocabulary.' : `--tier says which: ${coded.map(({ tier }) => tier).join(', ')}.`)
  return only.tier
}

async function resultOf(replay: Replay, notes: Notes, { imported, exported, agreement }: Done): Promise<Result> {
  const { scheme, ratings, total } = await notes.frame()
  const all = replay.session.notes.annotations.present()
  const hidden = all.length - total
  const tiers = scheme.tiers.map(({ tier, name }) => ({ tier, name, annotations: all.filter(one => one.tier === tier).length }))
  const json = {
    annotations: all.length,
    tiers,
    ratings: ratings.map(({ tiers, raters, done, unblinded }) => ({ tiers, raters, done, blind: unblinded === undefined, ...(unblinded === undefined ? {} : { unblinded: unblinded.reason }) })),
    ...(imported ? { imported: imported.added.length, problems: imported.problems } : {}),
    ...(exported ?? {}),
    ...(agreement ? { agreement } : {}),
  }
  const text = [
    ...tiers.map(({ name, annotations: count }) => `${name}: ${count.toLocaleString('en')}`),
    ...(hidden > 0 ? [`${hidden.toLocaleString('en')} are being rated blind and not shown.`] : []),
    ...(imported ? [`${imported.added.length.toLocaleString('en')} imported${imported.problems.length > 0 ? `, ${imported.problems.length.toLocaleString('en')} things were wrong` : ''}.`] : []),
    ...(exported ? [`${exported.out}: ${exported.bytes.toLocaleString('en')} bytes.`] : []),
    ...(agreement ? agreementLines(agreement) : []),
  ].join('\n')
  return { json, text }
}

function agreementLines(found: RaterAgreement): string[] {
  const { raters: [a, b], tier, n, kappa, interval, observed, expected, blind, only, codes, table, disagreements } = found
  const width = Math.max(4, ...codes.map(code => code.length))
  const row = (name: string, cells: (string | number)[]): string => `  ${name.padEnd(width)}${cells.map(cell => String(cell).padStart(width + 1)).join('')}`
  return [
    `${a} and ${b} on ${tier}: ${kappa === undefined || interval === undefined ? `κ is not defined. ${found.undefined ?? ''}` : `κ ${kappa.toFixed(3)} [${interval.map(bound => bound.toFixed(3)).join(', ')}], observed ${observed!.toFixed(3)}, by chance ${expected!.toFixed(3)}`}`,
    `  ${n} rated by both, ${only[0]} only by ${a}, ${only[1]} only by ${b}; ${blind === 'done' ? 'blind until both were done' : blind === 'opened' ? 'unblinded before both were done' : 'not rated blind'}.`,
    ...(codes.length > 0 ? [row('', codes), ...table.map((counts, i) => row(codes[i]!, counts))] : []),
    ...disagreements.map(({ t, trial, codes: [first, second], settled }) => `  ${(t / 1e9).toFixed(3)} s${trial === undefined ? '' : ` trial ${trial}`}: ${first ?? 'not rated'} / ${second ?? 'not rated'}${settled === undefined ? '' : `, settled as ${settled.code ?? 'no term'} by ${settled.author}`}`),
  ]
}
