/**
 * What the sheets of the layout show of the calibration items, and their statistics. Statistics of values that no sheet
 * shows are found when they are asked for; see `knowledge.ts`.
 */

export interface Calibration {
  /** Rows of the patient's items that were used. */
  rows: Int32Array
  /** [sheet][row · sites + site]: of an mlp's layers the units' values. */
  values: Float32Array[]
  /** [sheet][site]. */
  mean: Float32Array[]
  /** [sheet][site], population standard deviation. */
  sigma: Float32Array[]
}

export function calibrationOf(rows: Int32Array, values: Float32Array[]): Calibration {
  const statistics = values.map(layer => columnStatistics(layer, rows.length))
  return { rows, values, mean: statistics.map(s => s.mean), sigma: statistics.map(s => s.sigma) }
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
