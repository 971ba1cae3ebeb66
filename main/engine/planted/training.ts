/**
 * Training with masked gradients: only planted weights and the biases move, all tasks at once, each by the cross-entropy
 * over its own slots. Adam as in `adam.ts`, in plain doubles for the reason `net.ts` gives.
 */
import type { Stream } from '../../lib/random'
import type { Link, Net } from './net'
import type { PlantedItems, Slots } from './tasks'
import { ADAM, stepSize } from '../train/adam'
import { emptyNet, flatOf, valuesOf } from './net'

const STEPS = 1200
const BATCH = 100
const LEARNING_RATE = 0.02
/** Draws what a task does not need to zero, where it is plainly inert, and keeps answers from growing certain beyond any gradient. */
const OPTIMISER = { ...ADAM, weightDecay: 0.1 }
/** Steps before others get their turn. */
const TURN = 100

export interface MaskedTraining {
  links: readonly Link[]
  slots: readonly Slots[]
  items: PlantedItems
  stream: Stream
  /** A macrotask, so that the engine answers others meanwhile. */
  ready: () => Promise<void>
}

/** He normal over the weights a unit really has, biases a little above zero so that few units begin dead. */
export function initialise(net: Net, links: readonly Link[], { normal }: Stream): void {
  for (const link of links) {
    const fanIn = links.filter(({ layer, to }) => layer === link.layer && to === link.to).length
    net.weights[link.layer][flatOf(net, link)] = normal() * Math.sqrt(2 / fanIn)
  }
  net.biases.slice(0, -1).forEach(bias => bias.fill(0.1))
}

/** Changes `net`. */
export async function trainMasked(net: Net, training: MaskedTraining): Promise<void> {
  const [first, second] = [emptyNet(net.sizes), emptyNet(net.sizes)]
  const { items, stream } = training
  const count = items.answers[0].length
  let order = stream.permutation(count)
  for (let step = 0; step < STEPS; step++) {
    if (step % TURN === 0) await training.ready()
    const at = step * BATCH % count
    if (at === 0) order = stream.permutation(count)
    const gradient = gradientOf(net, training, order.subarray(at, at + BATCH))
    const [rate, epsilon, kept] = stepSize(LEARNING_RATE * (1 - step / STEPS), step + 1, OPTIMISER)
    for (const part of ['weights', 'biases'] as const) {
      net[part].forEach((values, l) => update(values, gradient[part][l], first[part][l], second[part][l], { rate, epsilon, kept }))
    }
  }
}

function update(values: Float64Array, gradient: Float64Array, first: Float64Array, second: Float64Array, { rate, epsilon, kept }: Record<'rate' | 'epsilon' | 'kept', number>): void {
  for (let i = 0; i < values.length; i++) {
    if (gradient[i] === 0 && first[i] === 0) continue
    first[i] = ADAM.beta1 * first[i] + (1 - ADAM.beta1) * gradient[i]
    second[i] = ADAM.beta2 * second[i] + (1 - ADAM.beta2) * gradient[i] ** 2
    values[i] = kept * values[i] - rate * first[i] / (Math.sqrt(second[i]) + epsilon)
  }
}

/** Of the mean loss over some rows; zero at weights that are not planted. */
export function gradientOf(net: Net, { links, slots, items }: Pick<MaskedTraining, 'links' | 'slots' | 'items'>, rows: Int32Array): Net {
  const { sizes, weights } = net
  const gradient = emptyNet(sizes)
  const inputs = new Float64Array(rows.length * sizes[0])
  rows.forEach((row, i) => inputs.set(items.inputs.subarray(row * sizes[0], (row + 1) * sizes[0]), i * sizes[0]))
  const values = [inputs, ...valuesOf(net, inputs)]
  let delta = outputDelta(values.at(-1)!, sizes.at(-1)!, slots, items, rows)
  for (let l = weights.length - 1; l >= 0; l--) {
    const [ins, outs] = [sizes[l], sizes[l + 1]]
    const below = new Float64Array(rows.length * ins)
    delta.forEach((value, i) => { gradient.biases[l][i % outs] += value })
    for (const link of links) {
      if (link.layer !== l) continue
      const flat = flatOf(net, link)
      for (let i = 0; i < rows.length; i++) {
        const d = delta[i * outs + link.to]
        gradient.weights[l][flat] += d * values[l][i * ins + link.from]
        below[i * ins + link.from] += d * weights[l][flat]
      }
    }
    // A relu lets the gradient through where it let the value through.
    delta = below.map((value, i) => values[l][i] > 0 ? value : 0)
  }
  return gradient
}

/** ∂ loss / ∂ logits, [rows · outputs]. The softmax of `logits.ts`, written out because it would make an array a row. */
function outputDelta(logits: Float64Array, outputs: number, slots: readonly Slots[], { answers }: PlantedItems, rows: Int32Array): Float64Array {
  const delta = new Float64Array(logits.length)
  slots.forEach(({ from, size }, task) => {
    rows.forEach((row, i) => {
      const at = i * outputs + from
      let max = -Infinity
      for (let c = at; c < at + size; c++) max = Math.max(max, logits[c])
      let sum = 0
      for (let c = at; c < at + size; c++) sum += Math.exp(logits[c] - max)
      const logSum = max + Math.log(sum)
      for (let c = at; c < at + size; c++) delta[c] = (Math.fround(Math.exp(logits[c] - logSum)) - (c - at === answers[task][row] ? 1 : 0)) / rows.length
    })
  })
  return delta
}
