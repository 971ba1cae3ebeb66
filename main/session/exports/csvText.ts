/** CSV as text: RFC 4180, and safe to open in a spreadsheet. Pure. */

export type Cell = string | number | boolean | undefined

/** Rows end with CRLF. Absent values are empty. */
export function csvRow(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/**
 * Numbers in their shortest exact form. Text that a spreadsheet would run as a formula gets an apostrophe in front, and so does text
 * that begins with one: taking one leading apostrophe off gives back what was recorded.
 */
export function csvCell(value: Cell): string {
  if (value === undefined)
    return ''
  if (typeof value !== 'string')
    return String(value)
  const text = /^[=+\-@'\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Nanoseconds as seconds with nine decimals: nothing is lost. */
export function secondsText(ns: number): string {
  return `${Math.floor(ns / 1e9)}.${String(ns % 1e9).padStart(9, '0')}`
}
