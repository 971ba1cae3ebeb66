import { describe, expect, it } from 'vitest'
import { following } from '../../../renderer/scene/pointer'

const at = (x: number): { x: number, y: number } => ({ x, y: 0 })

describe('following', () => {
  it('asks about one place at a time, skips those in between and ends at the newest', async () => {
    const asked: number[] = []
    const found: (string | undefined)[] = []
    const answers: (() => void)[] = []
    const follow = following<string>(
      place => new Promise((done) => {
        asked.push(place.x)
        answers.push(() => done(`at ${place.x}`))
      }),
      answer => found.push(answer),
    )
    for (const x of [1, 2, 3, 4])
      follow(at(x))
    expect(asked).toEqual([1])
    answers[0]!()
    await new Promise(done => setTimeout(done, 0))
    expect(asked).toEqual([1, 4])
    answers[1]!()
    await new Promise(done => setTimeout(done, 0))
    expect(found).toEqual(['at 1', 'at 4'])
  })

  it('goes on after an answer that failed', async () => {
    const found: unknown[] = []
    let fail = true
    const follow = following<number>(async (place) => {
      if (fail)
        throw new Error('the GPU is gone')
      return place.x
    }, answer => found.push(answer))
    follow(at(1))
    await new Promise(done => setTimeout(done, 0))
    fail = false
    follow(at(2))
    await new Promise(done => setTimeout(done, 0))
    expect(found).toEqual([2])
  })
})
