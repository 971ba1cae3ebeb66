/** Following a primary in training: newer weights are noticed, and the same question is asked of them, one at a time. */
import type { TrainingInfo } from '../../../preload/contract/rpc'
import type { Found } from '../../../preload/contract/symbiote'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useConnection } from '../../../renderer/stores/connection'
import { useFind } from '../../../renderer/stores/find'
import { useFindFollow } from '../../../renderer/stores/findFollow'
import { usePatient } from '../../../renderer/stores/patient'
import { PATIENT, testHost } from '../host'

beforeEach(() => {
  // All the window's store needs of a page.
  vi.stubGlobal('document', { documentElement: { dataset: {} } })
  setActivePinia(createPinia())
})
afterEach(() => vi.unstubAllGlobals())

it('the same question of each newer checkpoint, until the training is over', async () => {
  const training = (change: Partial<TrainingInfo>): TrainingInfo => ({ run: 'R', name: 'young', path: '/young', state: 'running', step: 1, steps: 3000, msPerStep: 1, loss: [], accuracy: [], ...change })
  let step = 500
  const asked: unknown[] = []
  const host = testHost({
    more: {
      primaries: async () => [],
      openTraining: async () => ({ ...PATIENT, name: `young at step ${step}`, trainedSteps: step, training: 'R', weightsSha256: String(step).padStart(64, '0') }),
      find: async (request) => {
        asked.push({ step, objective: request.objective, seeds: request.seeds, references: request.references })
        return { info: { find: String(step), state: 'finished', asked: request }, addresses: [], member: new Uint8Array(), membership: new Float32Array(), score: new Float64Array(), gates: new Float32Array(), rivals: [], history: [], certificate: { verdict: { certified: false, sentence: 'No.', weakest: 'controls' } } } as unknown as Found
      },
      otherCircuits: async () => [],
    },
    greeting: { training: training({}) },
  })
  const [find, follow, patient] = [useFind(), useFindFollow(), usePatient()]
  useConnection().start(host.transport)
  await vi.waitUntil(() => patient.presentation !== undefined)
  // Before its first checkpoint there is nothing to be read.
  expect([follow.run?.name, follow.newer, follow.onTable]).toEqual(['young', undefined, false])
  host.tell.training(training({ step: 600, checkpoint: 500 }))
  await vi.waitUntil(() => follow.newer === 500)
  await follow.open()
  await vi.waitUntil(() => follow.onTable)
  expect(follow.newer).toBeUndefined()
  find.change({ objective: 'necessary', seeds: 3, references: ['/other'] })
  follow.following = true
  expect(asked).toEqual([])
  for (step of [1000, 1500]) {
    host.tell.training(training({ step: step + 100, checkpoint: step }))
    await vi.waitUntil(() => asked.length === step / 500 - 1 && !find.running)
    expect(patient.info!.trainedSteps).toBe(step)
  }
  expect(asked).toEqual([1000, 1500].map(at => ({ step: at, objective: 'necessary', seeds: 3, references: ['/other'] })))
  host.tell.training(training({ state: 'finished', step: 3000 }))
  await vi.waitUntil(() => follow.run === undefined)
  expect(follow.following).toBe(false)
})
