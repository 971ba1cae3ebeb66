import type { RecordedTrial } from '../../../../preload/contract/rpc'
import { describe, expect, it } from 'vitest'
import { TrialCache } from '../../../../renderer/stores/session/trialCache'
import { trial } from '../../sessionFixture'

const recorded = (id: string): RecordedTrial => {
  const presentation = { item: 1, target: 1, input: new Float32Array(0), activations: [], probabilities: new Float32Array(0) }
  return { trial: trial(0, { trial: id }), before: presentation, after: presentation }
}

/** A host that answers when told to. */
function slowHost() {
  const waiting: { id: string, answer: () => void, fail: () => void }[] = []
  const asked: string[] = []
  const fetch = (id: string): Promise<RecordedTrial> => {
    asked.push(id)
    return new Promise((resolve, reject) => waiting.push({ id, answer: () => resolve(recorded(id)), fail: () => reject(new Error('damaged')) }))
  }
  const settle = async (how: 'answer' | 'fail' = 'answer'): Promise<void> => {
    waiting.shift()?.[how]()
    for (let i = 0; i < 5; i++)
      await Promise.resolve()
  }
  return { fetch, asked, settle }
}

describe('recorded trials', () => {
  it('asks for one at a time and then for the newest wish', async () => {
    const { fetch, asked, settle } = slowHost()
    const arrived: string[] = []
    const cache = new TrialCache({ fetch, arrived: id => arrived.push(id), refused: () => {} })
    for (const id of ['a', 'b', 'c', 'd'])
      expect(cache.want(id)).toBeUndefined()
    expect(asked).toEqual(['a'])
    await settle()
    expect(asked).toEqual(['a', 'd'])
    await settle()
    expect(arrived).toEqual(['a', 'd'])
    expect(cache.want('a')?.trial.trial).toBe('a')
    expect(asked).toEqual(['a', 'd'])
  })

  it('forgets the one used longest ago', async () => {
    const { fetch, asked, settle } = slowHost()
    const cache = new TrialCache({ fetch, arrived: () => {}, refused: () => {}, capacity: 2 })
    for (const id of ['a', 'b']) {
      cache.want(id)
      await settle()
    }
    cache.want('a')
    cache.want('c')
    await settle()
    expect(cache.want('a')).toBeDefined()
    expect(cache.want('b')).toBeUndefined()
    expect(asked).toEqual(['a', 'b', 'c', 'b'])
  })

  it('asks for a damaged one once', async () => {
    const { fetch, asked, settle } = slowHost()
    const refused: string[] = []
    const cache = new TrialCache({ fetch, arrived: () => {}, refused: id => refused.push(id) })
    cache.want('a')
    await settle('fail')
    cache.want('a')
    expect(asked).toEqual(['a'])
    expect(refused).toEqual(['a', 'a'])
  })
})
