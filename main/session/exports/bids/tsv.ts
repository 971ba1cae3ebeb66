/** Tab-separated tables as BIDS has them, each column defined in a JSON beside it. Pure. */

export interface TsvColumn<Row> {
  name: string
  /** For the JSON sidecar. */
  definition: { Description: string, Units?: string, Levels?: Record<string, string> }
  of: (row: Row) => string | number | boolean | undefined
}

export function tsvOf<Row>(columns: readonly TsvColumn<Row>[], rows: Iterable<Row>): string {
  return [...tsvLines(columns, rows)].join('')
}

/** The header, then a line for each row, as they come. */
export function* tsvLines<Row>(columns: readonly TsvColumn<Row>[], rows: Iterable<Row>): Generator<string> {
  yield `${columns.map(({ name }) => name).join('\t')}\n`
  for (const row of rows)
    yield `${columns.map(({ of }) => tsvCell(of(row))).join('\t')}\n`
}

export function definitionsOf<Row>(columns: readonly TsvColumn<Row>[]): Record<string, object> {
  return Object.fromEntries(columns.map(({ name, definition }) => [name, definition]))
}

/** `n/a` where there is no value. BIDS has no quoting: tabs, line ends and backslashes are written as in C. */
export function tsvCell(value: string | number | boolean | undefined): string {
  if (value === undefined || value === '' || (typeof value === 'number' && !Number.isFinite(value)))
    return 'n/a'
  if (typeof value !== 'string')
    return String(value)
  // eslint-disable-next-line no-control-regex
  return value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replace(/[\0-\x1F\x7F\u2028\u2029\x85]/g, '\uFFFD')
}

/** A label in a file name: letters and digits alone. */
export function labelOf(name: string, otherwise: string): string {
  return name.normalize('NFKD').replace(/[^a-z0-9]/gi, '').slice(0, 40) || otherwise
}
