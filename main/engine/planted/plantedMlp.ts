/**
 * From a clean planted mlp to a primary: noise, as much as the answers bear; another order of the units; data sets; truth.
 * The designs that make clean ones are files of their own beside this one.
 */
import type { Tensor } from '../../../preload/contract/engine'
import type { Planted, PlantedTask } from '../../../preload/contract/planted'
import type { Stream } from '../../lib/random'
import type { Subnetwork } from './circuit'
import type { Shuffle } from './disguise'
import type { Net } from './net'
import type { Drawn, PlantedItems } from './tasks'
import { judgeLinks, judgeUnits } from './circuit'
import { shuffled, withNoise } from './disguise'
import { agreementOf, answersOf, drawItems, itemsOf } from './tasks'

/** A multiple of the training's batch. */
export const TRAIN_ITEMS = 4000
export const TEST_ITEMS = 1500

/** What every task must reach with the noise, and how many of the clean primary's answers must stay. */
const ACCURACY = 0.95
const AGREEMENT = 0.97
/** Deviation of the noise over the size of planted weights: drawn between these, and less by a fifth while it changes answers. */
const NOISE = [0.02, 0.05]
const LEAST_NOISE = 0.005

/** A primary with nothing in it but its circuits. */
export interface Clean {
  net: Net
  tasks: Subnetwork[]
}

export interface CleanItems { train: PlantedItems, test: PlantedItems }

/** What a design makes. */
export interface Made { clean: Clean, items: CleanItems }

/** The streams of a design and a seed, each by a name of its own. */
export type Streams = (name: string) => Stream

export function drawSplits(inputs: number, tasks: number, streams: Streams, draw: (stream: Stream) => Drawn): CleanItems {
  const part = (name: 'train' | 'test', count: number): PlantedItems => {
    const stream = streams(`items/${name}`)
    return drawItems(count, inputs, tasks, () => draw(stream))
  }
  return { train: part('train', TRAIN_ITEMS), test: part('test', TEST_ITEMS) }
}

export function primaryOf(design: string, { clean, items }: Made, streams: Streams): Planted {
  const shuffle = shuffled(disguised(clean, items, streams), streams('order'))
  const { sizes } = clean.net
  return {
    architecture: { kind: 'mlp', inputs: sizes[0], hidden: sizes.slice(1, -1), outputs: sizes.at(-1)!, activation: 'relu' },
    weights: tensorsOf(shuffle.net),
    tasks: clean.tasks.map((_, task) => taskOf(design, clean, items, task, shuffle)),
  }
}

/** With noise, as float32 holds it. */
function disguised({ net, tasks }: Clean, { test }: CleanItems, streams: Streams): Net {
  const planted = tasks.flatMap(({ links }) => links)
  const [least, most] = NOISE
  const holds = (noisy: Net): boolean => tasks.every(({ slots }, task) => {
    const answers = answersOf(noisy, test.inputs, slots)
    return agreementOf(answers, test.answers[task]) >= ACCURACY && agreementOf(answers, answersOf(net, test.inputs, slots)) >= AGREEMENT
  })
  for (let share = least + (most - least) * streams('noise/share').uniform(); share > LEAST_NOISE; share *= 0.8) {
    const noisy = rounded(withNoise(net, planted, share, streams('noise')))
    if (holds(noisy)) return noisy
  }
  throw new Error('a planted primary bears no noise')
}

function rounded({ sizes, weights, biases }: Net): Net {
  const round = (values: Float64Array): Float64Array => values.map(Math.fround)
  return { sizes, weights: weights.map(round), biases: biases.map(round) }
}

function tensorsOf({ sizes, weights, biases }: Net): Record<string, Tensor> {
  return Object.fromEntries(weights.flatMap((values, l): [string, Tensor][] => [
    [`layers.${l}.weight`, { shape: [sizes[l + 1], sizes[l]], data: Float32Array.from(values) }],
    [`layers.${l}.bias`, { shape: [sizes[l + 1]], data: Float32Array.from(biases[l]) }],
  ]))
}

function taskOf(design: string, { net, tasks }: Clean, { train, test }: CleanItems, task: number, shuffle: Shuffle): PlantedTask {
  const { slots } = tasks[task]
  const [answers, clean] = [answersOf(shuffle.net, test.inputs, slots), answersOf(net, test.inputs, slots)]
  const [links, units] = [judgeLinks(net, test.inputs, tasks[task]), judgeUnits(net, test.inputs, tasks[task])]
  const spell = <T>(parts: T[], address: (part: T) => string): string[] => parts.map(address).sort()
  const weight = (link: typeof links.sites[number]): string => {
    const { layer, to, from } = shuffle.link(link)
    return `layers.${layer}.weight[${to},${from}]`
  }
  const unit = (place: typeof units.sites[number]): string => {
    const { layer, index } = shuffle.unit(place)
    return `layers.${layer}.unit[${index}]`
  }
  const classes = net.sizes.at(-1)!
  return {
    file: { format: 'symbiote-dataset/1', name: `${design}-task-${task}`, kind: 'classification', inputs: { shape: [net.sizes[0]] }, classes, classNames: classNames(tasks) },
    train: itemsOf(train, task, slots),
    test: itemsOf(test, task, slots),
    accuracy: agreementOf(answers, test.answers[task]),
    cleanAccuracy: agreementOf(clean, test.answers[task]),
    agreement: agreementOf(answers, clean),
    truths: [
      { kind: 'weights', sites: spell(links.sites, weight), inert: spell(links.inert, weight) },
      { kind: 'units', baseline: 'zero', sites: spell(units.sites, unit), inert: spell(units.inert, unit) },
    ],
  }
}

/** `task 0: 1`. */
function classNames(tasks: readonly Subnetwork[]): string[] {
  return tasks.flatMap(({ slots: { size } }, task) => Array.from({ length: size }, (_, c) => `task ${task}: ${c}`))
}
