import { expect, it } from 'vitest'
import { jaccard } from '../../../main/engine/symbiote/certificate/comparing'
import { otherCircuits } from '../../../main/engine/symbiote/certificate/random'
import { normalUpperTail } from '../../../main/lib/normal'

it('takes every other circuit where there are few', () => {
  const others = otherCircuits(Int32Array.of(0, 0, 1, 1), Uint8Array.of(0, 1, 0, 1), 1)
  expect(others.map(own => own.join('')).sort()).toEqual(['0011', '0110', '1001', '1010', '1100'])
})

it('keeps size and layers where there are many, and never draws the circuit itself', () => {
  const blocks = Int32Array.from({ length: 60 }, (_, i) => i < 40 ? 0 : 1)
  const member = Uint8Array.from(blocks, (_, i) => i < 3 || i === 50 ? 1 : 0)
  const others = otherCircuits(blocks, member, 1)
  expect(others).toHaveLength(100)
  expect(new Set(others.map(own => own.join(''))).size).toBe(100)
  for (const own of others) {
    expect(own.slice(0, 40).reduce((a, b) => a + b)).toBe(3)
    expect(own.slice(40).reduce((a, b) => a + b)).toBe(1)
    expect(own.join('')).not.toBe(member.join(''))
  }
})

it('overlaps as Jaccard has it', () => {
  expect(jaccard([1, 2, 3], [2, 3, 4, 5])).toBe(2 / 5)
  expect(jaccard([], [])).toBe(1)
})

it('knows the normal tail', () => {
  // Tables of the normal distribution.
  expect(normalUpperTail(0)).toBeCloseTo(0.5, 6)
  expect(normalUpperTail(1.959964)).toBeCloseTo(0.025, 6)
  expect(normalUpperTail(-1.644854)).toBeCloseTo(0.95, 6)
})
