/**
 * Annotations as CSV and back, in the same columns: from_s, to_s (seconds since the session began; no to_s for a point),
 * tier, term, text, author, sites, trials (several separated by "; "). Cells that a spreadsheet would take for a formula
 * begin with an apostrophe, which reading takes off again.
 */
import type { Annotation, CsvProblem, NewAnnotation } from '../../preload/contract/annotation'
import type { Scheme, Tier, Vocabulary } from '../../preload/contract/vocabulary'
import { parse } from 'csv-parse/sync'
import { parseAddress } from '../../preload/contract/address'

const COLUMNS = ['from_s', 'to_s', 'tier', 'term', 'text', 'author', 'sites', 'trials'] as const
type Column = typeof COLUMNS[number]
const NEEDED: readonly Column[] = ['from_s', 'tier']

const LONGEST_TEXT = 100_000
/** What a spreadsheet reads as a formula, also in its full-width forms; and what was escaped before. */
const FORMULA = /^'*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/

export function annotationsToCsv(annotations: readonly Annotation[]): string {
  const rows = annotations.toSorted((a, b) => a.from.t - b.from.t || (a.annotation < b.annotation ? -1 : 1)).map(one => [
    secondsOf(one.from.t),
    one.to.t === one.from.t ? '' : secondsOf(one.to.t),
    ...[one.tier, one.term ?? '', one.text, one.author, one.sites.join('; '), one.trials.join('; ')].map(harmless),
  ])
  return [COLUMNS, ...rows].map(row => `${row.map(quoted).join(',')}\r\n`).join('')
}

export interface CsvPlace {
  scheme: Scheme
  /** End of the session, ns. */
  end: number
  /** Ids of the trials it has. */
  trials: ReadonlySet<string>
  /** The primary's step at a time. */
  stepAt: (t: number) => number
  /** Where a row names nobody. */
  author: string
  /** Why a row of this author on this tier is refused, where it is. */
  refused: (tier: string, author: string) => string | undefined
}

export interface CsvRead {
  rows: (NewAnnotation & { author: string })[]
  problems: CsvProblem[]
}

/** Everything wrong with it is listed, by line; nothing is thrown. */
export function annotationsFromCsv(csv: string, place: CsvPlace): CsvRead {
  const problems: CsvProblem[] = []
  const [header, ...lines] = recordsOf(csv, problems)
  if (header === undefined)
    return { rows: [], problems: problems.length > 0 ? problems : [{ line: 1, message: `The file is empty; the first line names the columns: ${COLUMNS.join(',')}.` }] }
  const names = header.cells.map(cell => cell.trim().toLowerCase())
  const wrong = wrongHeader(names)
  if (wrong.length > 0)
    return { rows: [], problems: wrong.map(message => ({ line: 1, message })) }
  const rows: CsvRead['rows'] = []
  for (const { line, cells } of lines) {
    if (cells.every(cell => cell === ''))
      continue
    if (cells.length !== names.length) {
      problems.push({ line, message: `${cells.length} cells where the header names ${names.length}. A comma inside a cell needs quotes around the cell.` })
      continue
    }
    const cell = (column: Column): string => plain(cells[names.indexOf(column)] ?? '')
    const before = problems.length
    const row = rowOf(cell, place, (column, message) => problems.push({ line, column, message }))
    if (problems.length === before)
      rows.push(row)
  }
  return { rows, problems: problems.sort((a, b) => a.line - b.line) }
}

interface Line { line: number, cells: string[] }

function recordsOf(csv: string, problems: CsvProblem[]): Line[] {
  let end = 0
  const first = csv.slice(0, /[\r\n]/.exec(csv)?.index ?? csv.length)
  const read = parse(csv, {
    bom: true,
    delimiter: [',', ';', '\t'].find(sign => first.includes(sign)) ?? ',',
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: error => void problems.push({ line: Number((error as { lines?: number } | undefined)?.lines ?? end + 1), message: `${error?.message ?? 'The line cannot be read.'}` }),
  }) as unknown as { info: { lines: number }, record: string[] }[]
  return read.map(({ info, record }) => {
    // What is counted is where a record ends; one with line breaks in a cell began earlier.
    const line = info.lines - record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
    end = info.lines
    return { line, cells: record }
  })
}

function wrongHeader(names: string[]): string[] {
  const unknown = names.filter(name => !(COLUMNS as readonly string[]).includes(name))
  const missing = NEEDED.filter(name => !names.includes(name))
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  return [
    ...unknown.map(name => `There is no column “${name}”. Columns: ${COLUMNS.join(', ')}.`),
    ...missing.map(name => `Column “${name}” is missing.`),
    ...twice.map(name => `Column “${name}” is there twice.`),
  ]
}

function rowOf(cell: (column: Column) => string, place: CsvPlace, problem: (column: Column, message: string) => void): NewAnnotation & { author: string } {
  const from = timeOf(cell('from_s'), place.end, message => problem('from_s', message))
  const to = cell('to_s').trim() === '' ? from : timeOf(cell('to_s'), place.end, message => problem('to_s', message))
  if (from !== undefined && to !== undefined && to < from)
    problem('to_s', `The end, ${secondsOf(to)} s, comes before the beginning, ${secondsOf(from)} s.`)
  const tier = tierOf(cell('tier').trim(), place.scheme)
  if (tier === undefined)
    problem('tier', cell('tier').trim() === '' ? 'No tier is named.' : `There is no tier “${cell('tier').trim()}”. Tiers: ${place.scheme.tiers.map(one => one.tier).join(', ')}.`)
  const term = tier === undefined ? undefined : termOf(cell('term').trim(), tier, place.scheme, message => problem('term', message))
  const text = cell('text')
  if (text.length > LONGEST_TEXT)
    problem('text', `The text has ${text.length.toLocaleString('en')} characters; at most ${LONGEST_TEXT.toLocaleString('en')} are kept.`)
  const author = cell('author').trim() || place.author
  if (author.length > 200)
    problem('author', 'The name is longer than 200 characters.')
  const refused = tier && place.refused(tier.tier, author)
  if (refused !== undefined)
    problem('author', refused)
  const sites = listOf(cell('sites'))
  for (const site of sites) {
    const { error } = parseAddress(site)
    if (error !== undefined)
      problem('sites', error.message)
  }
  const trials = listOf(cell('trials'))
  for (const trial of trials.filter(one => !place.trials.has(one)))
    problem('trials', `There is no trial “${trial}” in this session.`)
  const moment = (t: number): { t: number, step: number } => ({ t, step: place.stepAt(t) })
  return { from: moment(from ?? 0), to: moment(to ?? 0), tier: tier?.tier ?? '', ...(term === undefined ? {} : { term }), text, author, sites, trials }
}

function timeOf(text: string, end: number, problem: (message: string) => void): number | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text.trim())
  if (match === null) {
    problem(text.trim() === '' ? 'No time is given.' : `“${text.trim()}” is no time: seconds since the session began, such as 12.5.`)
    return undefined
  }
  const t = Number(match[1]) * 1e9 + Number((match[2] ?? '').padEnd(9, '0'))
  if (t > end)
    problem(`${secondsOf(t)} s lies outside the session, which ends at ${secondsOf(end)} s.`)
  return t
}

function tierOf(text: string, { tiers }: Scheme): Tier | undefined {
  return tiers.find(({ tier }) => tier === text) ?? tiers.find(({ name }) => name.toLowerCase() === text.toLowerCase())
}

function termOf(text: string, tier: Tier, { vocabularies }: Scheme, problem: (message: string) => void): string | undefined {
  if (text === '')
    return undefined
  const terms: Vocabulary['terms'] | undefined = vocabularies.find(({ vocabulary }) => vocabulary === tier.vocabulary)?.terms
  const found = terms?.find(({ code }) => code === text) ?? terms?.find(({ label }) => label.toLowerCase() === text.toLowerCase())
  if (found === undefined)
    problem(terms === undefined ? `Tier “${tier.name}” holds free text and takes no term.` : `Tier “${tier.name}” has no term “${text}”. Terms: ${terms.map(({ code }) => code).join(', ')}.`)
  return found?.code
}

function listOf(text: string): string[] {
  return text.split(';').map(part => part.trim()).filter(part => part !== '')
}

/** Exact: nanoseconds as decimals, without zeros at the end. */
function secondsOf(t: number): string {
  const fraction = String(t % 1e9).padStart(9, '0').replace(/0+$/, '')
  return `${Math.floor(t / 1e9)}${fraction === '' ? '' : `.${fraction}`}`
}

function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text
}

function plain(cell: string): string {
  return cell.startsWith('\'') && FORMULA.test(cell) ? cell.slice(1) : cell
}

function quoted(cell: string): string {
  return /[",;\r\n\t]/.test(cell) || cell !== cell.trim() ? `"${cell.replaceAll('"', '""')}"` : cell
}
