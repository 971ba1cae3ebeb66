import type { FindRequest } from '../../../preload/contract/symbiote'
import { beforeAll, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { plant } from '../../../main/engine/planted/plant'
import { circuitMeasures } from '../../../main/engine/symbiote/certificate/measures'
import { isMany } from '../../../main/engine/symbiote/circuits'
import { planOf } from '../../../main/engine/symbiote/plan'
import { withSubject } from '../../../main/engine/symbiote/subject'
import { measured, termValues } from '../../../main/engine/symbiote/terms'
import { appliedGates, trainSymbiote } from '../../../main/engine/symbiote/training'

const executor = createWasmExecutor()

/** A compiled program: a few hundred weights are what it computes with, all others are 0. */
let request: FindRequest
let used: Set<string>

beforeAll(async () => {
  const { architecture, weights, tasks: [{ file, train, test }] } = await plant(executor, { design: 'fraction-of-previous', seed: 1 }, async () => {})
  request = { find: 'm', architecture, weights, task: { name: file.name, train, test }, references: [], sites: 'weights', objective: 'sufficient', family: 'free', baseline: 'zero', budget: 'auto', seeds: 1, seed: 1, steps: 300, certificate: 'fast' }
  used = new Set(Object.entries(weights).flatMap(([name, { shape, data }]) => [...data].flatMap((value, i) => {
    const index = shape.map((size, axis) => Math.floor(i / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % size)
    return value === 0 ? [] : [`${name}[${index.join(',')}]`]
  })))
}, 120_000)

it('asks of very many candidates that the circuit keeps the answers and that nothing is left without it', async () => {
  await withSubject(executor, request, async (open) => {
    const { circuits, terms } = await open()
    expect(isMany(circuits)).toBe(true)
    expect(terms.map(({ role }) => role)).toEqual(['behaviour', 'rest'])
    const n = circuits.slots.addresses.length
    const [whole, nothing] = [new Float32Array(n).fill(1), new Float32Array(n)]
    // What the rest does is 0 with nothing left and 1 with everything.
    expect(await termValues(circuits, terms[1], [nothing, whole])).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 5)])
    // Nothing loses all of the behaviour; its biases answer class 0, so what it has right are the answers that are 0.
    const { targets, mask } = request.task.train
    const counted = Array.from(mask!.subarray(0, 512 * request.task.train.inputs.shape[1]), (share, j) => ({ share, zero: targets[j] === 0 })).filter(({ share }) => share > 0)
    const [gone, kept] = await measured(circuits, terms[0], [nothing, whole])
    expect(gone.value).toBeCloseTo(1, 5)
    expect(gone.missed).toBeCloseTo(1 - counted.filter(({ zero }) => zero).length / counted.length, 5)
    expect(kept).toEqual({ value: expect.closeTo(0, 5), missed: 0 })
  })
}, 60_000)

it('trains circuits of what a program computes with, that leave nothing without them', async () => {
  await withSubject(executor, request, async (open) => {
    const subject = await open()
    const { circuits: { slots }, yardstick } = subject
    const { seeds: [{ gates, held }] } = await trainSymbiote(executor, await planOf(subject), { cancelled: () => false, step: async () => {} })
    const members = slots.addresses.filter((_, i) => gates[i] > 0.5)
    expect(held).toBe(true)
    expect(members.filter(address => !used.has(address))).toEqual([])
    expect(members.length).toBeLessThan(used.size)
    const [circuit, complement] = await circuitMeasures(yardstick, [appliedGates('keep', gates), appliedGates('remove', gates)])
    expect(circuit.faithfulness).toBeGreaterThan(0.8)
    expect(complement.accuracy).toBeLessThan(yardstick.full.chance + 0.1)
  })
}, 60_000)
