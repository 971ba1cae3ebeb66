/**
 * Cohen's kappa against published examples and against ways of getting at it that share nothing with ours: the closed
 * form of a 2 × 2 table, and the delta method with derivatives taken numerically.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cohensKappa } from '../../main/lib/kappa'

describe('published examples', () => {
  it('cohen 1960, Educational and Psychological Measurement 20(1), 37–46, table 2: .70 observed, .41 expected, κ .492', () => {
    const { n, observed, expected, kappa } = cohensKappa([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    expect(n).toBe(200)
    expect(observed).toBeCloseTo(0.70, 12)
    expect(expected).toBeCloseTo(0.41, 12)
    expect(kappa).toBeCloseTo(0.492, 3)
  })

  it('fleiss, Levin & Paik 2003 by way of the R package statpsych, ci.kappa(.05, 31, 12, 4, 58): estimate, standard error, interval', () => {
    const { kappa, se, interval } = cohensKappa([[31, 12], [4, 58]])
    expect(kappa).toBeCloseTo(0.6756757, 7)
    expect(se).toBeCloseTo(0.07344761, 8)
    expect(interval![0]).toBeCloseTo(0.5317210, 7)
    expect(interval![1]).toBeCloseTo(0.8196303, 7)
  })

  it('and one with a code that one rater never uses: κ 209/425, as statsmodels gives it', () => {
    expect(cohensKappa([[6, 1, 0, 0], [0, 5, 1, 0], [1, 1, 4, 0], [0, 1, 4, 0]]).kappa).toBeCloseTo(209 / 425, 12)
  })
})

const cell = fc.nat({ max: 60 })

const nine = (least: number): fc.Arbitrary<number[][]> => fc.array(fc.integer({ min: least, max: 80 }), { minLength: 9, maxLength: 9 }).map(cells => [cells.slice(0, 3), cells.slice(3, 6), cells.slice(6)])

it('of two codes is the closed form 2(ad − bc) / ((a+b)(b+d) + (a+c)(c+d))', () => {
  fc.assert(fc.property(cell, cell, cell, cell, (a, b, c, d) => {
    const below = (a + b) * (b + d) + (a + c) * (c + d)
    const { kappa } = cohensKappa([[a, b], [c, d]])
    if (below === 0)
      expect(kappa).toBeUndefined()
    else
      expect(kappa).toBeCloseTo(2 * (a * d - b * c) / below, 10)
  }))
})

it('has the standard error of the delta method, its derivatives taken numerically', () => {
  fc.assert(fc.property(nine(1), (table) => {
    expect(cohensKappa(table).se! / deltaMethod(table)).toBeCloseTo(1, 4)
  }))
})

it('does not mind the order of the codes nor which rater comes first', () => {
  fc.assert(fc.property(nine(0), (table) => {
    const turned = table[0]!.map((_, j) => table.map(row => row[j]!))
    const reversed = table.map(row => row.toReversed()).toReversed()
    for (const other of [turned, reversed]) {
      expect(cohensKappa(other).kappa ?? 2).toBeCloseTo(cohensKappa(table).kappa ?? 2, 10)
      expect(cohensKappa(other).se ?? 2).toBeCloseTo(cohensKappa(table).se ?? 2, 7)
    }
  }))
})

describe('at the edges', () => {
  it('is not defined where nothing was rated by both', () => {
    expect(cohensKappa([[0, 0], [0, 0]])).toEqual({ n: 0, observed: undefined, expected: undefined, kappa: undefined, se: undefined, interval: undefined, undefined: 'Nothing was rated by both.' })
  })

  it('is not defined where both used one code throughout, and says so', () => {
    const { observed, kappa, undefined: why } = cohensKappa([[12, 0], [0, 0]])
    expect(observed).toBe(1)
    expect(kappa).toBeUndefined()
    expect(why).toContain('one and the same code')
  })

  it('is 0 where one rater never varies and the other does', () => {
    expect(cohensKappa([[10, 0], [5, 0]]).kappa).toBe(0)
  })

  it('is 1 at perfect agreement and −1 at perfect disagreement of two even codes', () => {
    expect(cohensKappa([[5, 0], [0, 5]])).toMatchObject({ kappa: 1, se: 0, interval: [1, 1] })
    expect(cohensKappa([[0, 5], [5, 0]]).kappa).toBe(-1)
  })
})

/** κ once more, from its definition, with the multinomial covariance of the cells and central differences. */
function deltaMethod(table: number[][]): number {
  const n = table.flat().reduce((a, b) => a + b, 0)
  const p = table.flat().map(count => count / n)
  const size = table.length
  const kappaOf = (cells: number[]): number => {
    let po = 0
    let pe = 0
    for (let i = 0; i < size; i++) {
      po += cells[i * size + i]!
      let row = 0
      let column = 0
      for (let j = 0; j < size; j++) {
        row += cells[i * size + j]!
        column += cells[j * size + i]!
      }
      pe += row * column
    }
    return (po - pe) / (1 - pe)
  }
  const h = 1e-5
  const gradient = p.map((_, k) => {
    const moved = (by: number): number => kappaOf(p.map((value, i) => i === k ? value + by : value))
    return (moved(h) - moved(-h)) / (2 * h)
  })
  let sum = 0
  for (let a = 0; a < p.length; a++) {
    for (let b = 0; b < p.length; b++)
      sum += gradient[a]! * gradient[b]! * ((a === b ? p[a]! : 0) - p[a]! * p[b]!)
  }
  return Math.sqrt(sum / n)
}
