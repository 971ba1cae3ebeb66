import type { FindProgress, FindRequest, FindResult } from '../../../preload/contract/symbiote'
import { beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { plant } from '../../../main/engine/planted/plant'
import { findCircuit } from '../../../main/engine/symbiote/find'
import { scoresOf } from '../../../main/lib/scores'
import { membershipOf } from '../../../main/theatre/judge'

const executor = createWasmExecutor()
const quiet = { progress: () => {}, ready: async () => {}, cancelled: () => false, now: () => performance.now() }
type Truth = Parameters<typeof membershipOf>[1]

/** Two tasks of one primary, each with inputs, units and weights of its own among as many that are noise. */
let request: FindRequest
let truths: Truth[]

beforeAll(async () => {
  const { architecture, weights, tasks } = await plant(executor, { design: 'split', seed: 2 }, quiet.ready)
  const [task, other] = tasks.map(({ file, train, test }) => ({ name: file.name, train, test }))
  truths = tasks.map(({ truths }) => truths[0])
  request = { find: 'a', architecture, weights, task, references: [], contexts: [{ task: other }], sites: 'weights', objective: 'sufficient', family: 'conditioned', baseline: 'zero', budget: 'auto', seeds: 3, seed: 1, steps: 400, certificate: 'fast' }
}, 60_000)

describe('one symbiote on two tasks', () => {
  let all: FindResult[]
  let alive: number
  const told: FindProgress[] = []
  beforeAll(async () => {
    alive = executor.alive()
    const { contexts = [], ...first } = await findCircuit(executor, request, { ...quiet, progress: progress => told.push(progress) })
    all = [first, ...contexts]
  }, 180_000)

  it('comes to the circuit that was planted for each, and to no part of the other\'s', () => {
    expect(all).toHaveLength(2)
    for (const [k, { addresses, score, member }] of all.entries()) {
      expect(scoresOf(score, membershipOf(addresses, truths[k])).ap).toBeGreaterThan(0.95)
      // Luck, and the other task's circuit, are worth next to nothing.
      expect(scoresOf(score, membershipOf(addresses, truths[1 - k])).ap).toBeLessThan(0.3)
      const others = new Set(truths[1 - k].sites)
      expect(addresses.filter((address, i) => member[i] === 1 && others.has(address))).toEqual([])
    }
  })

  it('certifies each on its own task', () => {
    expect(all.map(({ certificate: { asked } }) => asked.task.name)).toEqual(['split-task-0', 'split-task-1'])
    for (const { certificate: { asked, circuit, complement, full } } of all) {
      expect(asked.together).toEqual(['split-task-0', 'split-task-1'])
      expect(circuit.accuracyKept).toBeGreaterThan(0.9)
      expect(circuit.sites).toBeLessThan(40)
      expect(complement.accuracy).toBeLessThan(full.chance + 0.15)
    }
    expect(all[0].certificate.asked.classes).not.toEqual(all[1].certificate.asked.classes)
    expect(all[0].history).not.toEqual(all[1].history)
  })

  it('tells of one training, never goes back, and leaves nothing on the executor', () => {
    expect(told.map(({ share }) => share)).toEqual([...told.map(({ share }) => share)].sort((a, b) => a - b))
    expect(told.filter(({ phase }) => phase === 'comparing')).toHaveLength(2)
    expect(executor.alive()).toBe(alive)
  })
})

it('says which of the tasks cannot be done', async () => {
  const [{ task }] = request.contexts!
  const contrary = { ...task, name: 'contrary', test: { ...task.test, targets: task.test.targets.map((target, i) => i % 2 === 0 ? target : 2 + (3 - target)) } }
  const alive = executor.alive()
  await expect(findCircuit(executor, { ...request, contexts: [{ task: contrary }] }, quiet)).rejects.toThrow(/^contrary: The primary does not do the task/)
  expect(executor.alive()).toBe(alive)
})

it('steers to one class and to another, each with gates of its own', async () => {
  const classes = [...new Set(request.task.train.targets)].sort()
  const { contexts: [other] = [], ...first } = await findCircuit(executor, { ...request, objective: 'steer', target: classes[0], contexts: [{ task: request.task, target: classes[1] }], references: request.contexts!.map(({ task }) => task), seeds: 1, steps: 200 }, quiet)
  for (const [k, { certificate: { asked, steering } }] of [first, other].entries()) {
    expect(asked.target).toBe(classes[k])
    expect(steering!.rows.find(({ method }) => method === 'gates')!.success).toBeGreaterThan(0.8)
  }
  expect(other.gates).not.toEqual(first.gates)
}, 120_000)
