/** Tables of numbers 0 … p − 1 seen as waves: each column is a constant and (p − 1)/2 frequencies, p odd. */

/** What of each column is of the chosen frequencies, and its constant part: [p, columns] → the same. */
export function keepFrequencies(table: ArrayLike<number>, p: number, columns: number, frequencies: Iterable<number>): Float32Array {
  const kept = new Float64Array(p * columns)
  const waves: Float64Array[] = [Float64Array.from({ length: p }, () => Math.sqrt(1 / p))]
  for (const k of frequencies) waves.push(wave(p, k, 0), wave(p, k, -Math.PI / 2))
  for (const w of waves) {
    for (let c = 0; c < columns; c++) {
      let amount = 0
      for (let n = 0; n < p; n++) amount += w[n] * table[n * columns + c]
      for (let n = 0; n < p; n++) kept[n * columns + c] += amount * w[n]
    }
  }
  return Float32Array.from(kept)
}

/** Share of each frequency 1 … (p − 1)/2 in the power of the columns, their constant parts left out. */
export function frequencyShares(table: ArrayLike<number>, p: number, columns: number): Float64Array {
  const powers = Float64Array.from({ length: (p - 1) / 2 }, (_, i) => {
    let power = 0
    for (const w of [wave(p, i + 1, 0), wave(p, i + 1, -Math.PI / 2)]) {
      for (let c = 0; c < columns; c++) {
        let amount = 0
        for (let n = 0; n < p; n++) amount += w[n] * table[n * columns + c]
        power += amount ** 2
      }
    }
    return power
  })
  const total = powers.reduce((a, b) => a + b)
  return powers.map(power => power / total)
}

/** √(2/p) · cos(2π k n / p + phase): of length 1, and orthogonal to every other. */
function wave(p: number, k: number, phase: number): Float64Array {
  return Float64Array.from({ length: p }, (_, n) => Math.sqrt(2 / p) * Math.cos(2 * Math.PI * k * n / p + phase))
}
