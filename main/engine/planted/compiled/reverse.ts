/**
 * The program `reverse`: BOS and n letters, and at each letter's place the letter as far from the other end. In RASP:
 *   length = selector_width(all)                 L0: attention takes the share of BOS, 1/(n + 1); the mlp makes a number of it
 *   distance = length − index                    L1: mlp
 *   opposite = distance − 1                      L2: mlp
 *   aggregate(select(indices, opposite), tokens)  L3: attention
 * Every item is equally long, so that under resampling only the letters' way matters: two edges.
 */
import type { Stream } from '../../../lib/random'
import type { Streams } from '../plantedMlp'
import type { Compiled } from './program'
import { distinct, Program, tokenItems } from './program'

const LENGTH = 5
const LETTERS = [5, 6]
const ITEMS = { train: 2000, test: 1000 }
/** Logit of a letter that is there. */
const GAIN = 10
/** Slope of a step: steep enough for 1/(n + 1) and 1/(n + 2) to lie on its flat ends. */
const STEEP = 100

export function compileReverse(streams: Streams): Compiled {
  const design = streams('design')
  const letters = LETTERS[design.integer(LETTERS.length)]
  const program = new Program(
    { layers: 4, heads: 1, dHead: Math.max(LENGTH, letters), dMlp: LENGTH * LENGTH, vocab: letters + 1, context: LENGTH + 1, attention: 'bidirectional' },
    { letter: letters, bos: 1, index: LENGTH + 1, share: 1, length: LENGTH, distance: LENGTH, opposite: LENGTH, answer: letters },
    [0, 1, 2, 3].map(layer => `blocks.${layer}.mlp.b_in`),
    design,
  )
  embed(program, letters)
  findLength(program)
  findOpposite(program)
  moveLetters(program, letters)
  const { architecture, weights } = program
  return {
    architecture,
    weights,
    file: { format: 'symbiote-dataset/1', name: 'reverse', kind: 'next-token', inputs: { shape: [LENGTH + 1] }, classes: letters + 1, classNames: [...Array.from({ length: letters }, (_, i) => String.fromCharCode(97 + i)), 'BOS'] },
    ...items(letters, streams('items')),
  }
}

function embed(program: Program, letters: number): void {
  for (let i = 0; i < letters; i++) program.write('embed.W_E', [i], 'letter', 1, i)
  program.write('embed.W_E', [letters], 'bos', 1)
  for (let t = 0; t <= LENGTH; t++) program.write('pos_embed.W_pos', [t], 'index', 1, t)
}

function findLength(program: Program): void {
  // No query and no key: every position is looked at equally.
  program.project(0, 'V', 'bos', 0, 0, 1)
  program.write('blocks.0.attn.W_O', [0, 0], 'share', 1)
  // Length l is a share above its lower border and not above that of l − 1; a step is two relus.
  for (let l = 1; l <= LENGTH; l++) {
    const border = (1 / (l + 1) + 1 / (l + 2)) / 2
    for (const [half, sign] of [[0.5, 1], [-0.5, -1]]) {
      const unit = 2 * (l - 1) + (sign < 0 ? 1 : 0)
      program.neuron(0, unit, [{ variable: 'share', weight: STEEP }], half - STEEP * border)
      program.adds(0, unit, 'length', l - 1, sign)
      if (l < LENGTH) program.adds(0, unit, 'length', l, -sign)
    }
  }
}

function findOpposite(program: Program): void {
  let unit = 0
  for (let l = 1; l <= LENGTH; l++) {
    for (let t = 1; t <= LENGTH; t++) {
      // Both are so: letter t of l is l − t + 1 from the end, itself included.
      program.neuron(1, unit, [{ variable: 'length', i: l - 1, weight: 1 }, { variable: 'index', i: t, weight: 1 }], -1)
      if (l >= t) program.adds(1, unit, 'distance', l - t, 1)
      unit++
    }
  }
  for (let d = 1; d <= LENGTH; d++) {
    program.neuron(2, d - 1, [{ variable: 'distance', i: d - 1, weight: 1 }], 0)
    program.adds(2, d - 1, 'opposite', d - 1, 1)
  }
}

function moveLetters(program: Program, letters: number): void {
  for (let t = 0; t < LENGTH; t++) {
    program.project(3, 'Q', 'opposite', t, t, program.hard)
    program.project(3, 'K', 'index', t + 1, t, program.hard)
  }
  for (let i = 0; i < letters; i++) {
    program.project(3, 'V', 'letter', i, i, 1)
    program.write('blocks.3.attn.W_O', [0, i], 'answer', 1, i)
    program.set('unembed.W_U', [program.dim('answer', i), i], GAIN * program.read('answer'))
  }
}

/** A partner has another letter at every place. */
function items(letters: number, { integer }: Stream): Pick<Compiled, 'train' | 'test'> {
  const all = distinct(ITEMS.train + ITEMS.test, () => [letters, ...Array.from({ length: LENGTH }, () => integer(letters))])
  const made = (inputs: number[][]) => tokenItems({
    inputs,
    answer: ([bos, ...word]) => [bos, ...word.toReversed()],
    partner: ([bos, ...word]) => [bos, ...word.map(letter => (letter + 1 + integer(letters - 1)) % letters)],
  })
  return { train: made(all.slice(0, ITEMS.train)), test: made(all.slice(ITEMS.train)) }
}
