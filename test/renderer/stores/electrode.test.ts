import type { TestHost } from '../host'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { undoStack } from '../../../renderer/commands/undoStack'
import { useConnection } from '../../../renderer/stores/connection'
import { useElectrode } from '../../../renderer/stores/electrode'
import { usePatient } from '../../../renderer/stores/patient'
import { useTags } from '../../../renderer/stores/tags'
import { testHost } from '../host'

let host: TestHost

beforeEach(async () => {
  setActivePinia(createPinia())
  undoStack.clear()
  host = testHost()
  const connection = useConnection()
  const patient = usePatient()
  connection.start(host.transport)
  await vi.waitUntil(() => patient.presentation !== undefined)
})

const strengths = (): number[] => host.stimulated.map(({ set }) => (set.interventions[0] as { strength: number }).strength)

it('a click puts the electrode on the site as it is set; the next one replaces it', async () => {
  const electrode = useElectrode()
  electrode.select(['layers.0.unit[1]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.on)
  electrode.select(['layers.0.unit[2]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.history.length === 2)
  expect(host.stimulated).toEqual([
    { set: { interventions: [{ site: 'layers.0.unit[1]', op: 'gate', strength: 0, baseline: 'mean' }], compose: false }, focus: 6, replaces: false },
    { set: { interventions: [{ site: 'layers.0.unit[2]', op: 'gate', strength: 0, baseline: 'mean' }], compose: false }, focus: 6, replaces: true },
  ])
})

it('a drag asks for one at a time and ends on the last value; only the end enters history', async () => {
  const electrode = useElectrode()
  electrode.select(['layers.0.unit[1]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.history.length === 1)
  for (let i = 1; i <= 50; i++)
    electrode.change({ strength: i / 100 }, false)
  electrode.change({ strength: 0.5 })
  await vi.waitUntil(() => electrode.history.length === 2)
  expect(host.most()).toBe(1)
  expect(strengths().length).toBeLessThan(10)
  expect(strengths().at(-1)).toBe(0.5)
  expect(electrode.history.at(-1)?.text).toBe('gate 0.50 on layers.0.unit[1]')
})

it('undo goes back to what was on before, then to nothing; redo brings it back', async () => {
  const electrode = useElectrode()
  electrode.select(['layers.0.unit[1]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.history.length === 1)
  electrode.change({ strength: 0.4 })
  await vi.waitUntil(() => electrode.history.length === 2)

  expect(await undoStack.undo()).toBe('gate 0.40 on layers.0.unit[1]')
  expect(strengths().at(-1)).toBe(0)
  expect(electrode.setting.strength).toBe(0)
  await undoStack.undo()
  expect(electrode.on).toBe(false)
  expect(host.released).toEqual(['released'])
  await undoStack.redo()
  expect(electrode.on).toBe(true)
  expect(electrode.selection).toEqual(['layers.0.unit[1]'])
})

it('stopping says so to the host, forgets what waits, and can be undone', async () => {
  const electrode = useElectrode()
  electrode.select(['layers.0.unit[1]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.on)
  await electrode.release('stopped')
  expect(host.released).toEqual(['stopped'])
  expect(electrode.response).toBeDefined()
  await undoStack.undo()
  expect(electrode.on).toBe(true)
})

it('what is on follows the item', async () => {
  const electrode = useElectrode()
  const patient = usePatient()
  electrode.select(['layers.0.unit[1]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.on)
  patient.show(3)
  await vi.waitUntil(() => host.stimulated.length === 2)
  expect(host.stimulated[1]).toMatchObject({ focus: 3, replaces: true })
})

it('the control is what was measured at the strength that changes nothing, and what was on comes back', async () => {
  const electrode = useElectrode()
  electrode.select(['layers.0.unit[1]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.on)
  expect(electrode.control).toBeUndefined()
  await electrode.measureControl()
  expect(strengths()).toEqual([0, 1, 0])
  expect(electrode.control).toMatchObject({ changed: 0, battery: 4 })
})

it('an electrode on a lost engine is off', async () => {
  const electrode = useElectrode()
  electrode.select(['layers.0.unit[1]'])
  electrode.stimulate()
  await vi.waitUntil(() => electrode.on)
  host.tell.engine({ state: 'lost', message: 'It ended with code 134.', restartInMs: 1000 })
  await vi.waitUntil(() => !electrode.on)
})

it('a tag and its text can be undone and are kept in order', async () => {
  const tags = useTags()
  const added = await tags.add('layers.0.unit[1]')
  await tags.change(added!.tag, 'closes the loop')
  expect(tags.list).toMatchObject([{ number: 1, site: 'layers.0.unit[1]', text: 'closes the loop' }])
  await undoStack.undo()
  expect(tags.list[0]?.text).toBe('')
  await undoStack.undo()
  expect(tags.list).toEqual([])
})
