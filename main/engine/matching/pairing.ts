/** How alike the sites of two circuits are, and which go together. Pure arithmetic on their signatures. */
import type { Signatures } from './signatures'

/** Indices of two candidates and their correlation. */
export interface Pair { a: number, b: number, r: number }

/** Rows between two turns of others: some milliseconds of work. */
const ROWS_A_TURN = 16

/** Pearson's r of every two candidates, [a · b]. */
export async function correlated(a: Signatures, b: Signatures, turn: (done: number, total: number) => Promise<void>): Promise<Float64Array> {
  const length = a.rows[0].length
  const found = new Float64Array(a.rows.length * b.rows.length)
  for (let i = 0; i < a.rows.length; i++) {
    const one = a.rows[i]
    for (let j = 0; j < b.rows.length; j++) {
      const other = b.rows[j]
      let sum = 0
      for (let t = 0; t < length; t++) sum += one[t] * other[t]
      found[i * b.rows.length + j] = sum
    }
    if (i % ROWS_A_TURN === 0) await turn(i, a.rows.length)
  }
  return found
}

/** The largest |r| of what is left, again and again. */
export function matched(alike: Float64Array, width: number, ofA: readonly number[], ofB: readonly number[]): Pair[] {
  const all = ofA.flatMap(a => ofB.map(b => ({ a, b, r: alike[a * width + b] }))).sort((p, q) => Math.abs(q.r) - Math.abs(p.r) || p.a - q.a || p.b - q.b)
  const [takenA, takenB] = [new Set<number>(), new Set<number>()]
  return all.filter(({ a, b }) => {
    if (takenA.has(a) || takenB.has(b)) return false
    takenA.add(a)
    takenB.add(b)
    return true
  })
}

export function meanSize(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, { r }) => sum + Math.abs(r), 0) / pairs.length
}
