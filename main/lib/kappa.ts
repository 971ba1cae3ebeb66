/** Cohen's kappa of two raters' nominal codes, with the interval of Fleiss, Cohen & Everitt. Pure arithmetic on a table of counts. */
import type { Kappa } from '../../preload/contract/rating'

const Z = 1.959963984540054

/** `table[i][j]`: how often the first rater said i where the second said j. Square, whole numbers of at least 0. */
export function cohensKappa(table: readonly (readonly number[])[]): Kappa {
  const n = table.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0)
  const none = { n, kappa: undefined, se: undefined, interval: undefined }
  if (n === 0)
    return { ...none, observed: undefined, expected: undefined, undefined: 'Nothing was rated by both.' }
  const p = table.map(row => row.map(count => count / n))
  const rows = p.map(row => row.reduce((a, b) => a + b, 0))
  const columns = p.map((_, j) => p.reduce((sum, row) => sum + row[j]!, 0))
  const observed = p.reduce((sum, row, i) => sum + row[i]!, 0)
  const expected = rows.reduce((sum, row, i) => sum + row * columns[i]!, 0)
  // One category on both sides: chance alone would agree everywhere, and 0/0 is neither perfect agreement nor none.
  if (table.filter((_, i) => rows[i]! > 0 || columns[i]! > 0).length < 2)
    return { ...none, observed, expected, undefined: 'Both used one and the same code throughout: agreement cannot be told from chance.' }
  const kappa = (observed - expected) / (1 - expected)
  const se = Math.sqrt(Math.max(0, variance(p, rows, columns, kappa, expected) / n))
  return { n, observed, expected, kappa, se, interval: [Math.max(-1, kappa - Z * se), Math.min(1, kappa + Z * se)] }
}

/** n times the large-sample variance: Fleiss, Cohen & Everitt 1969, Psychological Bulletin 72(5), eq. 13 without weights. */
function variance(p: readonly (readonly number[])[], rows: readonly number[], columns: readonly number[], kappa: number, expected: number): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    for (let j = 0; j < p.length; j++) {
      sum += i === j
        ? p[i]![i]! * (1 - (rows[i]! + columns[i]!) * (1 - kappa)) ** 2
        : (1 - kappa) ** 2 * p[i]![j]! * (columns[i]! + rows[j]!) ** 2
    }
  }
  return (sum - (kappa - expected * (1 - kappa)) ** 2) / (1 - expected) ** 2
}
