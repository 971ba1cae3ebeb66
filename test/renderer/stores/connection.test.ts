import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { useConnection } from '../../../renderer/stores/connection'
import { usePatient } from '../../../renderer/stores/patient'
import { testHost } from '../host'

beforeEach(() => setActivePinia(createPinia()))

it('an error crosses with its remedy and path and becomes one notice, however often it comes', async () => {
  const connection = useConnection()
  connection.start(testHost().transport)
  await vi.waitUntil(() => connection.isOpen)
  for (let i = 0; i < 3; i++)
    expect(await connection.attempt(() => connection.host.openPatient('/nowhere'))).toBeUndefined()
  expect(connection.notices).toMatchObject([{ kind: 'error', code: 'file-missing', message: 'There is no primary in /nowhere.', remedy: 'Choose a folder that holds one.', path: '/nowhere', times: 3 }])
})

it('a lost connection rejects what waits, is shown, and is found again by itself', async () => {
  const host = testHost({ delay: 1000 })
  const connection = useConnection()
  connection.start(host.transport)
  await vi.waitUntil(() => connection.isOpen)
  const waiting = connection.host.stimulate({ set: { interventions: [{ site: 'layers.0.unit[1]', op: 'drive', strength: 1 }], compose: false }, focus: 0 })
  await vi.waitUntil(() => host.stimulated.length === 1)
  host.cut()
  await expect(waiting).rejects.toMatchObject({ code: 'connection-lost' })
  expect(connection.connection).toMatchObject({ state: 'lost', attempt: 1 })
  await vi.waitUntil(() => connection.isOpen, { timeout: 3000 })
})

it('a window that was replaced does not fight for the host until asked to', async () => {
  const host = testHost()
  const connection = useConnection()
  connection.start(host.transport)
  await vi.waitUntil(() => connection.isOpen)
  host.tell.replaced()
  await vi.waitUntil(() => connection.connection.state === 'replaced')
  host.cut()
  await new Promise(resolve => setTimeout(resolve, 600))
  expect(connection.connection.state).toBe('replaced')
  connection.takeOver()
  await vi.waitUntil(() => connection.isOpen)
})

it('the first time, the patient that ships is brought in and shows an item it is unsure of', async () => {
  const connection = useConnection()
  const patient = usePatient()
  connection.start(testHost({ fresh: true }).transport)
  await vi.waitUntil(() => patient.presentation !== undefined)
  expect(patient.info?.name).toBe('tiny')
  expect(patient.presentation?.item).toBe(6)
})

it('a patient that cannot be opened leaves the one on the table', async () => {
  const connection = useConnection()
  const patient = usePatient()
  connection.start(testHost().transport)
  await vi.waitUntil(() => patient.info !== undefined)
  expect(await patient.open('/nowhere')).toBe(false)
  expect(patient.info?.name).toBe('tiny')
  expect(patient.problem?.path).toBe('/nowhere')
})
