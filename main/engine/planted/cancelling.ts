/**
 * The design `cancelling`: `split`, and in each task two more units of the second layer that read the same and write the
 * opposite. Together they do nothing; without one of them, the other changes the answers. So each counts as true.
 */
import type { Stream } from '../../lib/random'
import type { Subnetwork } from './circuit'
import type { Link, Net } from './net'
import type { Made, Streams } from './plantedMlp'
import { centredLogits, judgeUnits, meanSize } from './circuit'
import { copyNet, flatOf, valuesOf } from './net'
import { makeSplit } from './split'

/** First-layer units that a pair reads: the most active, or what it reads would hardly matter. */
const READS = 2
/** What one of a pair writes, over the size of the task's logits. */
const STRENGTH = 1.5

export async function makeCancelling(streams: Streams, ready: () => Promise<void>, width?: number): Promise<Made> {
  const { clean, items } = await makeSplit(streams, ready, width)
  const stream = streams('pairs')
  const net = copyNet(clean.net)
  let free = Math.max(...clean.tasks.flatMap(({ links }) => links.flatMap(({ layer, to }) => layer === 1 ? [to + 1] : [])))
  const tasks = clean.tasks.map((task) => {
    const pair = addPair(net, task, items.test.inputs, [free++, free++], stream)
    return { ...task, links: [...task.links, ...pair] }
  })
  return { clean: { net, tasks }, items }
}

/** Changes `net`. */
function addPair(net: Net, task: Subnetwork, inputs: Float32Array, units: readonly [number, number], { uniform }: Stream): Link[] {
  const values = valuesOf(net, inputs)
  const activity = (unit: number): number => meanOfUnit(values[0], unit, net.sizes[1])
  const live = judgeUnits(net, inputs, task).sites.filter(({ layer }) => layer === 0).map(({ index }) => index)
  const sources = live.sort((a, b) => activity(b) - activity(a)).slice(0, READS)
  const reads = sources.map(() => 0.5 + uniform())
  const size = meanSize(centredLogits(values.at(-1)!, net.sizes.at(-1)!, task.slots))
  const drive = sources.reduce((sum, unit, i) => sum + reads[i] * activity(unit), 0)
  const write = STRENGTH * size / drive
  // A relu may read more by a factor and write less by it.
  const factor = 0.8 + 0.45 * uniform()
  return units.flatMap((unit, second) => {
    const set = (link: Link, value: number): Link => {
      net.weights[link.layer][flatOf(net, link)] = value
      return link
    }
    net.biases[1][unit] = 0
    const [more, sign] = second === 0 ? [1, 1] : [factor, -1]
    return [
      ...sources.map((from, i) => set({ layer: 1, to: unit, from }, more * reads[i])),
      ...[-1, 1].map((side, slot) => set({ layer: 2, to: task.slots.from + slot, from: unit }, side * sign * write / more)),
    ]
  })
}

function meanOfUnit(values: Float64Array, unit: number, units: number): number {
  let sum = 0
  for (let at = unit; at < values.length; at += units) sum += values[at]
  return sum / (values.length / units)
}
