import { describe, expect, it } from 'vitest'
import { durationText, freeName, metricRows } from '../../../../renderer/panels/train/runText'

describe('a training run in words', () => {
  it('offers a name that is free', () => {
    expect(freeName('mine', [])).toBe('mine')
    expect(freeName('mine', ['mine', 'mine-2', 'mine-4'])).toBe('mine-3')
  })

  it('says time left in whole seconds, rounded up', () => {
    expect(durationText(200)).toBe('1 s')
    expect(durationText(125_000)).toBe('2 min 5 s')
  })

  it('shows shares in percent', () => {
    expect(metricRows({ testAccuracy: 0.97824, testLoss: 0.07 })).toEqual([{ name: 'test accuracy', value: '97.82 %' }, { name: 'test loss', value: '0.0700' }])
  })
})
