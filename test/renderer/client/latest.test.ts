import { expect, it } from 'vitest'
import { Latest } from '../../../renderer/client/latest'

it('one at a time, the newest next, the last always sent', async () => {
  const asked: number[] = []
  let under = 0
  let most = 0
  const latest = new Latest(async (value: number) => {
    asked.push(value)
    most = Math.max(most, ++under)
    await new Promise(resolve => setTimeout(resolve, 5))
    under--
  })
  for (let i = 0; i < 100; i++)
    latest.send(i)
  await latest.idle()
  expect(asked).toEqual([0, 99])
  expect(most).toBe(1)
})

it('a failed request does not stop the newer one', async () => {
  const asked: number[] = []
  const latest = new Latest(async (value: number) => {
    asked.push(value)
    if (value === 0)
      throw new Error('engine lost')
  })
  latest.send(0)
  latest.send(1)
  await latest.idle()
  expect(asked).toEqual([0, 1])
})

it('what waits can be forgotten', async () => {
  const asked: number[] = []
  const latest = new Latest(async (value: number) => {
    asked.push(value)
    await new Promise(resolve => setTimeout(resolve, 5))
  })
  latest.send(0)
  latest.send(1)
  latest.forget()
  await latest.idle()
  expect(asked).toEqual([0])
})
