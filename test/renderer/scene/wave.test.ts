import { describe, expect, it } from 'vitest'
import { arrival, duration, FADE_MS, LAYER_MS, progress } from '../../../renderer/scene/wave'

describe('the difference wave', () => {
  it('shows the stimulated sheet in the first frame and nothing beyond it', () => {
    expect(progress(1, 1, 0)).toBe(1)
    expect(progress(2, 1, 0)).toBe(0)
  })

  it('reaches one sheet after another, 90 ms apart', () => {
    expect(arrival(3, 1) - arrival(2, 1)).toBe(90)
    expect(progress(2, 1, LAYER_MS + 1)).toBeGreaterThan(0)
    expect(progress(3, 1, LAYER_MS + 1)).toBe(0)
  })

  it('is over when it says so', () => {
    for (const sheets of [2, 4, 12]) {
      const end = duration(sheets, 1)
      expect(progress(sheets - 1, 1, end)).toBe(1)
      expect(end).toBeGreaterThanOrEqual(arrival(sheets - 1, 1) + FADE_MS)
    }
  })
})
