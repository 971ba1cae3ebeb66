import { describe, expect, it } from 'vitest'
import { nearest } from '../../../renderer/scene/picking'

const SIDE = 13
const CENTRE = 6

function region(...spots: { row: number, column: number, id: number, kind: 'site' | 'edge' }[]): Uint8Array {
  const bytes = new Uint8Array(4 * SIDE * SIDE)
  for (const { row, column, id, kind } of spots)
    bytes.set([id & 255, id >> 8 & 255, id >> 16, kind === 'site' ? 255 : 128], 4 * (row * SIDE + column))
  return bytes
}

describe('nearest', () => {
  const middle = { row: CENTRE, column: CENTRE }

  it('finds nothing in an empty region', () => {
    expect(nearest(region(), true)).toBeUndefined()
  })

  it('gives the site under the very point, whatever is near, with ids beyond 16 bits', () => {
    const bytes = region({ ...middle, id: 99_321, kind: 'site' }, { row: CENTRE, column: CENTRE + 1, id: 4, kind: 'edge' })
    expect(nearest(bytes, true)).toEqual({ kind: 'site', flat: 99_320 })
  })

  it('gives a connection a few pixels away, but not one farther', () => {
    expect(nearest(region({ row: CENTRE + 3, column: CENTRE + 3, id: 8, kind: 'edge' }), false)).toEqual({ kind: 'edge', instance: 7 })
    expect(nearest(region({ row: CENTRE, column: CENTRE + 6, id: 8, kind: 'edge' }), false)).toBeUndefined()
  })

  it('weighs a near site against a connection by whose turn it is', () => {
    const bytes = region({ row: CENTRE, column: CENTRE - 1, id: 3, kind: 'edge' }, { row: CENTRE + 3, column: CENTRE, id: 5, kind: 'site' })
    expect(nearest(bytes, true)).toEqual({ kind: 'edge', instance: 2 })
    expect(nearest(bytes, false)).toEqual({ kind: 'site', flat: 4 })
  })
})
