import { describe, expect, it } from 'vitest'
import { alignCurves, smoothed } from '../../../renderer/charts/align'

describe('curves over one axis', () => {
  it('every x once, ascending, and nothing invented in between', () => {
    expect(alignCurves([[[1, 10], [3, 30]], [[2, 0.5], [3, 0.6]]])).toEqual([[1, 2, 3], [10, undefined, 30], [undefined, 0.5, 0.6]])
    expect(alignCurves([[], []])).toEqual([[], [], []])
  })

  it('a running mean begins with what there is', () => {
    expect(smoothed([[1, 4], [2, 2], [3, 6], [4, 0]], 2)).toEqual([[1, 4], [2, 3], [3, 4], [4, 3]])
  })
})
