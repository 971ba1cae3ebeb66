import { describe, expect, it } from 'vitest'
import { frequencyShares, keepFrequencies } from '../../main/lib/fourier'

const P = 11

/** Two columns made of known waves: 3 + 2 cos(2π·1·n/11), and sin(2π·4·n/11). */
const table = Float64Array.from({ length: P * 2 }, (_, i) => {
  const n = Math.floor(i / 2)
  return i % 2 === 0 ? 3 + 2 * Math.cos(2 * Math.PI * n / P) : Math.sin(2 * Math.PI * 4 * n / P)
})

describe('waves of a table', () => {
  it('all frequencies together give the table back', () => {
    keepFrequencies(table, P, 2, [1, 2, 3, 4, 5]).forEach((v, i) => expect(v).toBeCloseTo(table[i], 6))
  })

  it('keeps what is asked for, and the constant', () => {
    keepFrequencies(table, P, 2, [4]).forEach((v, i) => expect(v).toBeCloseTo(i % 2 === 0 ? 3 : table[i], 6))
    keepFrequencies(table, P, 2, [2, 3, 5]).forEach((v, i) => expect(v).toBeCloseTo(i % 2 === 0 ? 3 : 0, 6))
  })

  it('shares power by squared amplitude: 4 to 1', () => {
    const shares = frequencyShares(table, P, 2)
    ;[0.8, 0, 0, 0.2, 0].forEach((share, i) => expect(shares[i]).toBeCloseTo(share, 6))
  })
})
