/**
 * The program `fraction-of-previous`: BOS and n tokens, and at each place the share of x among the tokens so far, to the
 * nearest quarter. In RASP:
 *   isX = tokens == x                                L0: mlp
 *   aggregate(select(indices, indices, ≤), isX)       L1: attention
 * The unembedding rounds: of logits that are linear in the share, 2·share·c − c², the nearest c has the largest.
 * Under resampling the order of places is the same in every item, and what is left is three edges.
 */
import type { Stream } from '../../../lib/random'
import type { Streams } from '../plantedMlp'
import type { Compiled } from './program'
import { distinct, Program, tokenItems } from './program'

/** Never a multiple of eight tokens, so that no share lies between two quarters. */
const LENGTHS = [6, 7]
/** x, three others and BOS; the answers are five as well: 0, ¼ … 1. */
const TOKENS = 5
const [X, BOS] = [0, 4]
const ITEMS = { train: 2000, test: 1000 }
/** Of the logits: the closest call, 1/56 from a border, is won by 1.8. */
const GAIN = 200

export function compileFraction(streams: Streams): Compiled {
  const design = streams('design')
  const length = LENGTHS[design.integer(LENGTHS.length)]
  const program = new Program(
    { layers: 2, heads: 1, dHead: length, dMlp: 4, vocab: TOKENS, context: length + 1, attention: 'bidirectional' },
    { token: TOKENS, index: length + 1, isX: 1, share: 1 },
    ['blocks.0.mlp.b_in', 'blocks.1.mlp.b_in', 'unembed.b_U'],
    design,
  )
  for (let token = 0; token < TOKENS; token++) program.write('embed.W_E', [token], 'token', 1, token)
  for (let t = 0; t <= length; t++) program.write('pos_embed.W_pos', [t], 'index', 1, t)
  // A step from 0 to 1 about ½, in two relus.
  program.neuron(0, 0, [{ variable: 'token', i: X, weight: 2 }], -0.5)
  program.adds(0, 0, 'isX', 0, 1)
  program.neuron(0, 1, [{ variable: 'token', i: X, weight: 2 }], -1.5)
  program.adds(0, 1, 'isX', 0, -1)
  // Component q of the head is asked by place q and answered by every place up to it; by BOS never.
  for (let q = 1; q <= length; q++) {
    program.project(1, 'Q', 'index', q, q - 1, program.hard)
    for (let k = 1; k <= q; k++) program.project(1, 'K', 'index', k, q - 1, program.hard)
  }
  program.project(1, 'V', 'isX', 0, 0, 1)
  program.write('blocks.1.attn.W_O', [0, 0], 'share', 1)
  for (let c = 0; c < TOKENS; c++) {
    const centre = c / (TOKENS - 1)
    program.set('unembed.W_U', [program.dim('share'), c], 2 * GAIN * centre * program.read('share'))
    program.set('unembed.b_U', [c], -GAIN * centre ** 2)
  }
  const { architecture, weights } = program
  return {
    architecture,
    weights,
    file: { format: 'symbiote-dataset/1', name: 'fraction-of-previous', kind: 'next-token', inputs: { shape: [length + 1] }, classes: TOKENS, classNames: ['0', '¼', '½', '¾', '1'] },
    ...items(length, streams('items')),
  }
}

/** Half of the tokens are x. A partner has x exactly where the item has none. */
function items(length: number, { integer, uniform }: Stream): Pick<Compiled, 'train' | 'test'> {
  const other = (): number => 1 + integer(BOS - 1)
  const all = distinct(ITEMS.train + ITEMS.test, () => [BOS, ...Array.from({ length }, () => uniform() < 0.5 ? X : other())])
  const made = (inputs: number[][]) => tokenItems({
    inputs,
    answer: ([, ...tokens]) => {
      let count = 0
      return [0, ...tokens.map((token, i) => Math.round((TOKENS - 1) * (count += token === X ? 1 : 0) / (i + 1)))]
    },
    partner: ([bos, ...tokens]) => [bos, ...tokens.map(token => token === X ? other() : X)],
  })
  return { train: made(all.slice(0, ITEMS.train)), test: made(all.slice(ITEMS.train)) }
}
