/** What every benchmark gives: named figures, and the targets they are held against. Not a test: nothing fails here. */

export interface Bench {
  name: string
  figures: Record<string, number | string>
}

export interface BenchContext {
  /** Folder of the built main bundles. */
  here: string
  say: (line: string) => void
}

/** In place; p in 0 … 1, nearest rank. */
export function percentile(values: number[], p: number): number {
  values.sort((a, b) => a - b)
  return values[Math.min(values.length - 1, Math.floor(p * values.length))]
}

export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits))
}
