/**
 * The design `backup`: each task's rule is computed by redundant copies, and a saturating or of the second layer,
 * relu(s) − relu(s − 1), answers 1 whether one copy fires or all. Built, not trained: what is planted is exactly known.
 *
 * A rule is an and of literals over inputs that are about 0 or 1. A copy is relu(Σ ±x − (positive literals − 1) − threshold):
 * silent unless the rule is fulfilled, and then driving the or well past saturation. So neither a lesion of one copy nor a
 * gradient shows what the copies read.
 */
import type { Stream } from '../../lib/random'
import type { Subnetwork } from './circuit'
import type { Link } from './net'
import type { Made, Streams } from './plantedMlp'
import type { Drawn } from './tasks'
import { PLANTED_WIDTH } from '../../../preload/contract/planted'
import { emptyNet, flatOf } from './net'
import { drawSplits } from './plantedMlp'

const [INPUTS, TASKS, CLASSES] = [16, 2, 2]
/** Deviation of an input about 0 or 1. */
const JITTER = 0.06
/** What a literal must exceed, of the 1 that it has where it holds. */
const THRESHOLD = 0.3
/** How many times over one copy saturates the or. */
const DRIVE = [1.3, 2]
/** What the or gives to the logits. */
const GAIN = [2, 3]
/** Copies and literals of a rule; 12 to 16 true weights. */
const FORMS = [{ copies: 2, literals: 2 }, { copies: 2, literals: 2 }, { copies: 3, literals: 2 }, { copies: 2, literals: 3 }]

interface Rule { copies: number, literals: { input: number, positive: boolean }[] }

export function makeBackup(streams: Streams, width: number = PLANTED_WIDTH.least): Made {
  const design = streams('design')
  const order = design.permutation(INPUTS)
  let taken = 0
  const rules = Array.from({ length: TASKS }, (): Rule => {
    const { copies, literals } = FORMS[design.integer(FORMS.length)]
    // One literal is always positive, or the rule would be silence.
    return { copies, literals: Array.from({ length: literals }, (_, i) => ({ input: order[taken++], positive: i === 0 || design.uniform() < 0.5 })) }
  })
  const net = emptyNet([INPUTS, width, width, TASKS * CLASSES])
  const builder = new Builder(net, design)
  const tasks = rules.map((rule, task) => builder.task(rule, task))
  return { clean: { net, tasks }, items: drawSplits(INPUTS, TASKS, streams, stream => draw(rules, stream)) }
}

/** Half of the items fulfil a rule; of the others some do by chance. */
function draw(rules: readonly Rule[], { uniform, normal }: Stream): Drawn {
  const bits = Array.from({ length: INPUTS }, () => uniform() < 0.5)
  for (const { literals } of rules) {
    if (uniform() < 0.3) literals.forEach(({ input, positive }) => { bits[input] = positive })
  }
  return {
    input: bits.map(bit => (bit ? 1 : 0) + JITTER * normal()),
    answers: rules.map(({ literals }) => literals.every(({ input, positive }) => bits[input] === positive) ? 1 : 0),
  }
}

class Builder {
  readonly #net: Made['clean']['net']
  readonly #stream: Stream
  /** Hidden units in use, by layer. */
  readonly #used = [0, 0]

  constructor(net: Made['clean']['net'], stream: Stream) {
    this.#net = net
    this.#stream = stream
  }

  task({ copies, literals }: Rule, task: number): Subnetwork {
    const slots = { from: task * CLASSES, size: CLASSES }
    const [on, over] = [this.#used[1]++, this.#used[1]++]
    this.#net.biases[1][over] = -1
    const copied = Array.from({ length: copies }, (): Link[] => {
      const unit = this.#used[0]++
      // A relu may be scaled by what the next weight is divided by.
      const scale = this.#between([0.8, 1.25])
      const drive = this.#between(DRIVE) / (scale * (1 - THRESHOLD))
      this.#net.biases[0][unit] = -scale * (literals.filter(({ positive }) => positive).length - 1 + THRESHOLD)
      return [
        ...literals.map(({ input, positive }) => this.#link(0, unit, input, positive ? scale : -scale)),
        this.#link(1, on, unit, drive),
        this.#link(1, over, unit, drive),
      ]
    })
    const gain = this.#between(GAIN)
    const answers = [[0, -1], [1, 1]].flatMap(([slot, sign]) => {
      this.#net.biases[2][slots.from + slot] = -sign * gain / 2
      return [this.#link(2, slots.from + slot, on, sign * gain), this.#link(2, slots.from + slot, over, -sign * gain)]
    })
    return { slots, links: [...copied.flat(), ...answers], copies: copied }
  }

  #link(layer: number, to: number, from: number, value: number): Link {
    const link = { layer, to, from }
    this.#net.weights[layer][flatOf(this.#net, link)] = value
    return link
  }

  #between([least, most]: readonly number[]): number {
    return least + (most - least) * this.#stream.uniform()
  }
}
