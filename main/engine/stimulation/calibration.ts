/**
 * What the sheets of the layout show of the calibration items, and their statistics. Statistics of values that no sheet
 * shows are found when they are asked for; see `knowledge.ts`.
 */

export interface Calibration {
  /** [sheet][site]: of an mlp's layers the units'. */
  mean: Float32Array[]
  /** [sheet][site], population standard deviation. */
  sigma: Float32Array[]
}

/** @param values [sheet][row · sites + site] */
export function calibrationOf(rows: number, values: Float32Array[]): Calibration {
  const statistics = values.map(sheet => columnStatistics(sheet, rows))
  return { mean: statistics.map(s => s.mean), sigma: statistics.map(s => s.sigma) }
}

/** Mean and standard deviation of each column of [rows, columns], in doubles, two passes. */
export function columnStatistics(data: Float32Array, rows: number): { mean: Float32Array, sigma: Float32Array } {
  const columns = data.length / rows
  const sums = new Float64Array(columns)
  for (let i = 0; i < data.length; i++) sums[i % columns] += data[i]
  const mean = sums.map(sum => sum / rows)
  const squares = new Float64Array(columns)
  for (let i = 0; i < data.length; i++) squares[i % columns] += (data[i] - mean[i % columns]) ** 2
  return { mean: Float32Array.from(mean), sigma: Float32Array.from(squares, s => Math.sqrt(s / rows)) }
}
