/** A find cancelled at any point and gone on with ends, to the bit, as one that never was. */
import type { FindProgress, FindRequest, FindResult } from '../../../preload/contract/symbiote'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { plant } from '../../../main/engine/planted/plant'
import { findCircuit } from '../../../main/engine/symbiote/find'

const executor = createWasmExecutor()
let request: FindRequest
beforeAll(async () => {
  const { architecture, weights, tasks: [task, other] } = await plant(executor, { design: 'split', seed: 2 }, async () => {})
  const items = ({ train, test }: typeof task, name: string) => ({ name, train, test })
  request = { find: 'a', architecture, weights, task: items(task, 'one'), references: [items(other!, 'other')], sites: 'units', objective: 'sufficient', family: 'free', baseline: 'zero', budget: 'auto', seeds: 2, seed: 1, steps: 40, certificate: 'fast' }
}, 60_000)
afterEach(() => expect(executor.alive()).toBe(0))

/** Cancelled as soon as it tells of `when`; never, where left out. */
async function run(asked: FindRequest, when?: (progress: FindProgress) => boolean): Promise<FindResult> {
  let cancelled = false
  let time = 0
  return findCircuit(executor, asked, {
    progress: (progress) => { cancelled ||= when?.(progress) ?? false },
    ready: async () => {},
    cancelled: () => cancelled,
    // Every step is told.
    now: () => time += 1000,
  })
}

/** Everything but how long it took. */
function timeless({ seconds: _, checkpoint: _checkpoint, certificate, ...result }: FindResult) {
  return { ...result, certificate: { ...certificate, provenance: { ...certificate.provenance, seconds: 0 } } }
}

/** Through memory as through a file or another process: nothing is shared with the run before. */
const passedOn = (result: FindResult) => structuredClone(result.checkpoint!)

it.each([
  ['free', 'sufficient'],
  ['conditioned', 'sufficient'],
  ['free', 'steer'],
] as const)('%s, %s: in the training, twice, and then in the judging', async (family, objective) => {
  const asked: FindRequest = { ...request, family, objective, ...(objective === 'steer' ? { target: 0 } : {}), baseline: family === 'free' ? 'mean' : 'zero' }
  const whole = await run(asked)
  expect(whole.state).toBe('finished')
  expect(whole.checkpoint).toBeUndefined()
  const first = await run(asked, ({ training }) => training?.step === 17)
  expect(first).toMatchObject({ state: 'cancelled', checkpoint: [{ step: 17, over: false }] })
  expect(first.history.length).toBeLessThan(whole.history.length)
  const second = await run({ ...asked, from: passedOn(first) }, ({ training }) => training?.step === 30)
  expect(second.checkpoint).toMatchObject([{ step: 30, over: false }])
  const third = await run({ ...asked, from: passedOn(second) }, ({ phase }) => phase === 'measuring')
  expect(third).toMatchObject({ state: 'cancelled', checkpoint: [{ over: true }] })
  const steps: number[] = []
  const last = await run({ ...asked, from: passedOn(third) }, ({ training }) => {
    if (training) steps.push(training.step)
    return false
  })
  expect(steps).toEqual([])
  expect(last.state).toBe('finished')
  expect(timeless(last)).toEqual(timeless(whole))
}, 120_000)

it('a dissociation goes on with the lesion it was at', async () => {
  const asked: FindRequest = { ...request, objective: 'dissociate' }
  const whole = await run(asked)
  let trainings = 0
  const cut = await run(asked, ({ training }) => training?.step === 1 ? ++trainings > 2 : trainings === 2 && training?.step === 9)
  expect(cut).toMatchObject({ state: 'cancelled', checkpoint: [{ over: true }, { step: 9, over: false }] })
  const last = await run({ ...asked, from: passedOn(cut) })
  expect(timeless(last)).toEqual(timeless(whole))
  expect(last.certificate.matrix?.lesions).toHaveLength(3)
}, 120_000)

it('what was kept of another question is refused', async () => {
  const { checkpoint } = await run(request, ({ training }) => training?.step === 5)
  for (const other of [{ seeds: 3 }, { sites: 'weights' as const }, { family: 'conditioned' as const }, { steps: 4 }]) await expect(run({ ...request, ...other, from: checkpoint! })).rejects.toMatchObject({ code: 'checkpoint-unfit' })
  // Before the first step there is nothing to go on with.
  expect((await run(request, () => true)).checkpoint).toBeUndefined()
}, 120_000)
