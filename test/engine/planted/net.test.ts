import type { Link, Net } from '../../../main/engine/planted/net'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import { describe, expect, it } from 'vitest'
import { shuffled, withNoise } from '../../../main/engine/planted/disguise'
import { copyNet, emptyNet, flatOf, linksFrom, logitsOf, without } from '../../../main/engine/planted/net'
import { gradientOf } from '../../../main/engine/planted/training'
import { logSoftmax } from '../../../main/lib/logits'
import { randomStream } from '../../../main/lib/random'
import { numbers, referenceForward } from '../reference'

const sizes = [5, 7, 6, 4]
const architecture: MlpArchitecture = { kind: 'mlp', inputs: 5, hidden: [7, 6], outputs: 4, activation: 'relu' }
const slots = [{ from: 0, size: 2 }, { from: 2, size: 2 }]
const inputs = numbers(5 * 12, 9)
const items = { inputs, answers: [0, 1].map(task => Int32Array.from({ length: 12 }, (_, i) => (i >> task) & 1)) }

function someNet(): Net {
  const net = emptyNet(sizes)
  net.weights.forEach((weights, l) => weights.set(numbers(weights.length, l + 1)))
  net.biases.forEach((biases, l) => biases.set(numbers(biases.length, l + 20)))
  return net
}

const allLinks = ({ weights }: Net): Link[] => weights.flatMap((values, layer) => Array.from(values.keys(), flat => ({ layer, to: Math.floor(flat / sizes[layer]), from: flat % sizes[layer] })))

function reference(net: Net, cut: (layer: number, to: number, from: number) => boolean = () => false): number[] {
  const weights = Object.fromEntries(net.weights.flatMap((values, l) => [
    [`layers.${l}.weight`, { shape: [sizes[l + 1], sizes[l]], data: values as never }],
    [`layers.${l}.bias`, { shape: [sizes[l + 1]], data: net.biases[l] as never }],
  ]))
  return Array.from({ length: 12 }, (_, i) => referenceForward(architecture, weights, inputs.subarray(5 * i, 5 * i + 5), undefined, (l, to, from, c) => cut(l, to, from) ? 0 : c).at(-1)!).flat()
}

function close(a: ArrayLike<number>, b: ArrayLike<number>): void {
  expect(a.length).toBe(b.length)
  for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(1e-12)
}

describe('a net', () => {
  it('computes what plain loops compute', () => close(logitsOf(someNet(), inputs), reference(someNet())))

  it('without a weight, and without all that leave a unit', () => {
    const net = someNet()
    close(logitsOf(without(net, [{ layer: 1, to: 3, from: 2 }]), inputs), reference(net, (l, to, from) => l === 1 && to === 3 && from === 2))
    close(logitsOf(without(net, linksFrom(net, { layer: 0, index: 4 })), inputs), reference(net, (l, _to, from) => l === 1 && from === 4))
    expect(linksFrom(net, { layer: 0, index: 4 })).toHaveLength(6)
  })
})

describe('its gradient', () => {
  const rows = Int32Array.of(0, 3, 4, 7, 11)
  /** Σ over tasks of the mean cross-entropy within the task's slots. */
  const loss = (net: Net): number => {
    const logits = reference(net)
    return slots.reduce((sum, { from, size }, task) => sum + [...rows].reduce((inner, row) => inner - logSoftmax(logits.slice(4 * row + from, 4 * row + from + size))[items.answers[task][row]], 0) / rows.length, 0)
  }

  it('is what small steps measure, and nothing where nothing is planted', () => {
    const net = someNet()
    const links = allLinks(net).filter((_, i) => i % 3 !== 0)
    const gradient = gradientOf(net, { links, slots, items }, rows)
    for (const part of ['weights', 'biases'] as const) {
      net[part].forEach((values, l) => values.forEach((_, i) => {
        const masked = part === 'weights' && !links.some(link => link.layer === l && flatOf(net, link) === i)
        // Below a masked weight the gradient is that of a net without it; only the last layer's is free of that.
        if (masked) return expect(gradient[part][l][i]).toBe(0)
        if (l < 2) return
        const shifted = (by: number): number => {
          const copy = copyNet(net)
          copy[part][l][i] += by
          return loss(copy)
        }
        expect(gradient[part][l][i]).toBeCloseTo((shifted(1e-5) - shifted(-1e-5)) / 2e-5, 7)
      }))
    }
  })

  it('flows through every layer where every weight is planted', () => {
    const net = someNet()
    const gradient = gradientOf(net, { links: allLinks(net), slots, items }, rows)
    for (const [l, i] of [[0, 0], [0, 17], [0, 33], [1, 5], [1, 40]]) {
      const shifted = (by: number): number => {
        const copy = copyNet(net)
        copy.weights[l][i] += by
        return loss(copy)
      }
      expect(gradient.weights[l][i]).toBeCloseTo((shifted(1e-5) - shifted(-1e-5)) / 2e-5, 7)
    }
    expect(gradient.weights[0].some(value => value !== 0)).toBe(true)
  })
})

describe('a disguise', () => {
  it('orders hidden units anew and changes nothing of what is computed', () => {
    const net = someNet()
    const { net: moved, link, unit } = shuffled(net, randomStream(4, 'order'))
    close(logitsOf(moved, inputs), logitsOf(net, inputs))
    expect([...moved.weights[0]]).not.toEqual([...net.weights[0]])
    for (const old of allLinks(net)) expect(moved.weights[old.layer][flatOf(net, link(old))]).toBe(net.weights[old.layer][flatOf(net, old)])
    for (let index = 0; index < 7; index++) expect(moved.biases[0][unit({ layer: 0, index }).index]).toBe(net.biases[0][index])
  })

  it('adds noise of the asked size, to what is not planted alone', () => {
    const net = emptyNet([60, 50, 40, 2])
    const planted = Array.from({ length: 30 }, (_, i) => ({ layer: i % 2, to: i, from: i }))
    for (const link of planted) net.weights[link.layer][flatOf(net, link)] = 3
    const noisy = withNoise(net, planted, 0.1, randomStream(1, 'noise'))
    for (const link of planted) expect(noisy.weights[link.layer][flatOf(net, link)]).toBe(3)
    const rest = noisy.weights.flatMap(values => [...values]).filter(value => value !== 3)
    expect(rest).toHaveLength(60 * 50 + 50 * 40 + 80 - 30)
    expect(Math.sqrt(rest.reduce((sum, value) => sum + value ** 2, 0) / rest.length)).toBeCloseTo(0.3, 1)
  })
})
