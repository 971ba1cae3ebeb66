import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../preload/contract/layout'
import { firstUnit, neighbourOf } from '../../../renderer/scene/neighbours'

const layout = layoutOf({ kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' })
const place = ({ sheet, index }: { sheet: number, index: number }): number[] => [...layout.positions[sheet]!.subarray(3 * index, 3 * index + 3)]

describe('neighbours', () => {
  it('lead to the unit that stands there in space', () => {
    const from = { sheet: 1, index: 40 }
    const { pitch } = layout.sheets[1]!
    const [x, y, z] = place(from)
    const near = (site: { sheet: number, index: number } | undefined, expected: number[]): void =>
      place(site!).forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 4))
    near(neighbourOf(layout, from, 'up'), [x!, y! + pitch, z!])
    near(neighbourOf(layout, from, 'down'), [x!, y! - pitch, z!])
    near(neighbourOf(layout, from, 'right'), [x!, y!, z! + pitch])
    near(neighbourOf(layout, from, 'left'), [x!, y!, z! - pitch])
  })

  it('go on to the next sheet at nearly the same height, and never into the input', () => {
    const { columns } = layout.sheets[1]!
    const end = { sheet: 1, index: 5 * columns + columns - 1 }
    const next = neighbourOf(layout, end, 'right')!
    expect(next.sheet).toBe(2)
    expect(next.index % layout.sheets[2]!.columns).toBe(0)
    expect(Math.abs(place(next)[1]! - place(end)[1]!)).toBeLessThan(layout.sheets[2]!.pitch)
    expect(neighbourOf(layout, { sheet: 1, index: 5 * columns }, 'left')).toBeUndefined()
  })

  it('stop at the borders', () => {
    expect(neighbourOf(layout, { sheet: 3, index: 0 }, 'up')).toBeUndefined()
    expect(neighbourOf(layout, { sheet: 3, index: 9 }, 'down')).toBeUndefined()
    expect(neighbourOf(layout, { sheet: 3, index: 4 }, 'right')).toBeUndefined()
    expect(neighbourOf(layout, { sheet: 1, index: 255 }, 'down')).toBeUndefined()
  })

  it('reach every unit from the first', () => {
    const seen = new Set<string>()
    const queue = [firstUnit(layout)!]
    while (queue.length > 0) {
      const site = queue.pop()!
      if (seen.has(`${site.sheet}:${site.index}`))
        continue
      seen.add(`${site.sheet}:${site.index}`)
      for (const direction of ['left', 'right', 'up', 'down'] as const)
        queue.push(...[neighbourOf(layout, site, direction)].filter(next => next !== undefined))
    }
    expect(seen.size).toBe(256 + 128 + 10)
  })
})
