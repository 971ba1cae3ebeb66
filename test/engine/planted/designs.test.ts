import type { Net } from '../../../main/engine/planted/net'
import type { Made, Streams } from '../../../main/engine/planted/plantedMlp'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import { beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../main/engine/executor/wasm'
import { makeBackup } from '../../../main/engine/planted/backup'
import { makeCancelling } from '../../../main/engine/planted/cancelling'
import { judgeLinks, judgeUnits, TOLERANCE } from '../../../main/engine/planted/circuit'
import { flatOf, linksFrom, logitsOf, without } from '../../../main/engine/planted/net'
import { plant } from '../../../main/engine/planted/plant'
import { makeShared } from '../../../main/engine/planted/shared'
import { makeSplit } from '../../../main/engine/planted/split'
import { agreementOf, answersOf } from '../../../main/engine/planted/tasks'
import { argmax } from '../../../main/lib/logits'
import { randomStream } from '../../../main/lib/random'
import { expandSites } from '../../../preload/contract/sweepSites'
import { referenceForward } from '../reference'

const ready = async (): Promise<void> => {}
const executor = createWasmExecutor()
const streamsOf = (seed: number): Streams => name => randomStream(seed, `test/${name}`)

describe.each(['split', 'shared', 'backup', 'cancelling'] as const)('the design %s', (design) => {
  it('does its tasks with the noise, among the classes of each, and lists its circuits by real addresses', async () => {
    const { architecture, weights, tasks } = await plant(executor, { design, seed: 2 }, ready)
    const [inputs, outputs] = [(architecture as MlpArchitecture).inputs, (architecture as MlpArchitecture).outputs]
    expect(outputs).toBe(2 * tasks.length)
    for (const [task, { file, train, test, accuracy, agreement, truths }] of tasks.entries()) {
      expect(train.inputs.shape[0]).toBeGreaterThanOrEqual(2000)
      const n = test.inputs.shape[0]
      expect(n).toBeGreaterThanOrEqual(1000)
      expect(file).toMatchObject({ classes: outputs, inputs: { shape: [inputs] } })
      const right = Array.from(test.targets, (target, i) => {
        const logits = referenceForward(architecture as MlpArchitecture, weights, test.inputs.data.subarray(i * inputs, (i + 1) * inputs)).at(-1)!
        return 2 * task + argmax(logits.slice(2 * task, 2 * task + 2)) === target ? 1 : 0
      })
      expect(right.reduce((a: number, b) => a + b, 0) / n).toBeCloseTo(accuracy, 10)
      expect(accuracy).toBeGreaterThanOrEqual(0.95)
      expect(agreement).toBeGreaterThanOrEqual(0.97)
      // A rule, not one answer for all.
      for (const c of [0, 1]) expect(test.targets.filter(target => target === 2 * task + c).length).toBeGreaterThan(n / 5)
      expect(truths.map(({ kind }) => kind)).toEqual(['weights', 'units'])
      for (const { kind, sites, inert } of truths) {
        const candidates = expandSites(kind, architecture)
        expect(new Set([...sites, ...inert]).size).toBe(sites.length + inert.length)
        for (const address of [...sites, ...inert]) expect(candidates).toContain(address)
        expect(sites.length).toBeGreaterThanOrEqual(4)
        // Sparse, or it could be guessed.
        expect(sites.length).toBeLessThan(candidates.length / 3)
      }
    }
  }, 60_000)
})

it('is as wide as asked, with as large a circuit', async () => {
  const [narrow, wide] = await Promise.all([undefined, 33].map(width => plant(executor, { design: 'backup', seed: 5, ...(width === undefined ? {} : { width }) }, ready)))
  expect((narrow.architecture as MlpArchitecture).hidden).toEqual([20, 20])
  expect((wide.architecture as MlpArchitecture).hidden).toEqual([33, 33])
  expect(wide.tasks[0].truths[0].sites.length).toBe(narrow.tasks[0].truths[0].sites.length)
  await expect(plant(executor, { design: 'split', seed: 1, width: 8 }, ready)).rejects.toThrow(/20 to 256 units/)
  await expect(plant(executor, { design: 'reverse', seed: 1, width: 40 }, ready)).rejects.toThrow(/is a program/)
}, 60_000)

it('is the same again for a seed, and another for another', async () => {
  const [a, b, c] = await Promise.all([5, 5, 6].map(seed => plant(executor, { design: 'backup', seed }, ready)))
  expect(a).toEqual(b)
  expect(c.weights['layers.0.weight'].data).not.toEqual(a.weights['layers.0.weight'].data)
  const [s, t] = await Promise.all([1, 1].map(seed => plant(executor, { design: 'split', seed }, ready)))
  expect(s).toEqual(t)
}, 60_000)

/** |change of the task's logits less their mean| over their size, by plain loops, over some items. */
function changes({ net, tasks }: Made['clean'], task: number, inputs: Float32Array, cut: readonly { layer: number, to: number, from: number }[], context: Net = net): number {
  const { from, size } = tasks[task].slots
  const centred = (subject: Net): number[] => {
    const all = logitsOf(subject, inputs)
    return Array.from({ length: all.length / net.sizes.at(-1)! }, (_, i) => {
      const row = [...all.subarray(i * net.sizes.at(-1)! + from, i * net.sizes.at(-1)! + from + size)]
      return row.map(value => value - row.reduce((a, b) => a + b) / size)
    }).flat()
  }
  const [before, after, clean] = [centred(context), centred(without(context, cut)), centred(net)]
  const mean = (values: number[]): number => values.reduce((a, b) => a + Math.abs(b), 0) / values.length
  return mean(before.map((value, i) => value - after[i])) / mean(clean)
}

describe('truth', () => {
  let split: Made
  beforeAll(async () => { split = await makeSplit(streamsOf(1), ready) }, 60_000)
  const some = ({ items, clean }: Made): Float32Array => items.test.inputs.slice(0, 300 * clean.net.sizes[0])

  it('is what changes the task when it is removed, and inert is what does not', () => {
    for (const [task, subnetwork] of split.clean.tasks.entries()) {
      const { sites, inert } = judgeLinks(split.clean.net, some(split), subnetwork)
      expect(sites.length + inert.length).toBe(subnetwork.links.length)
      for (const link of sites) expect(changes(split.clean, task, some(split), [link])).toBeGreaterThan(TOLERANCE)
      for (const link of inert) expect(changes(split.clean, task, some(split), [link])).toBeLessThanOrEqual(TOLERANCE)
      const units = judgeUnits(split.clean.net, some(split), subnetwork)
      for (const unit of units.sites) expect(changes(split.clean, task, some(split), linksFrom(split.clean.net, unit))).toBeGreaterThan(TOLERANCE)
    }
  })

  it('of a task of split is nothing to another task', () => {
    const [first, second] = split.clean.tasks
    for (const link of first.links) expect(changes(split.clean, 1, some(split), [link])).toBe(0)
    expect(second.links.length).toBeGreaterThan(10)
  })

  it('of shared tasks overlaps in the first layer alone', async () => {
    const { clean, items } = await makeShared(streamsOf(1), ready)
    const [a, b] = clean.tasks.map(task => judgeLinks(clean.net, items.test.inputs, task).sites)
    const common = a.filter(link => b.some(other => other.layer === link.layer && other.to === link.to && other.from === link.from))
    expect(common.length).toBeGreaterThanOrEqual(2)
    expect(common.every(({ layer }) => layer === 0)).toBe(true)
  }, 60_000)
})

it('a backup is not missed alone, and counts in the context of its rivals', () => {
  const { clean: { net, tasks }, items: { test } } = makeBackup(streamsOf(3))
  for (const [task, subnetwork] of tasks.entries()) {
    const [copies, slots] = [subnetwork.copies!, subnetwork.slots]
    const answers = answersOf(net, test.inputs, slots)
    const agreement = (cut: Net): number => agreementOf(answers, answersOf(cut, test.inputs, slots))
    expect(agreementOf(answers, test.answers[task])).toBeGreaterThan(0.99)
    for (const copy of copies) expect(agreement(without(net, copy))).toBeGreaterThan(0.99)
    expect(agreement(without(net, copies.flat()))).toBeLessThan(0.8)
    // Weights into a copy: each is needed where no other copy is. Only what holds a copy back shows alone as well.
    const { sites } = judgeLinks(net, test.inputs, subnetwork)
    expect(sites.length).toBe(subnetwork.links.length)
    const others = without(net, copies.slice(1).flat())
    for (const link of copies[0].filter(({ layer }) => layer === 0)) {
      expect(changes({ net, tasks }, task, test.inputs, [link], others)).toBeGreaterThan(TOLERANCE)
      if (net.weights[0][flatOf(net, link)] > 0) expect(agreement(without(net, [link]))).toBeGreaterThan(0.99)
    }
  }
})

it('a cancelling pair does nothing, and either of it alone does', async () => {
  const [{ clean, items: { test } }, split] = [await makeCancelling(streamsOf(1), ready), await makeSplit(streamsOf(1), ready)]
  for (const [task, { links, slots }] of clean.tasks.entries()) {
    const pair = links.slice(split.clean.tasks[task].links.length)
    const units = [...new Set(pair.flatMap(({ layer, to }) => layer === 1 ? [to] : []))]
    expect(units).toHaveLength(2)
    expect(changes(clean, task, test.inputs, pair)).toBeLessThan(1e-9)
    const answers = answersOf(clean.net, test.inputs, slots)
    for (const index of units) expect(agreementOf(answers, answersOf(without(clean.net, linksFrom(clean.net, { layer: 1, index })), test.inputs, slots))).toBeLessThan(0.95)
    const { sites } = judgeLinks(clean.net, test.inputs, clean.tasks[task])
    for (const link of pair) expect(sites).toContain(link)
  }
}, 60_000)
